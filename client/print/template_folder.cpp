#include "client/print/template_folder.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "client/pdf/template.hpp"
#include "shared/base/bytes.hpp"
#include "shared/base/own_files.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/json/canonical.hpp"

namespace autocusto::printing {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t k_id = 16;
constexpr std::size_t k_shortest_id = 4;
constexpr std::size_t k_most_bytes = 2 * pdf::template_limits::bytes;
constexpr std::string_view k_ending = ".template";

/// The file: one line of canonical JSON, a line break, the bytes of the PDF.
struct parts {
  std::string name;
  std::string map;
  pdf::document_kind replaces;
  std::string pdf;
};

error not_here() {
  return fail(errc::not_found,
              "There is no such form here; the list of the clinic's forms shows all.", "modelo");
}

error changed() {
  return fail(errc::hash_mismatch, "The template's file was changed; add the template again.",
              "modelo");
}

error not_written(const std::string& path) {
  return fail(errc::usage,
              "The file “" + path +
                  "” cannot be written; see whether the folder exists, is yours and has room.",
              path);
}

std::string id_of(const parts& what) {
  const json hashed = {{"map", what.map},
                       {"replaces", std::string(pdf::document_name(what.replaces))},
                       {"pdf", crypto::sha256(what.pdf).text()}};
  return crypto::sha256(autocusto::json::canonical(hashed)).text().substr(0, k_id);
}

std::optional<pdf::document_kind> kind_from(std::string_view name) {
  for (const auto kind : {pdf::document_kind::lme, pdf::document_kind::prescription,
                          pdf::document_kind::controlled, pdf::document_kind::clinic_template}) {
    if (pdf::document_name(kind) == name) return kind;
  }
  return std::nullopt;
}

std::optional<std::string> read_whole(const std::string& path) {
  const int fd = open_own_file(path, O_RDONLY);
  if (fd < 0) return std::nullopt;
  std::string out;
  std::array<char, 65536> part{};
  while (out.size() <= k_most_bytes) {
    const auto got = ::read(fd, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    out.append(part.data(), static_cast<std::size_t>(got));
  }
  ::close(fd);
  return out.size() > k_most_bytes ? std::nullopt : std::optional(std::move(out));
}

std::optional<parts> parts_of(const std::string& file) {
  const auto end = file.find('\n');
  if (end == std::string::npos) return std::nullopt;
  const auto head = autocusto::json::parse_canonical(std::string_view(file).substr(0, end));
  if (!head || !head->is_object()) return std::nullopt;
  const auto text = [&head](const char* name) {
    const auto at = head->find(name);
    return at != head->end() && at->is_string() ? at->get<std::string>() : std::string();
  };
  const auto kind = kind_from(text("replaces"));
  if (!kind) return std::nullopt;
  return parts{text("name"), text("map"), *kind, file.substr(end + 1)};
}

kept_template described(const std::string& id, const parts& what, const pdf::form_template& form) {
  return {id,
          what.name,
          what.replaces,
          form.pages().size(),
          form.unknown_fields(),
          form.absent_fields(),
          form.repaired()};
}

/// Aside, then renamed: what is there is whole.
bool write_whole(const std::string& path, std::string_view bytes) {
  const std::string beside = path + ".new";
  ::unlink(beside.c_str());
  const int fd = open_own_file(beside, O_WRONLY | O_CREAT | O_EXCL);
  if (fd < 0) return false;
  bool fine = true;
  while (fine && !bytes.empty()) {
    const auto done = ::write(fd, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    fine = done > 0;
    if (fine) bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  fine = fine && ::fsync(fd) == 0;
  fine = ::close(fd) == 0 && fine && ::rename(beside.c_str(), path.c_str()) == 0;
  if (!fine) ::unlink(beside.c_str());
  return fine;
}

}  // namespace

std::string template_folder::file_of(std::string_view id) const {
  return path_ + '/' + std::string(id) + std::string(k_ending);
}

std::vector<std::string> template_folder::ids() const {
  std::vector<std::string> out;
  std::error_code ec;
  for (auto at = fs::directory_iterator(path_, ec); !ec && at != fs::directory_iterator();
       at.increment(ec)) {
    const auto name = at->path().filename().string();
    const bool ours = name.size() == k_id + k_ending.size() && name.ends_with(k_ending);
    if (ours) out.push_back(name.substr(0, k_id));
  }
  std::sort(out.begin(), out.end());
  return out;
}

result<kept_template> template_folder::add(std::string_view name, std::string_view pdf,
                                           std::string_view map, pdf::document_kind replaces) {
  if (!kind_from(pdf::document_name(replaces))) {
    return fail(errc::invalid_field, "No template can stand for this document.", "replaces");
  }
  const auto form = pdf::form_template::load(pdf, map);
  if (!form) return form.error();
  const parts what{std::string(name), std::string(map), replaces, std::string(pdf)};
  const auto id = id_of(what);
  const json head = {{"name", what.name},
                     {"map", what.map},
                     {"replaces", std::string(pdf::document_name(replaces))}};
  const auto line = autocusto::json::try_canonical(head);
  if (!line) return fail(errc::malformed, "The map of the template is not valid UTF-8 text.");
  if (::mkdir(path_.c_str(), S_IRWXU) != 0 && errno != EEXIST) return not_written(path_);
  if (const auto own = check_own_folder(path_); !own) return own.error();
  if (!write_whole(file_of(id), *line + '\n' + what.pdf)) return not_written(file_of(id));
  return described(id, what, **form);
}

std::vector<kept_template> template_folder::list() const {
  std::vector<kept_template> out;
  for (const auto& id : ids()) {
    const auto file = read_whole(file_of(id));
    const auto what = file ? parts_of(*file) : std::nullopt;
    if (!what || id_of(*what) != id) continue;
    const auto form = pdf::form_template::load(what->pdf, what->map);
    if (form) out.push_back(described(id, *what, **form));
  }
  std::sort(out.begin(), out.end(), [](const kept_template& a, const kept_template& b) {
    return std::tie(a.name, a.id) < std::tie(b.name, b.id);
  });
  return out;
}

result<std::string> template_folder::find(std::string_view typed) const {
  std::optional<std::string> found;
  for (const auto& id : ids()) {
    if (typed.size() < k_shortest_id || !id.starts_with(typed)) continue;
    if (found) {
      return fail(errc::ambiguous, "Several templates begin like that; give more of the id.");
    }
    found = id;
  }
  if (!found) return not_here();
  return *found;
}

result<pdf::chosen_template> template_folder::load(std::string_view id) const {
  const bool plain =
      id.size() == k_id && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  const auto file = plain ? read_whole(file_of(id)) : std::nullopt;
  if (!file) return not_here();
  const auto what = parts_of(*file);
  if (!what || id_of(*what) != id) return changed();
  auto form = pdf::form_template::load(what->pdf, what->map);
  if (!form) return form.error();
  return pdf::chosen_template{what->replaces, *std::move(form)};
}

result<void> template_folder::remove(std::string_view id) {
  if (::unlink(file_of(id).c_str()) != 0) return not_here();
  return {};
}

void template_folder::remove_all() {
  for (const auto& id : ids()) ::unlink(file_of(id).c_str());
  ::rmdir(path_.c_str());
}

}  // namespace autocusto::printing
