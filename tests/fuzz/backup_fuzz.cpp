// Sealed files: heads that ask for any amount of memory, and damaged chunks. The costly key
// derivation is avoided by a head that is put right, so that the chunks are reached.
#include "server/auth/sealed_stream.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/crypto/random.hpp"
#include "tests/fuzz/demand.hpp"

using namespace autocusto;

namespace {

constexpr std::size_t k_head = 57;
constexpr std::size_t k_cost_at = 9;

crypto::secret opening_words() {
  return crypto::secret::copy_of("senha");
}

/// A good file with a cheap key.
std::string good() {
  std::string out;
  auto& random = crypto::system_random();
  auth::sealed_writer writer(auth::sealed_kind::keys, opening_words(), random,
                             [&out](std::string_view part) { out += part; },
                             {.memory_kib = 8, .passes = 1, .lanes = 1});
  writer.write("inside");
  writer.finish();
  return out;
}

/// Whether a head asks for more work than an input may take here; the bounds themselves have unit
/// tests.
bool costly(std::string_view file) {
  if (file.size() < k_head) return false;
  const auto number = [&file](std::size_t at, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      value = (value << 8) | static_cast<unsigned char>(file[at + i]);
    }
    return value;
  };
  constexpr std::uint64_t k_most = 4096;
  if (file.starts_with("ACSEALD2")) {
    const auto memory = number(k_cost_at, 4);
    const auto passes = number(k_cost_at + 4, 4);
    if (memory > crypto::k_argon2_max_memory_kib) return false;  // refused at once
    return memory * passes > k_most && memory * passes <= crypto::k_argon2_max_work_kib;
  }
  const auto n = number(k_cost_at, 8);
  const auto r = number(k_cost_at + 8, 4);
  const auto p = number(k_cost_at + 12, 4);
  if (n > k_most || r > k_most || p > k_most)
    return n < (std::uint64_t{1} << 31) && r < k_most * 16;
  return n * r * p > k_most;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string model = good();
  const auto text = fuzz::text_of(data, size);
  if (!costly(text)) {
    static_cast<void>(auth::open_whole(auth::sealed_kind::backup, opening_words(), text));
  }
  // A good head, and the input behind it.
  std::string behind = model.substr(0, k_head + 32) + std::string(text);
  fuzz::demand(!auth::open_whole(auth::sealed_kind::keys, opening_words(), behind),
               "a forged chunk was taken");
  // A good file with the input laid over its head.
  auto over = model;
  for (std::size_t i = 0; i < size && k_cost_at + i < over.size(); ++i)
    over[k_cost_at + i] = text[i];
  if (costly(over)) return 0;
  const auto opened = auth::open_whole(auth::sealed_kind::keys, opening_words(), over);
  fuzz::demand(opened.has_value() == (over == model), "a changed file was taken");
  return 0;
}
