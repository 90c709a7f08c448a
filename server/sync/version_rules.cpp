// What is asked of one version, in the order in which it is asked.
#include <algorithm>
#include <string>

#include "server/sync/record_work.hpp"
#include "shared/base/limits.hpp"
#include "shared/domain/catalogue.hpp"

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
  auto left = domain::validate_edit(*domain::find_catalogue(v.header.record.kind), v.payload.fields,
                                    v.header.status, work->known);
  if (left.empty()) return std::nullopt;
  return std::move(left.front());
}

std::optional<error> origin_problem(const domain::version_header& h, const pusher& who) {
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

/// Whether `id` is replaced when a version with these parents comes.
bool covered(const detail::record_work& work, const std::vector<version_id>& parents,
             const version_id& id) {
  return std::any_of(parents.begin(), parents.end(), [&](const version_id& parent) {
    return parent == id || work.dag.is_ancestor(id, parent);
  });
}

}  // namespace

bool may_open(const candidate& c, const pusher& who) {
  if (!c.value || c.flaw || !c.entry_problems.empty()) return false;
  const auto& h = c.value->header;
  return h.parents.empty() && !origin_problem(h, who);
}

namespace detail {

std::optional<error> room_problem(const domain::version_header& h, const record_work* work) {
  if (work == nullptr || !work->view) return std::nullopt;
  const auto& state = work->view->state;
  const bool draft = h.status == domain::version_status::draft;
  const auto& leaves = draft ? state.drafts : state.heads;
  if (leaves.size() < limits::heads_per_view) return std::nullopt;
  const auto left = std::count_if(leaves.begin(), leaves.end(), [&](const version_id& id) {
    return !covered(*work, h.parents, id);
  });
  if (left < k_heads) return std::nullopt;
  const std::string sentence =
      draft ? "The record has 16 drafts already; publish or discard some first."
            : "The record has 16 versions side by side already; resolve its conflict first.";
  return fail(errc::too_many_heads, sentence, {}, k_heads);
}

std::optional<error> check_version(const candidate& c, const record_work* work, const pusher& who,
                                   bool parent_was_refused) {
  if (parent_was_refused) {
    return fail(errc::parent_refused,
                "The version goes on from one that was refused; mend that one first.", "parents");
  }
  if (c.flaw) return c.flaw;
  if (auto e = entry_problem(c, work)) return e;
  const auto& h = c.value->header;
  if (auto e = origin_problem(h, who)) return e;
  if (auto e = parent_problem(h, work)) return e;
  return room_problem(h, work);
}

}  // namespace detail
}  // namespace autocusto::sync
