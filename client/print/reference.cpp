#include "client/print/reference.hpp"

#include <utility>

#include "shared/reference/index.hpp"
#include "shared/reference/starting.hpp"

namespace autocusto::printing {
namespace {

class indexed_reference final : public reference_source {
 public:
  explicit indexed_reference(reference::catalogue of)
      : revision_(reference::catalogue_hash(reference::write_catalogue(of)).text()),
        index_(std::move(of)) {}

  std::string revision() const override { return revision_; }
  std::optional<disease_facts> disease(std::string_view cid) const override {
    const auto* found = index_.find_disease(cid);
    if (found == nullptr) return std::nullopt;
    return disease_facts{found->nome, found->retired_on.value_or("")};
  }
  std::optional<medicine_facts> medicine(std::string_view code) const override {
    const auto* found = index_.find_medicine(code);
    if (found == nullptr) return std::nullopt;
    return medicine_facts{found->retired_on.value_or(""), found->max_month, found->control};
  }

 private:
  std::string revision_;
  reference::catalogue_index index_;
};

}  // namespace

std::unique_ptr<reference_source> make_reference(reference::catalogue of) {
  return std::make_unique<indexed_reference>(std::move(of));
}

std::unique_ptr<reference_source> starting_reference() {
  return make_reference(reference::starting_catalogue());
}

}  // namespace autocusto::printing
