// Writing needs a transaction: what the compiler refuses, for each subject of the store.
#include <type_traits>

#include "server/store/audit.hpp"
#include "server/store/conflicts.hpp"
#include "server/store/credentials.hpp"
#include "server/store/erasures.hpp"
#include "server/store/feed.hpp"
#include "server/store/imports/pending.hpp"
#include "server/store/imports/removal.hpp"
#include "server/store/imports/rows.hpp"
#include "server/store/imports/runs.hpp"
#include "server/store/journal.hpp"
#include "server/store/people.hpp"
#include "server/store/pushes.hpp"
#include "server/store/quarantine.hpp"
#include "server/store/records.hpp"
#include "server/store/settings.hpp"
#include "server/store/versions.hpp"
#include "server/store/views.hpp"

namespace autocusto::store {
namespace {

template <class Reads, class Writes>
constexpr bool needs_a_transaction =
    std::is_convertible_v<snapshot&, Reads>&& std::is_convertible_v<transaction&, Reads>&&
        std::is_convertible_v<transaction&, Writes> &&
    !std::is_constructible_v<Writes, snapshot&> && !std::is_constructible_v<Writes, Reads&> &&
    !std::is_polymorphic_v<Writes>;

static_assert(needs_a_transaction<audit::reads, audit::writes>);
static_assert(needs_a_transaction<conflicts::reads, conflicts::writes>);
static_assert(needs_a_transaction<credentials::reads, credentials::writes>);
static_assert(needs_a_transaction<erasures::reads, erasures::writes>);
static_assert(needs_a_transaction<feed::reads, feed::writes>);
static_assert(needs_a_transaction<imports::pending::reads, imports::pending::writes>);
static_assert(needs_a_transaction<imports::removal::reads, imports::removal::writes>);
static_assert(needs_a_transaction<imports::rows::reads, imports::rows::writes>);
static_assert(needs_a_transaction<imports::runs::reads, imports::runs::writes>);
static_assert(needs_a_transaction<journal::reads, journal::writes>);
static_assert(needs_a_transaction<people::reads, people::writes>);
static_assert(needs_a_transaction<pushes::reads, pushes::writes>);
static_assert(needs_a_transaction<quarantine::reads, quarantine::writes>);
static_assert(needs_a_transaction<records::reads, records::writes>);
static_assert(needs_a_transaction<settings::reads, settings::writes>);
static_assert(needs_a_transaction<versions::reads, versions::writes>);
static_assert(needs_a_transaction<views::reads, views::writes>);
static_assert(!std::is_convertible_v<snapshot&, transaction&>);
static_assert(sizeof(versions::reads) == sizeof(void*), "a repository is one reference");

}  // namespace
}  // namespace autocusto::store
