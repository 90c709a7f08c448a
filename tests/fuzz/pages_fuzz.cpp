// A laptop's application of pages: whatever graph the versions draw and however the pages are cut,
// the memory that checking and applying one page asks for stays linear in the page and in the
// history of the records that it touches. Inputs are made as those of the acceptance target; each
// has a record of its own on one laptop, which never forgets, so a cost that grows with all that it
// has is found as well.
#include <algorithm>
#include <vector>

#include "client/engine/check_page.hpp"
#include "tests/fuzz/demand.hpp"
#include "tests/fuzz/work_meter.hpp"
#include "tests/support/domain_builders.hpp"
#include "tests/support/replica_support.hpp"

using namespace autocusto;

namespace {

constexpr std::size_t k_most_versions = 30;
constexpr std::size_t k_most_leaves = 14;
constexpr std::int64_t k_bytes_of_a_byte = 15;      ///< of the page
constexpr std::int64_t k_bytes_of_a_version = 900;  ///< or an edge, of the record
constexpr std::int64_t k_bytes_at_all = 60'000;

struct desk {
  test::small_server server;
  test::laptop laptop{server};
  std::uint32_t records = 0;
};

desk& the_desk() {
  static desk one;
  return one;
}

class story {
 public:
  explicit story(desk& at) : desk_(at), key_(test::cpf(++at.records)) {}

  void version(const std::vector<std::uint8_t>& back, bool draft) {
    if (made_ >= k_most_versions) return;
    auto b = testing::a_patient(key_);
    std::vector<const domain::version*> parents;
    for (const auto places : back) {
      if (all_.empty()) break;
      const auto* parent = &all_[all_.size() - 1 - places % all_.size()];
      if (std::find(parents.begin(), parents.end(), parent) == parents.end()) {
        parents.push_back(parent);
      }
    }
    if (open_ && full(draft)) return;
    std::sort(parents.begin(), parents.end(),
              [](const auto* one, const auto* other) { return one->id < other->id; });
    if (!parents.empty()) b.after(parents);
    b.header().record.id = desk_.server.record_of("patient", key_);
    ++made_;
    b.with("peso", std::to_string(30 + made_).c_str()).salt(made_);
    if (draft) b.draft();
    size_ += 1 + static_cast<std::int64_t>(parents.size());
    all_.push_back(b.make());
    desk_.server.accept(all_.back());
    open_ = true;
  }

  void assign(std::uint8_t places) {
    if (all_.empty()) return;
    const auto& v = all_[all_.size() - 1 - places % all_.size()];
    if (v.header.status == domain::version_status::active) desk_.server.assign(v);
  }

  void unassign() {
    if (!open_) return;
    desk_.server.unassign(desk_.server.record_of("patient", key_));
    open_ = false;
    all_.clear();
  }

  /// An edit that waits on the laptop while pages come.
  void edit() {
    if (++edits_ > 8) return;
    const auto done =
        desk_.laptop->edit().save(test::set_field(key_, "peso", std::to_string(100 + edits_)));
    if (done) ++size_;
  }

  void pull(std::size_t limit) {
    for (bool more = true; more;) {
      const auto from = desk_.laptop->sync().cursor();
      auto page = desk_.server.page(from, desk_.laptop.device(), limit);
      more = page.more;
      std::int64_t bytes = 0;
      for (const auto& v : page.versions) {
        bytes += static_cast<std::int64_t>(v.header.size() + v.payload.value_or("").size());
      }
      bytes += 200 * static_cast<std::int64_t>(page.items.size() + page.views.size());
      const auto before = fuzz::work_so_far().bytes;
      const auto checked = engine::check_page(std::move(page), from);
      fuzz::demand(checked.has_value(), "the page is one that a server sends");
      const auto effect = desk_.laptop->sync().apply_page(*checked);
      const auto cost = static_cast<std::int64_t>(fuzz::work_so_far().bytes - before);
      fuzz::demand(effect && effect->applied, "the page is applied");
      const auto most = k_bytes_of_a_byte * bytes + k_bytes_of_a_version * size_ + k_bytes_at_all;
      fuzz::demand(cost <= most, "the memory grew faster than the page and the record");
    }
  }

 private:
  [[nodiscard]] bool full(bool draft) const {
    const auto& view = desk_.server.view(desk_.server.record_of("patient", key_));
    return (draft ? view.drafts : view.heads).size() >= k_most_leaves;
  }

  desk& desk_;
  const std::string key_;
  std::vector<domain::version> all_;
  std::size_t made_ = 0;
  int edits_ = 0;
  bool open_ = false;
  std::int64_t size_ = 0;  ///< versions and edges of the record
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  story told(the_desk());
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
      case 3:  // the same description again
        for (auto left = next(); left > 0; --left) told.version(back, draft);
        break;
      case 4:
        told.pull(4 + next() % 8);
        break;
      case 5:
        if (next() % 4 == 0) told.unassign();
        break;
      case 6:
        told.edit();
        break;
      default:
        told.assign(next());
    }
  }
  told.pull(1000);
  return 0;
}
