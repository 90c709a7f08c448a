// Servers and replicas in memory.
#include "tests/simulation/light_client.hpp"
#include "tests/simulation/light_server.hpp"
#include "tests/simulation/run.hpp"

namespace autocusto::simulation {
namespace {

class light_factory final : public factory {
 public:
  void begin_run() override {}
  std::unique_ptr<sim_server> make_server(virtual_time&, const clock_source& clock,
                                          seeded_random random, witness& oracle,
                                          std::vector<std::string>, std::size_t) override {
    return std::make_unique<light_server>(clock, random, oracle);
  }
  std::unique_ptr<sim_client> make_client(std::size_t, const clock_source& clock,
                                          seeded_random random) override {
    return std::make_unique<light_client>(clock, random);
  }
  void end_run() override {}
};

}  // namespace

std::unique_ptr<factory> make_light_factory() {
  return std::make_unique<light_factory>();
}

}  // namespace autocusto::simulation
