#include "tools/admin/chain_check.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "shared/base/bytes.hpp"
#include "tools/admin/text.hpp"

namespace autocusto::admin {

chain_check::chain_check(std::vector<log_memory::seen_head> seen,
                         std::vector<wire::audit_head> told)
    : seen_(std::move(seen)), told_(std::move(told)) {}

void chain_check::add(const msg::audit_item& item) {
  wire::audit_line line;
  line.seq = ++lines_;
  line.at = item.at;
  line.act = item.act;
  line.actor = item.actor_id;
  line.device = item.device;
  line.what = item.what;
  line.user = item.about;
  line.object = item.object;
  line.signature = from_hex(item.signature).value_or("");
  link_ = wire::audit_link(link_, line);
  for (; next_ < seen_.size() && seen_[next_].seq <= lines_; ++next_) {
    if (seen_[next_].seq != lines_) continue;
    if (differs_) continue;
    if (seen_[next_].link == link_) {
      agreed_ = lines_;
    } else {
      differs_ = seen_[next_];
      differs_at_ = item.id;
    }
  }
  const bool wrong = std::any_of(told_.begin(), told_.end(), [this](const wire::audit_head& head) {
    return head.seq == lines_ && head.link != link_;
  });
  if (wrong && !not_as_told_) not_as_told_ = item.id;
}

bool chain_check::forgotten() const {
  return differs_ || (!seen_.empty() && seen_.back().seq > lines_);
}

std::vector<audit_problem> chain_check::problems() const {
  std::vector<audit_problem> out;
  if (differs_) {
    out.push_back(
        {differs_at_, "chain",
         fmt::format("Of the lines {} to {}, which this profile saw {}, some were removed, "
                     "changed or added since.",
                     agreed_ + 1, differs_->seq, when(differs_->at))});
  }
  if (!seen_.empty() && seen_.back().seq > lines_) {
    out.push_back({0, "chain",
                   fmt::format("The log lacks the lines {} to {} that this profile has seen (the "
                               "last of them {}).",
                               lines_ + 1, seen_.back().seq, when(seen_.back().at))});
  }
  const bool short_of_word = std::any_of(told_.begin(), told_.end(),
                                         [this](const auto& head) { return head.seq > lines_; });
  if (not_as_told_ || short_of_word) {
    out.push_back({not_as_told_.value_or(0), "chain",
                   "The lines are not those of which the server has signed the head: one was "
                   "removed, changed or added in its database."});
  }
  return out;
}

}  // namespace autocusto::admin
