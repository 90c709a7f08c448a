// The report as JSON text. Items can be many, so they are written one by one.
#include <nlohmann/json.hpp>

#include "tools/import/run.hpp"

namespace autocusto::import {
namespace {

void append_item(std::string& out, const report& rows, const report_item& item) {
  out.append(R"({"id":)").append(std::to_string(item.id));
  if (item.into) out.append(R"(,"into":)").append(std::to_string(*item.into));
  if (item.number) out.append(R"(,"number":)").append(std::to_string(*item.number));
  // Tables and codes are plain words.
  out.append(R"(,"outcome":")").append(outcome_name(item.result));
  out.append(R"(","reason":")").append(rows.reason_name(item));
  out.append(R"(","table":")").append(rows.table_name(item)).append("\"}");
}

}  // namespace

std::string report_json(const run_outcome& outcome) {
  std::string out = R"({"accounted":)" + nlohmann::json(outcome.rows.accounted()).dump();
  out.append(R"(,"dry_run":)").append(outcome.dry_run ? "true" : "false");
  out.append(R"(,"items":[)");
  bool first = true;
  for (const auto& item : outcome.rows.items()) {
    if (!first) out.push_back(',');
    first = false;
    append_item(out, outcome.rows, item);
  }
  out.append(R"(],"layout":")").append(outcome.layout);
  out.append(R"(","outcomes":)").append(nlohmann::json(outcome.rows.outcomes()).dump());
  out.append(R"(,"run":)").append(outcome.dry_run ? "null" : std::to_string(outcome.run));
  out.append(R"(,"source":)").append(nlohmann::json{{"rows", outcome.rows.source_rows()}}.dump());
  out.append(R"(,"users":)").append(std::to_string(outcome.made.users));
  out.append(R"(,"versions":)").append(std::to_string(outcome.made.versions));
  out.append(R"(,"views":)").append(std::to_string(outcome.made.views)).append("}");
  return out;
}

}  // namespace autocusto::import
