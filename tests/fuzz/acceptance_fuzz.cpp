// Pushes of any graph of versions, with assignments, discards and repeated versions between them:
// the work that the rules count and the memory that they ask for stay linear in the versions and
// edges that there are. Two bytes and more describe a version; one byte repeats such a description,
// so that a short input makes a long chain.
#include <algorithm>
#include <vector>

#include "tests/fuzz/demand.hpp"
#include "tests/fuzz/work_meter.hpp"
#include "tests/support/acceptance_world.hpp"

using namespace autocusto;
using testing::acceptance_world;
using testing::k_ana;

namespace {

constexpr std::size_t k_most_versions = 150;
/// For each version and edge that there is: each is loaded at most once and followed at most thrice
/// (what a version replaces, whether a head descends from it, the base of the heads).
constexpr std::int64_t k_work = 3 + sync::k_work_of_a_version;
constexpr std::int64_t k_bytes = 1'800;
constexpr std::int64_t k_bytes_at_all = 20'000;

class story {
 public:
  explicit story(bool sparing) {
    world_.policy = domain::merge_policy::manual;
    world_.sparing = sparing;
    world_.meter = [] { return static_cast<std::int64_t>(fuzz::work_so_far().bytes); };
  }

  /// A version whose parents are these places back from the newest.
  void version(const std::vector<std::uint8_t>& back, bool draft) {
    if (all_.size() >= k_most_versions) return;
    domain::version v;
    v.id = testing::nth<version_id>((all_.size() + 1) * 0x9E3779B1U);
    auto& h = v.header;
    h.record = {"patient", testing::nth<record_id>(1)};
    h.author = k_ana.id;
    h.device = k_ana.devices[0].first;
    h.status = draft ? domain::version_status::draft : domain::version_status::active;
    h.generation = 1;
    for (const auto places : back) {
      if (all_.empty()) break;
      const auto& parent = all_[all_.size() - 1 - places % all_.size()];
      if (std::find(h.parents.begin(), h.parents.end(), parent.id) != h.parents.end()) continue;
      h.parents.push_back(parent.id);
      h.generation = std::max(h.generation, parent.header.generation + 1);
    }
    std::sort(h.parents.begin(), h.parents.end());
    size_ += 1 + static_cast<std::int64_t>(h.parents.size());
    all_.push_back(v);
    batch_.push_back(std::move(v));
  }

  void again(std::uint8_t places) {
    if (!all_.empty()) repeated_.push_back(all_[all_.size() - 1 - places % all_.size()]);
  }

  void push() {
    std::vector<sync::candidate> sent;
    for (const auto* list : {&repeated_, &batch_}) {
      for (const auto& v : *list) {
        const bool twice =
            std::any_of(sent.begin(), sent.end(), [&v](const auto& c) { return c.id == v.id; });
        if (twice) continue;
        auto& c = sent.emplace_back();
        c.id = v.id;
        c.value = v;
      }
    }
    check(world_.push_candidates(k_ana, sent, discards_));
    batch_.clear();
    repeated_.clear();
    discards_.clear();
  }

  void discard(std::uint8_t places) {
    if (all_.empty() || !discards_.empty()) return;
    discards_.push_back(all_[all_.size() - 1 - places % all_.size()].id);
  }

  void assign(std::uint8_t places) {
    push();
    if (all_.empty()) return;
    const auto& v = all_[all_.size() - 1 - places % all_.size()];
    const auto at = world_.records.find(v.header.record.id);
    if (at == world_.records.end() || v.header.status == domain::version_status::draft) return;
    const auto& graph = at->second.graph;
    const bool stored =
        std::any_of(graph.begin(), graph.end(), [&v](const auto& node) { return node.id == v.id; });
    if (stored) world_.assign(k_ana, v);
  }

 private:
  void check(const sync::acceptance_plan& plan) {
    fuzz::demand(!plan.refusal, "a push of this size passed its budget");
    fuzz::demand(plan.work <= k_work * size_ + 200, "the work grew faster than the history");
    fuzz::demand(world_.allocated_by_rules <= k_bytes * size_ + k_bytes_at_all,
                 "the memory grew faster than the history");
  }

  acceptance_world world_;
  std::vector<domain::version> all_;
  std::vector<domain::version> batch_;
  std::vector<domain::version> repeated_;
  std::vector<version_id> discards_;
  std::int64_t size_ = 0;  ///< versions and edges
};

void run(const std::uint8_t* data, std::size_t size, bool sparing) {
  story told(sparing);
  std::vector<std::uint8_t> back;
  bool draft = false;
  const auto next = [&] { return size == 0 ? std::uint8_t{0} : (--size, *data++); };
  while (size > 0) {
    const auto act = next();
    switch (act % 8) {
      case 0:
      case 1:
      case 2:  // a version: how many parents, and where they are
        draft = act % 8 == 2;
        back.clear();
        for (auto left = next() % 17; left > 0; --left) back.push_back(next());
        told.version(back, draft);
        break;
      case 3:  // the same description again, up to 255 times
        for (auto left = next(); left > 0; --left) told.version(back, draft);
        break;
      case 4:
        told.push();
        break;
      case 5:
        told.discard(next());
        break;
      case 6:
        told.again(next());
        break;
      default:
        told.assign(next());
    }
  }
  told.push();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const bool sparing : {false, true}) run(data, size, sparing);
  return 0;
}
