// The SQLite library: settings, statements, transactions, locks, migrations; and what the store's
// SQL forms become.
#include <array>
#include <chrono>
#include <stdexcept>

#include <gtest/gtest.h>
#include <unistd.h>

#include "server/store/sql/session.hpp"
#include "shared/sqlite/lock_file.hpp"
#include "shared/sqlite/migrator.hpp"
#include "shared/sqlite/transaction.hpp"
#include "tests/support/process.hpp"

namespace autocusto::sqlite {
namespace {

class sqlite_library : public ::testing::Test {
 protected:
  static open_options creating() {
    open_options options;
    options.mode = open_mode::create;
    options.busy_timeout = std::chrono::milliseconds(20);
    return options;
  }
  std::string value(database& db, std::string_view sql) {
    statement ask(db, sql);
    return ask.step() ? ask.column_bytes(0) : std::string();
  }

  test::temporary_folder folder_;
  std::string path_ = folder_ / "a.db";
  database db_{path_, creating()};
};

TEST_F(sqlite_library, every_connection_is_set_up_the_trusted_way) {
  const std::array<std::pair<const char*, const char*>, 8> expected{{{"journal_mode", "wal"},
                                                                     {"synchronous", "2"},
                                                                     {"foreign_keys", "1"},
                                                                     {"trusted_schema", "0"},
                                                                     {"mmap_size", "0"},
                                                                     {"temp_store", "2"},
                                                                     {"cell_size_check", "1"},
                                                                     {"wal_autocheckpoint", "0"}}};
  database reader(path_, {});
  for (const auto& [name, wanted] : expected) {
    EXPECT_EQ(value(db_, std::string("PRAGMA ") + name), wanted) << name;
    EXPECT_EQ(value(reader, std::string("PRAGMA ") + name), wanted) << name;
  }
  EXPECT_THROW(reader.execute("CREATE TABLE t (a)"), sqlite_error);
  db_.execute("CREATE TABLE t (a)");
  db_.execute("PRAGMA writable_schema=ON");
  EXPECT_THROW(db_.execute("DELETE FROM sqlite_schema"), sqlite_error);
}

TEST_F(sqlite_library, values_come_back_as_they_were_bound) {
  db_.execute("CREATE TABLE t (a INTEGER, b TEXT, c BLOB, d INTEGER) STRICT");
  const std::string blob("\0\1\xFF", 3);
  {
    query add = db_.ask("INSERT INTO t VALUES (?, ?, ?, ?)");
    add->bind_int(1, INT64_MIN).bind_text(2, "").bind_blob_static(3, blob);
    add->bind_int(4, std::optional<std::int64_t>());
    add->run();
  }
  query ask = db_.ask("SELECT a, b, c, d FROM t");
  ASSERT_TRUE(ask->step());
  EXPECT_EQ(ask->column_int(0), INT64_MIN);
  EXPECT_FALSE(ask->is_null(1));
  EXPECT_EQ(ask->column_bytes(1), "");
  EXPECT_EQ(ask->column_view(2), blob);
  EXPECT_TRUE(ask->is_null(3));
  EXPECT_FALSE(ask->step());
}

TEST_F(sqlite_library, a_statement_given_back_forgets_its_bindings_and_may_be_lent_twice) {
  {
    query outer = db_.ask("SELECT ?");
    outer->bind_int(1, 7);
    ASSERT_TRUE(outer->step());
    query inner = db_.ask("SELECT ?");
    inner->bind_int(1, 8);
    ASSERT_TRUE(inner->step());
    EXPECT_EQ(inner->column_int(0), 8);
    EXPECT_EQ(outer->column_int(0), 7);
  }
  query again = db_.ask("SELECT ?");
  ASSERT_TRUE(again->step());
  EXPECT_TRUE(again->is_null(0));
}

TEST_F(sqlite_library, errors_carry_the_extended_code) {
  db_.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT UNIQUE) STRICT");
  db_.execute("INSERT INTO t VALUES (1, 'x')");
  try {
    db_.execute("INSERT INTO t VALUES (2, 'x')");
    ADD_FAILURE();
  } catch (const sqlite_error& e) {
    EXPECT_TRUE(e.constraint());
    EXPECT_EQ(e.extended_code(), 2067);  // SQLITE_CONSTRAINT_UNIQUE
    EXPECT_FALSE(e.busy());
  }
}

TEST_F(sqlite_library, what_is_not_committed_is_rolled_back) {
  db_.execute("CREATE TABLE t (a)");
  {
    transaction scope(db_);
    db_.execute("INSERT INTO t VALUES (1)");
  }
  EXPECT_EQ(value(db_, "SELECT count(*) FROM t"), "0");
  transaction scope(db_);
  db_.execute("INSERT INTO t VALUES (1)");
  {
    savepoint part(db_);
    db_.execute("INSERT INTO t VALUES (2)");
  }
  {
    savepoint part(db_);
    db_.execute("INSERT INTO t VALUES (3)");
    part.release();
  }
  scope.commit();
  EXPECT_THROW(scope.commit(), std::logic_error);
  EXPECT_EQ(value(db_, "SELECT sum(a) FROM t"), "4");
}

TEST_F(sqlite_library, a_second_writer_is_busy_at_its_beginning) {
  database other(path_, creating());
  const transaction first(db_);
  try {
    const transaction second(other);
    ADD_FAILURE();
  } catch (const sqlite_error& e) {
    EXPECT_TRUE(e.busy());
  }
}

TEST_F(sqlite_library, a_snapshot_sees_one_moment_and_holds_a_checkpoint_back) {
  db_.execute("CREATE TABLE t (a)");
  database reader(path_, {});
  {
    const snapshot scope(reader);
    EXPECT_EQ(value(reader, "SELECT count(*) FROM t"), "0");
    db_.execute("INSERT INTO t VALUES (1)");
    EXPECT_EQ(value(reader, "SELECT count(*) FROM t"), "0");
    EXPECT_GT(db_.wal_bytes(), 0);
    EXPECT_FALSE(db_.checkpoint(checkpoint_mode::truncate));
  }
  EXPECT_EQ(value(reader, "SELECT count(*) FROM t"), "1");
  EXPECT_TRUE(db_.checkpoint(checkpoint_mode::truncate));
  EXPECT_EQ(std::filesystem::file_size(path_ + "-wal"), 0U);
}

TEST_F(sqlite_library, a_file_that_is_no_database_is_told_as_damaged) {
  const std::string path = folder_ / "text.db";
  ASSERT_EQ(test::run({"sh", "-c", "yes text | head -2000 > " + path}).exit, 0);
  try {
    database db(path, creating());
    ADD_FAILURE();
  } catch (const sqlite_error& e) {
    EXPECT_TRUE(e.damaged());
  }
}

TEST_F(sqlite_library, a_copy_never_replaces_a_file) {
  backup(db_, folder_ / "copy.db");
  EXPECT_THROW(backup(db_, folder_ / "copy.db"), std::system_error);
}

TEST_F(sqlite_library, a_lock_names_its_holder_and_is_given_up_with_its_scope) {
  const std::string path = folder_ / "lock";
  EXPECT_EQ(lock_file::holder(path), std::nullopt);
  {
    const auto held = lock_file::acquire(path, std::chrono::milliseconds(0));
    ASSERT_TRUE(held);
    EXPECT_EQ(lock_file::holder(path), ::getpid());
    const auto second = lock_file::acquire(path, std::chrono::milliseconds(10));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, errc::replica_busy);
    EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos);
  }
  EXPECT_TRUE(lock_file::acquire(path, std::chrono::milliseconds(0)));
}

