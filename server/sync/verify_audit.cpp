// The chain over the audit log: every line against its link, the last one against the head.
#include "server/store/audit.hpp"
#include "server/sync/verify_parts.hpp"

namespace autocusto::sync::detail {
namespace {

constexpr std::int64_t k_lines = 1000;

}  // namespace

void verifier::walk_audit() {
  store::audit::reads audit(snapshot_);
  const auto head = audit.audit_head();
  store::audit_head_row last;
  for (;;) {
    const auto lines = audit.audit_lines(last.seq, last.line, k_lines);
    for (const auto& [key, line] : lines) {
      // Lines of a release without the chain get their links when the server starts.
      if (key > head.line) return check_audit_head(last, head);
      last = {line.seq, key, wire::audit_link(last.link, line)};
      if (audit.audit_link(line.seq) != last.link) {
        // Every later link differs, too: the first one tells where.
        return find("audit_line", "line " + std::to_string(line.seq) + " of the audit log");
      }
      ++report_.counts.audit_lines;
    }
    if (lines.empty()) return check_audit_head(last, head);
    tell("lines of the audit log", report_.counts.audit_lines);
  }
}

void verifier::check_audit_head(const store::audit_head_row& last,
                                const store::audit_head_row& head) {
  const bool last_of_all = !store::audit::reads(snapshot_).audit_link(head.seq + 1);
  if (last.seq == head.seq && last.line == head.line && last.link == head.link && last_of_all) {
    return;
  }
  find("audit_head", "behind line " + std::to_string(last.seq) + " of the audit log");
}

}  // namespace autocusto::sync::detail
