// Versions as they are hashed and stored: header and payload, apart by the first zero byte. What is
// read must come out as exactly the bytes that went in.
#include "server/sync/candidate.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/domain/validate.hpp"
#include "tests/fuzz/demand.hpp"

using namespace autocusto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto split = text.find('\0');
  const std::string header(text.substr(0, split));
  const std::string payload(split == std::string_view::npos ? "" : text.substr(split + 1));
  // A right hash, so that what is behind it is reached too.
  auto fitting = header;
  constexpr std::string_view k_member = "\"payload_hash\":\"";
  if (const auto at = fitting.find(k_member); at != std::string::npos) {
    const auto from = at + k_member.size();
    const auto hash = crypto::sha256(payload).text();
    if (fitting.size() >= from + hash.size()) fitting.replace(from, hash.size(), hash);
  }
  for (const auto& each : {header, fitting}) {
    const auto read = domain::decode_version({each, payload});
    const auto candidate = sync::examine({each, payload}, "tenant key for tests");
    fuzz::demand(candidate.id.raw() == crypto::sha256(each).raw(), "the id is the header's hash");
    if (!read) continue;
    const auto made = domain::make_version(read->header, read->payload);
    fuzz::demand(made.raw.header == each, "a header that is not canonical was taken");
    fuzz::demand(made.raw.payload == payload, "a payload that is not canonical was taken");
  }
  return 0;
}
