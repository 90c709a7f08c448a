#include "shared/sqlite/transaction.hpp"

#include <stdexcept>

namespace autocusto::sqlite {
namespace {

// For destructors: SQLite may have rolled back by itself already (disk full), and nothing can be
// done about a rollback that fails; closing the connection drops the transaction in any case.
void run_quietly(database& on, std::string_view sql) noexcept {
  try {
    on.ask(sql)->run();
  } catch (const std::exception&) {
    return;
  }
}

}  // namespace

transaction::transaction(database& on) : on_(on) {
  on_.ask("BEGIN IMMEDIATE")->run();
}

transaction::~transaction() {
  if (!done_ && on_.in_transaction()) run_quietly(on_, "ROLLBACK");
}

void transaction::commit() {
  if (done_) throw std::logic_error("a transaction is committed twice");
  on_.ask("COMMIT")->run();
  done_ = true;
}

snapshot::snapshot(database& on) : on_(on) {
  on_.ask("BEGIN DEFERRED")->run();
}

snapshot::~snapshot() {
  if (on_.in_transaction()) run_quietly(on_, "ROLLBACK");
}

savepoint::savepoint(database& on) : on_(on) {
  on_.ask("SAVEPOINT part")->run();
}

savepoint::~savepoint() {
  if (done_ || !on_.in_transaction()) return;
  run_quietly(on_, "ROLLBACK TO part");
  run_quietly(on_, "RELEASE part");
}

void savepoint::release() {
  if (done_) throw std::logic_error("a savepoint is released twice");
  on_.ask("RELEASE part")->run();
  done_ = true;
}

}  // namespace autocusto::sqlite
