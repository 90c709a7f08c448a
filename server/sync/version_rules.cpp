// What is asked of one version, in the order in which it is asked.
#include <algorithm>
#include <string>

#include "server/sync/record_work.hpp"
#include "shared/base/limits.hpp"
#include "shared/domain/record_kind.hpp"

namespace autocusto::sync {
namespace {

constexpr auto k_heads = static_cast<std::int64_t>(limits::heads_per_view);

/// Texts and fields, with what older versions exempt.
std::optional<error> entry_problem(const candidate& c, const detail::record_work* work) {
  if (c.entry_problems.empty()) return std::nullopt;
  const auto& first = c.entry_problems.front();
  const bool of_fields = first.code == errc::invalid_field && first.field != "summary";
  if (!of_fields || work == nullptr || !work->wants_known) return first;
  const auto& v = *c.value;
  auto left = domain::validate_edit(*domain::find_record_kind(v.header.record.kind),
                                    v.payload.fields, v.header.status, work->known);
  if (left.empty()) return std::nullopt;
  return std::move(left.front());
}

std::optional<error> parent_problem(const domain::version_header& h,
                                    const detail::record_work* work) {
  if (h.parents.empty()) return std::nullopt;
  const bool open = work != nullptr && work->view.has_value();
  if (!open && work != nullptr && work->state->view_was_removed) {
    return fail(errc::access_removed,
                "Your access to this record was removed; ask an administrator about it.");
  }
  const bool all_visible =
      open && std::all_of(h.parents.begin(), h.parents.end(), [work](const version_id& id) {
        const auto* node = work->find(id);
        return node != nullptr && node->visible;
      });
  if (!all_visible) {
    return fail(errc::parent_unavailable,
                "The version goes on from one that is not in your records; pull the changes and "
                "apply the edit again.",
                "parents");
  }
  if (work->dag.next_generation(h.parents) != h.generation) {
    return fail(errc::bad_generation,
                "The version's generation must be one more than the greatest of its parents'.",
                "generation");
  }
  return std::nullopt;
}

}  // namespace

bool may_open(const candidate& c, const pusher& who) {
  if (!c.value || c.flaw || !c.entry_problems.empty()) return false;
  const auto& h = c.value->header;
  return h.parents.empty() && !detail::origin_problem(c, who);
}

namespace detail {

std::optional<error> origin_problem(const candidate& c, const pusher& who) {
  if (c.head() == nullptr) return std::nullopt;  // refused for its form
  const auto& h = *c.head();
  if (h.author != who.actor) {
    return fail(errc::author_mismatch,
                "The version is not by the user who sends it; send your own versions only.",
                "author");
  }
  const bool own_device =
      std::any_of(who.devices.begin(), who.devices.end(),
                  [&h](const auto& device) { return device.first == h.device; });
  if (!own_device) {
    return fail(errc::device_mismatch,
                "The version was made on another device; send it from the device that made it.",
                "device");
  }
  return std::nullopt;
}

std::optional<error> room_problem(const domain::version_header& h, record_work* work) {
  if (work == nullptr || !work->view) return std::nullopt;
  const auto& state = work->view->state;
  const bool draft = h.status == domain::version_status::draft;
  const auto& leaves = draft ? state.drafts : state.heads;
  if (leaves.size() < limits::heads_per_view) return std::nullopt;
  work->load_history_for(h.parents, h.status);
  const auto replaced = work->lineage.replaced(state, work->dag, h.parents);
  const auto left = std::count_if(leaves.begin(), leaves.end(), [&](const version_id& id) {
    return std::find(replaced.begin(), replaced.end(), id) == replaced.end();
  });
  if (left < k_heads) return std::nullopt;
  const std::string sentence =
      draft ? "The record has 16 drafts already; publish or discard some first."
            : "The record has 16 versions side by side already; resolve its conflict first.";
  return fail(errc::too_many_heads, sentence, {}, k_heads);
}

std::optional<error> length_problem(const record_work* work) {
  if (work == nullptr || !work->view) return std::nullopt;
  constexpr auto most = static_cast<std::int64_t>(limits::versions_per_view);
  if (work->state->shown + work->last_number - work->state->row.last_number < most) {
    return std::nullopt;
  }
  return fail(errc::record_full,
              "Your view of this record has the most versions that one may have; ask an "
              "administrator to take it from you and to assign its current version to you again.",
              {}, most);
}

std::optional<error> check_version(const candidate& c, record_work* work, const pusher& who,
                                   bool parent_was_refused) {
  if (parent_was_refused) {
    return fail(errc::parent_refused,
                "The version goes on from one that was refused; mend that one first.", "parents");
  }
  if (c.flaw) return c.flaw;
  // Before its fields: these may be exempt, and to know that a whole history has to be read.
  if (auto e = origin_problem(c, who)) return e;
  if (auto e = entry_problem(c, work)) return e;
  const auto& h = c.value->header;
  if (auto e = parent_problem(h, work)) return e;
  if (auto e = length_problem(work)) return e;
  return room_problem(h, work);
}

}  // namespace detail
}  // namespace autocusto::sync
