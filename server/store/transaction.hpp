#pragma once
// What one call of the database works in: a snapshot to read, or a transaction to read and write.
//
// The queries are in repositories, one for each subject (people.hpp, records.hpp, …). Each has a
// class `reads`, made from a snapshot or a transaction, and a class `writes`, made from a
// transaction only: code that writes without a transaction does not compile. A repository is one
// reference. It is made from the snapshot without being asked, so a function or a lambda takes the
// repository that it uses: `database.read([&](store::people::reads people) { … })`.
//
// A snapshot, a transaction and their repositories belong to the call that was given them and to
// the thread that runs the call. They must not outlive the call.

namespace autocusto::store {

class sql_session;

/// One consistent state of the database.
class snapshot {
 public:
  explicit snapshot(sql_session& session) : session_(session) {}
  snapshot(const snapshot&) = delete;
  snapshot& operator=(const snapshot&) = delete;

 private:
  friend class repository;
  sql_session& session_;
};

/// All or nothing of it becomes durable. What runs inside may be run again from the start.
class transaction : public snapshot {
 public:
  using snapshot::snapshot;
};

/// What all repositories share: the session that runs their queries.
class repository {
 protected:
  repository(snapshot& at) : session_(at.session_) {}
  sql_session& session_;
};

}  // namespace autocusto::store
