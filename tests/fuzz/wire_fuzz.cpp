// Every message of the protocol: what is read can be written, and reads the same again.
#include "shared/wire/catalogue.hpp"
#include "shared/wire/messages.hpp"
#include "tests/fuzz/demand.hpp"

using namespace autocusto;

namespace {

/// Reading, writing and reading again must not change what is written.
template <class Read, class Write>
void round_trip(std::string_view text, Read read, Write write) {
  const auto first = read(text);
  if (!first) return;
  const std::string written = write(*first);
  const auto second = read(written);
  fuzz::demand(second.has_value(), "what was written cannot be read");
  fuzz::demand(write(*second) == written, "what was read again is another message");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const auto encode = [](const auto& m) { return wire::encode(m); };
  const auto object = [](const auto& m) { return wire::encode_object(m); };
  round_trip(text, wire::decode_signed, encode);
  round_trip(text, wire::decode_trust, object);
  round_trip(text, wire::decode_enroll_request, encode);
  round_trip(text, wire::decode_enroll_answer, encode);
  round_trip(text, wire::decode_challenge_request, encode);
  round_trip(text, wire::decode_challenge_answer, encode);
  round_trip(text, wire::decode_session_object, object);
  round_trip(text, wire::decode_greeting_request, encode);
  round_trip(text, wire::decode_greeting_answer, encode);
  round_trip(text, wire::decode_greeting, object);
  round_trip(text, wire::decode_enroll_object, object);
  round_trip(text, wire::decode_again_object, object);
  round_trip(text, wire::decode_challenge_proof, object);
  round_trip(text, wire::decode_session_proof, object);
  round_trip(text, wire::decode_session_answer, encode);
  round_trip(text, wire::decode_push_object, object);
  round_trip(text, wire::decode_push_request, encode);
  round_trip(text, wire::decode_receipt_object, object);
  round_trip(text, wire::decode_push_answer,
             [](const auto& m) { return wire::encode_push_answer(m); });
  round_trip(text, wire::decode_page, encode);
  round_trip(text, wire::decode_catalogue_answer, encode);
  round_trip(text, wire::decode_catalogue_object, object);
  round_trip(text, wire::decode_act_object, object);
  round_trip(text, wire::decode_order, object);
  round_trip(text, wire::decode_erasure_object, object);
  round_trip(text, wire::decode_erasure_answer, encode);
  if (const auto word = wire::decode_erasure_request(text); word && *word) {
    const auto again = wire::decode_erasure_request(wire::encode_erasure_request(**word));
    fuzz::demand(again && *again, "a word of erasure cannot be read again");
  }
  static_cast<void>(wire::decode_problem(400, text));
  return 0;
}
