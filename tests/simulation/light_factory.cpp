// Servers and replicas in memory.
#include "tests/simulation/light_cloud.hpp"
#include "tests/simulation/light_desk.hpp"
#include "tests/simulation/run.hpp"

namespace autocusto::simulation {
namespace {

class light_factory final : public factory {
 public:
  void begin_run() override {}
  std::unique_ptr<cloud> make_cloud(timeline&, const clock_source& clock, dice random,
                                    witness& books, std::vector<std::string>,
                                    std::size_t) override {
    return std::make_unique<light_cloud>(clock, random, books);
  }
  std::unique_ptr<desk> make_desk(std::size_t, const clock_source& clock, dice random) override {
    return std::make_unique<light_desk>(clock, random);
  }
  void end_run() override {}
};

}  // namespace

std::unique_ptr<factory> make_light_factory() {
  return std::make_unique<light_factory>();
}

}  // namespace autocusto::simulation
