#include "client/print/reference.hpp"

#include <algorithm>
#include <utility>

#include "shared/reference/starting.hpp"

namespace autocusto::printing {
namespace {

class indexed_reference final : public reference_source {
 public:
  explicit indexed_reference(std::shared_ptr<const reference::catalogue_index> index)
      : revision_(reference::catalogue_hash(reference::write_catalogue(index->whole())).text()),
        index_(std::move(index)) {}

  std::string revision() const override { return revision_; }
  std::optional<disease_facts> disease(std::string_view cid) const override {
    const auto* found = index_->find_disease(cid);
    if (found == nullptr) return std::nullopt;
    return disease_facts{found->nome, found->retired_on.value_or("")};
  }
  std::optional<medicine_facts> medicine(std::string_view code,
                                         std::string_view cid) const override {
    const auto* found = index_->find_medicine(code);
    if (found == nullptr) return std::nullopt;
    return medicine_facts{.retired_on = found->retired_on.value_or(""),
                          .max_month = found->max_month,
                          .control = found->control,
                          .unit = found->unit,
                          .age_min = found->age_min,
                          .age_max = found->age_max,
                          .for_sex = found->for_sex,
                          .for_cid = cid.empty() || is_for(*found, cid)};
  }

 private:
  /// By its own list, or by a protocol of the CID that names it.
  bool is_for(const reference::medicine& one, std::string_view cid) const {
    const auto names = [](const std::vector<std::string>& all, std::string_view code) {
      return std::find(all.begin(), all.end(), code) != all.end();
    };
    bool linked = !one.cids.empty();
    if (names(one.cids, cid)) return true;
    for (const auto& protocol : index_->whole().protocols) {
      if (!names(protocol.medicines, one.code)) continue;
      if (names(protocol.cids, cid)) return true;
      linked = true;
    }
    return !linked;
  }

  std::string revision_;
  std::shared_ptr<const reference::catalogue_index> index_;
};

}  // namespace

std::unique_ptr<reference_source> make_reference(
    std::shared_ptr<const reference::catalogue_index> index) {
  return std::make_unique<indexed_reference>(std::move(index));
}

std::unique_ptr<reference_source> make_reference(reference::catalogue of) {
  return make_reference(std::make_shared<const reference::catalogue_index>(std::move(of)));
}

std::unique_ptr<reference_source> starting_reference() {
  return make_reference(reference::starting_catalogue());
}

}  // namespace autocusto::printing
