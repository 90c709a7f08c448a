#include "shared/passphrase/cost.hpp"

#include <algorithm>
#include <ctime>

namespace autocusto::passphrase {
namespace {

constexpr std::uint32_t k_step_kib = std::uint32_t{32} * 1024;

/// Of this thread, so that other programs do not make the machine look slow.
double processor_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double work(const crypto::argon2_params& params) {
  return static_cast<double>(params.memory_kib) * params.passes;
}

}  // namespace

crypto::argon2_params affordable(const cost_range& range, double kib_per_second) {
  const double seconds = std::chrono::duration<double>(range.aim).count();
  const double budget = std::max(work(range.least), seconds * kib_per_second);
  crypto::argon2_params chosen = range.least;
  const double memory = std::clamp(budget / range.least.passes, double(range.least.memory_kib),
                                   double(range.most_memory_kib));
  chosen.memory_kib = std::max(range.least.memory_kib,
                               static_cast<std::uint32_t>(memory) / k_step_kib * k_step_kib);
  // A machine of the future affords no more than what a file may ask for.
  const double most = std::min(budget, static_cast<double>(crypto::k_argon2_max_work_kib) / 2);
  chosen.passes =
      std::max(range.least.passes, static_cast<std::uint32_t>(most / chosen.memory_kib));
  return chosen;
}

crypto::argon2_params choose(const cost_range& range) {
  if (range.aim.count() == 0) return range.least;
  crypto::argon2_params probe = range.least;
  probe.passes = 1;
  const double begun = processor_seconds();
  if (!crypto::argon2id("measure", "0123456789abcdef", probe)) return range.least;
  const double taken = std::max(processor_seconds() - begun, 1e-4);
  return affordable(range, work(probe) / taken);
}

bool too_cheap(const crypto::argon2_params& params, const cost_range& range) {
  return params.memory_kib < range.least.memory_kib || work(params) < work(range.least);
}

}  // namespace autocusto::passphrase