constexpr std::array<migration, 2> k_two{
    migration{1, "first", "CREATE TABLE a (x)", "DROP TABLE a", "aa"},
    migration{2, "second", "CREATE TABLE b (x); INSERT INTO b VALUES (1)", "DROP TABLE b", "bb"}};

TEST_F(sqlite_library, migrations_go_up_and_down_to_any_number) {
  ASSERT_TRUE(migrate(db_, k_two, 1, false, 10));
  EXPECT_THROW(db_.execute("SELECT * FROM b"), sqlite_error);
  const auto told = migrate(db_, k_two, std::nullopt, true, 20);
  ASSERT_EQ(told->size(), 1U);
  EXPECT_EQ(told->at(0).what->number, 2);
  ASSERT_TRUE(migrate(db_, k_two, std::nullopt, false, 20));
  EXPECT_EQ(value(db_, "SELECT x FROM b"), "1");
  EXPECT_EQ(migration_states(db_, k_two).at(1).applied_at, 20);
  const auto down = migrate(db_, k_two, 1, false, 30);
  ASSERT_EQ(down->size(), 1U);
  EXPECT_FALSE(down->at(0).up);
  EXPECT_FALSE(migration_states(db_, k_two).at(1).applied);
}

TEST_F(sqlite_library, a_migration_that_fails_leaves_nothing_of_itself) {
  const std::array<migration, 2> broken{
      k_two[0], migration{2, "broken", "CREATE TABLE c (x); nonsense", "", "cc"}};
  EXPECT_THROW(static_cast<void>(migrate(db_, broken, std::nullopt, false, 1)), sqlite_error);
  EXPECT_THROW(db_.execute("SELECT * FROM c"), sqlite_error);
  EXPECT_TRUE(migration_states(db_, broken).at(0).applied);
  EXPECT_FALSE(migration_states(db_, broken).at(1).applied);
}

