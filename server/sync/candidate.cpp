#include "server/sync/candidate.hpp"

#include <utility>

#include "shared/crypto/hash.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/domain/validate.hpp"
#include "shared/domain/version_decode.hpp"

namespace autocusto::sync {
namespace {

/// What breaks a rule of entry when nothing is exempt.
std::vector<error> problems_of_entry(const domain::version& v) {
  std::vector<error> out;
  if (v.header.parents.empty()) {
    // Only a root brings a key into being; an odd key of an import stays as it is.
    const auto key = domain::normalise_key(v.header.record.kind, v.payload.key);
    if (!key) {
      out.push_back(key.error());
    } else if (*key != v.payload.key) {
      out.push_back(fail(errc::invalid_key,
                         "The key must be its digits only; leave punctuation out.", "key"));
    }
  }
  if (auto summary = domain::validate_summary(v.payload.summary); !summary) {
    out.push_back(summary.error());
  }
  const auto* kind = domain::find_record_kind(v.header.record.kind);
  auto fields = domain::validate_fields(*kind, v.payload.fields, v.header.status, {});
  std::move(fields.begin(), fields.end(), std::back_inserter(out));
  return out;
}

}  // namespace

candidate examine(domain::version_bytes raw, std::string_view tenant_key) {
  const auto id = *version_id::from_raw(crypto::sha256(raw.header).raw());
  return examine(std::move(raw), id, tenant_key);
}

candidate examine(domain::version_bytes&& raw, const version_id& id, std::string_view tenant_key) {
  candidate c;
  c.id = id;
  auto read = domain::decode_version(std::move(raw), id);
  if (!read) {  // then the bytes are where they were
    c.flaw = read.error();
    if (auto header = domain::decode_header(raw.header)) c.header = *std::move(header);
    c.raw = std::move(raw);
    return c;
  }
  const auto& ref = read->header.record;
  if (domain::find_record_kind(ref.kind) == nullptr) {
    c.flaw = fail(errc::malformed,
                  "The version's record.kind is no kind that this server knows; update the server.",
                  "record.kind");
    c.raw = std::move(read->raw);
    c.header = std::move(read->header);
    return c;
  }
  if (domain::make_record_id(tenant_key, ref.kind, read->payload.key) != ref.id) {
    c.flaw = fail(errc::record_mismatch,
                  "The version names another record than its key belongs to; register it again.",
                  "record.id");
  } else {
    c.entry_problems = problems_of_entry(*read);
  }
  c.value = *std::move(read);
  return c;
}

}  // namespace autocusto::sync
