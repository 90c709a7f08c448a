// Ed25519 as the programs do it, beside OpenSSL, which did it before: one signature, one check, of
// a message as long as a push's or a receipt's object.

#include <memory>

#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include "shared/crypto/random.hpp"
#include "shared/crypto/sign.hpp"

namespace autocusto {
namespace {

using pkey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using md_context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

const unsigned char* in(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

struct signed_text {
  crypto::signing_key key = crypto::signing_key::generate(crypto::system_random());
  std::string text = crypto::purpose_message("receipt", std::string(400, 'r'));
  crypto::signature signature = crypto::sign(key, text);
};

void sign(benchmark::State& state) {
  const signed_text of;
  for (auto _ : state) benchmark::DoNotOptimize(crypto::sign(of.key, of.text));
}

void verify(benchmark::State& state) {
  const signed_text of;
  for (auto _ : state) {
    if (!crypto::verify(of.key.public_half(), of.text, of.signature))
      state.SkipWithError("refused");
  }
}

void sign_by_openssl(benchmark::State& state) {
  const signed_text of;
  const pkey key(EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, in(of.key.seed()),
                                                 of.key.seed().size()),
                 EVP_PKEY_free);
  for (auto _ : state) {
    const md_context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    crypto::signature made;
    std::size_t size = crypto::signature::size;
    if (EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key.get(),
                              nullptr) != 1 ||
        EVP_DigestSign(context.get(), made.data().data(), &size, in(of.text), of.text.size()) !=
            1 ||
        made != of.signature) {
      state.SkipWithError("another signature");
    }
  }
}

void verify_by_openssl(benchmark::State& state) {
  const signed_text of;
  for (auto _ : state) {
    const pkey key(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr,
                                                  of.key.public_half().data().data(),
                                                  crypto::public_key::size),
                   EVP_PKEY_free);
    const md_context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    if (EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key.get(),
                                nullptr) != 1 ||
        EVP_DigestVerify(context.get(), of.signature.data().data(), crypto::signature::size,
                         in(of.text), of.text.size()) != 1) {
      state.SkipWithError("refused");
    }
  }
}

BENCHMARK(sign)->Unit(benchmark::kMicrosecond);
BENCHMARK(sign_by_openssl)->Unit(benchmark::kMicrosecond);
BENCHMARK(verify)->Unit(benchmark::kMicrosecond);
BENCHMARK(verify_by_openssl)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace autocusto

BENCHMARK_MAIN();