TEST_F(sqlite_library, a_gap_a_change_and_a_newer_database_are_refused) {
  ASSERT_TRUE(migrate(db_, k_two, std::nullopt, false, 1));
  const std::span<const migration> older(k_two.data(), 1);
  EXPECT_EQ(migrate(db_, older, std::nullopt, false, 1).error().code, errc::schema_too_new);
  db_.execute("DELETE FROM schema_migration WHERE number=1");
  EXPECT_EQ(migrate(db_, k_two, std::nullopt, false, 1).error().code, errc::database);
  db_.execute("INSERT INTO schema_migration VALUES (1, 'first', 'other', 1)");
  EXPECT_EQ(migrate(db_, k_two, std::nullopt, false, 1).error().code, errc::database);
}

}  // namespace
}  // namespace autocusto::sqlite

namespace autocusto::store {
namespace {

std::string expanded(std::string_view text, bool rows_in_place = false) {
  query_dialect dialect;
  dialect.rows_in_place = rows_in_place;
  dialect.set = [](std::string_view alias, std::span<const set_column> columns) {
    std::string out = "SET(" + std::string(alias);
    for (const auto& c : columns) {
      out += "," + std::string(c.name) + "/" + std::to_string(c.parameter);
    }
    return out + ")";
  };
  dialect.join = [](std::string_view table, std::string_view alias, std::string_view condition) {
    return "JOIN(" + std::string(table) + "," + std::string(alias) + "," + std::string(condition) +
           ")";
  };
  dialect.lock = [](std::string_view alias) { return "LOCK(" + std::string(alias) + ")"; };
  return expand_query(text, dialect);
}

TEST(sql_forms, are_written_out_and_all_else_stays) {
  EXPECT_EQ(expanded("SELECT 1"), "SELECT 1");
  EXPECT_EQ(expanded("FROM {set u: a=$1, b=$12} x"), "FROM SET(u,a/1,b/12) x");
  EXPECT_EQ(expanded("{join record r: r.pk=u.a AND r.k=$2} {lock r}"),
            "JOIN(record,r,r.pk=u.a AND r.k=$2) LOCK(r)");
}

TEST(sql_forms, rows_are_a_table_or_values_in_place) {
  const std::string_view text = "UPDATE t SET a=u.a, ab=u.ab {rows u: a=$1, ab=$2} WHERE t.u=u.a";
  EXPECT_EQ(expanded(text), "UPDATE t SET a=u.a, ab=u.ab FROM SET(u,a/1,ab/2) WHERE t.u=u.a");
  EXPECT_EQ(expanded(text, true), "UPDATE t SET a=$1, ab=$2  WHERE t.u=$1");
  EXPECT_EQ(expanded("INSERT INTO t (a) SELECT u.a {rows u: a=$1}", true),
            "INSERT INTO t (a) VALUES ($1 ) ");
  EXPECT_EQ(expanded("INSERT INTO t (a) SELECT u.a {rows u: a=$1} WHERE true ON CONFLICT (a) DO "
                     "NOTHING",
                     true),
            "INSERT INTO t (a) VALUES ($1  ) ON CONFLICT (a) DO NOTHING");
}

TEST(sql_forms, that_are_wrong_are_bugs) {
  for (const char* text :
       {"{set u: a}", "{lock", "{}", "{set u}", "{join record: x}", "{other u: a=$1}"}) {
    EXPECT_THROW(static_cast<void>(expanded(text)), std::logic_error) << text;
  }
}

}  // namespace
}  // namespace autocusto::store
