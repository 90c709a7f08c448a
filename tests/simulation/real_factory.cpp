// Real servers and real replicas, in folders of memory where there are such.
#include <filesystem>

#include <unistd.h>

#include "tests/simulation/real_client.hpp"
#include "tests/simulation/real_server.hpp"
#include "tests/simulation/run.hpp"

namespace autocusto::simulation {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t k_models = 9;

class real_factory final : public factory {
 public:
  real_factory() {
    const fs::path memory("/dev/shm");
    const auto base = fs::is_directory(memory) ? memory : fs::temp_directory_path();
    folder_ = base / ("autocusto-simulate-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
    real_server::prepare(folder_ / "server-model");
    for (std::size_t n = 0; n < k_models; ++n) real_client::prepare(model(n), n + 1);
  }
  ~real_factory() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  void begin_run() override {
    end_run();
    fs::create_directories(folder_ / "run");
  }
  std::unique_ptr<sim_server> make_server(virtual_time& time, const clock_source& clock,
                                          seeded_random random, witness& oracle,
                                          std::vector<std::string> secrets,
                                          std::size_t processes) override {
    return std::make_unique<real_server>(folder_ / "run" / "server", folder_ / "server-model", time,
                                         clock, random, oracle, std::move(secrets), processes);
  }
  std::unique_ptr<sim_client> make_client(std::size_t n, const clock_source& clock,
                                          seeded_random random) override {
    const auto home = folder_ / "run" / ("laptop-" + std::to_string(n));
    fs::remove_all(home);  // of one that could not enroll
    return std::make_unique<real_client>(home, model(n % k_models), clock, random);
  }
  std::unique_ptr<sim_client> copy_client(sim_client& of, std::size_t n, const clock_source& clock,
                                          seeded_random random) override {
    auto& real = dynamic_cast<real_client&>(of);
    return std::make_unique<real_client>(folder_ / "run" / ("laptop-" + std::to_string(n)),
                                         real.folder(), clock, random);
  }
  void end_run() override { fs::remove_all(folder_ / "run"); }

 private:
  [[nodiscard]] std::string model(std::size_t n) const {
    return folder_ / ("laptop-model-" + std::to_string(n));
  }
  fs::path folder_;
};

}  // namespace

std::unique_ptr<factory> make_real_factory() {
  return std::make_unique<real_factory>();
}

}  // namespace autocusto::simulation
