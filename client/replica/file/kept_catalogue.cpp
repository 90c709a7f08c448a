#include "client/replica/file/kept_catalogue.hpp"

#include <string>

#include <nlohmann/json.hpp>

#include "shared/base/limits.hpp"
#include "shared/json/canonical.hpp"
#include "shared/json/read.hpp"
#include "shared/reference/catalogue.hpp"

namespace autocusto::replica {
namespace {

// Names of settings: the text, and beside it what a session asks for without opening the text.
constexpr std::string_view k_text = "catalogue";
constexpr std::string_view k_about = "catalogue_about";

struct about {
  std::optional<kept_catalogue> kept;  ///< without the text
  std::optional<hash256> unreadable;
  bool refused = false;   ///< the server's newest one, for its signature
  std::int64_t form = 0;  ///< the newest one that the program knew which could not read it
};

/// Nothing also for one that was damaged: the catalogue is fetched again, and no sync fails.
std::optional<bytes> sound(replica_file& file, std::string_view name) {
  try {
    return file.get(name);
  } catch (const error_exception& e) {
    if (e.get().code != errc::database) throw;
    return std::nullopt;
  }
}

about read_about(replica_file& file) {
  about out;
  const auto cell = sound(file, k_about);
  if (!cell) return out;
  const auto value = json::parse(*cell);
  if (!value) return out;
  json::reader in(*value);
  if (in.has("hash")) {
    auto& kept = out.kept.emplace();
    kept.hash = in.id<hash256>("hash");
    kept.revision = in.integer("revision", 0, limits::json_integer);
    kept.kept_at = in.integer("kept_at", 0, limits::json_integer);
  }
  out.unreadable = in.optional_id<hash256>("unreadable");
  out.refused = in.has("refused");
  out.form = in.integer("form", 0, limits::json_integer);
  if (in.failed()) return {};
  if (out.form < reference::k_format) out.unreadable.reset();
  return out;
}

void write_about(replica_file& file, const about& what) {
  nlohmann::json out{{"form", reference::k_format}};
  if (what.kept) {
    out["hash"] = what.kept->hash.text();
    out["revision"] = what.kept->revision;
    out["kept_at"] = what.kept->kept_at;
  }
  if (what.unreadable) out["unreadable"] = what.unreadable->text();
  if (what.refused) out["refused"] = true;
  file.put(k_about, json::canonical(out));
}

}  // namespace

std::optional<hash256> known_catalogue(replica_file& file) {
  const auto what = read_about(file);
  if (what.unreadable) return what.unreadable;
  if (!what.kept) return std::nullopt;
  return what.kept->hash;
}

std::optional<hash256> kept_catalogue_hash(replica_file& file) {
  const auto what = read_about(file);
  return what.kept ? std::optional(what.kept->hash) : std::nullopt;
}

void put_catalogue(replica_file& file, const hash256& hash, std::int64_t revision,
                   std::string_view text) {
  auto what = read_about(file);
  what.unreadable.reset();
  what.refused = false;
  if (reference::read_catalogue(text)) {
    auto& kept = what.kept.emplace();
    kept.hash = hash;
    kept.revision = revision;
    kept.kept_at = file.now();
    file.put(k_text, text);
  } else {
    what.unreadable = hash;
  }
  write_about(file, what);
}

bool catalogue_refused(replica_file& file) {
  return read_about(file).refused;
}

void set_catalogue_refused(replica_file& file, bool refused) {
  auto what = read_about(file);
  what.refused = refused;
  write_about(file, what);
}

std::optional<kept_catalogue> kept_catalogue_of(replica_file& file) {
  auto what = read_about(file);
  const auto text = what.kept ? sound(file, k_text) : std::nullopt;
  if (!text) return std::nullopt;
  what.kept->text = *text;
  what.kept->newer_unknown = what.unreadable.has_value();
  return what.kept;
}

}  // namespace autocusto::replica
