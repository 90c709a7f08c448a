#include "server/store/catalogues.hpp"

#include "server/store/sql/session.hpp"

namespace autocusto::store::catalogues {
namespace {

catalogue_row without_content(const sql_row& row) {
  catalogue_row out;
  out.hash = row.id<hash256>(0);
  out.revision = row.integer(1);
  out.published_at = row.integer(2);
  return out;
}

}  // namespace

std::optional<catalogue_row> reads::newest() {
  static constexpr sql_query q{
      "newest_catalogue",
      "SELECT hash, revision, published_at FROM catalogue_revision WHERE revision IS NOT NULL "
      "ORDER BY revision DESC LIMIT 1"};
  return session_.one(q, {}, without_content);
}

std::optional<catalogue_row> reads::revision(std::int64_t number) {
  static constexpr sql_query q{
      "catalogue_revision",
      "SELECT hash, revision, published_at, content FROM catalogue_revision WHERE revision=$1"};
  return session_.one(q, {number}, [](const sql_row& row) {
    auto out = without_content(row);
    out.content = row.bytes(3);
    return out;
  });
}

std::vector<catalogue_row> reads::revisions() {
  static constexpr sql_query q{
      "catalogue_revisions",
      "SELECT hash, revision, published_at FROM catalogue_revision WHERE revision IS NOT NULL "
      "ORDER BY revision"};
  return session_.list(q, {}, without_content);
}

std::optional<std::string> reads::sent(const hash256& hash) {
  static constexpr sql_query q{
      "sent_catalogue",
      "SELECT content FROM catalogue_revision WHERE hash=$1 AND revision IS NULL"};
  return session_.one(q, {hash}, [](const sql_row& row) { return std::string(row.bytes(0)); });
}

void writes::keep_sent(const hash256& hash, std::string_view content) {
  static constexpr sql_query others{"drop_sent_catalogues",
                                    "DELETE FROM catalogue_revision WHERE revision IS NULL "
                                    "AND hash<>$1"};
  static constexpr sql_query keep{"keep_sent_catalogue",
                                  "INSERT INTO catalogue_revision (hash, content) VALUES ($1, $2) "
                                  "ON CONFLICT (hash) DO NOTHING"};
  session_.run(others, {hash});
  session_.run(keep, {hash, sql_bytes(content)});
}

void writes::publish(const catalogue_row& row) {
  static constexpr sql_query q{
      "publish_catalogue",
      "INSERT INTO catalogue_revision (hash, revision, content, published_at) "
      "VALUES ($1, $2, $3, $4) ON CONFLICT (hash) DO UPDATE "
      "SET revision=excluded.revision, published_at=excluded.published_at"};
  session_.run(q, {row.hash, row.revision, sql_bytes(row.content), row.published_at});
}

}  // namespace autocusto::store::catalogues
