// Rows of a legacy database, as anybody who could write there may have left them: judged without a
// crash, and with work and memory that grow in line with the rows.
//
// Three bytes make a row: what it is, and two small numbers for what it names. The rows are
// repeated with other ids, all of one record, and work is compared between few and many
// repetitions (work_meter.hpp).
#include <cstdint>
#include <optional>
#include <string>

#include "tests/fuzz/demand.hpp"
#include "tests/fuzz/work_meter.hpp"
#include "tools/import/rules/judge.hpp"

using namespace autocusto;
namespace legacy = autocusto::import;

namespace {

constexpr std::int64_t k_step = 1000;  // between the ids of one repetition and the next
constexpr std::size_t k_rows = 40;     // of one repetition, at most
constexpr std::int64_t k_few = 16;
constexpr std::int64_t k_many = 8 * k_few;

legacy::field_values values_of(const legacy::legacy_kind& kind, std::uint8_t from) {
  legacy::field_values out;
  out.texts.assign(kind.fields.size(), from % 16 == 0 ? "\xFF" : "texto");
  out.flags.assign(kind.fields.size(), from % 2 == 0);
  return out;
}

/// One row; `a` and `b` are its numbers.
void add_row(const legacy::legacy_kind& kind, std::uint8_t what, std::int64_t a, std::int64_t b,
             std::int64_t shift, legacy::bundle& to) {
  const auto id = static_cast<std::int64_t>(to.masters.size() + to.relations.size() +
                                            to.versions.size() + to.assignments.size()) +
                  1;
  switch (what % 4) {
    case 0:
      to.masters.push_back(
          {a + shift, what % 8 == 0 ? "111.444.777-35" : "x", values_of(kind, what)});
      break;
    case 1:
      to.relations.push_back({id, a + shift, b + shift});
      break;
    case 2: {
      legacy::version_row v;
      v.id = b + shift;
      v.master = a + shift;
      v.number = what / 4;
      v.author = what % 8 == 2 ? std::optional(b + shift) : std::optional<std::int64_t>(7);
      v.created = what * 1'000'000;
      v.status = what % 16 == 2 ? "draft" : "active";
      v.values = values_of(kind, what);
      to.versions.push_back(std::move(v));
      break;
    }
    default: {
      legacy::assignment_row row;
      row.id = id;
      row.version = b + shift;
      row.relation_exists = what % 8 == 3;
      row.relation_master = a + shift;
      row.relation_user = what % 16 == 3 ? b + shift : 7;
      row.version_master = a + shift;
      to.assignments.push_back(row);
    }
  }
}

legacy::bundle rows_of(const std::uint8_t* data, std::size_t size, std::int64_t repetitions) {
  legacy::bundle out;
  const auto& kind = legacy::patient_kind();
  for (std::int64_t r = 0; r < repetitions; ++r) {
    for (std::size_t i = 0; i + 2 < size && i / 3 < k_rows; i += 3) {
      add_row(kind, data[i], data[i + 1] % 8, data[i + 2] % 8, r * k_step, out);
    }
  }
  return out;
}

/// What judging costs; what contradicts itself is refused, at a cost too.
fuzz::work judge(const legacy::bundle& rows) {
  const legacy::judge_input in{&legacy::patient_kind(), true,
                               [](std::int64_t user) { return user % 5 != 4; }};
  return fuzz::work_of([&] {
    try {
      legacy::report report;
      static_cast<void>(legacy::judge(in, rows, report));
    } catch (const error_exception& e) {
      fuzz::demand(e.get().code == errc::unavailable,
                   "another error than that of a changed source");
    }
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const auto few = judge(rows_of(data, size, k_few));
  const auto many = judge(rows_of(data, size, k_many));
  // Sorting and trees add a logarithm; a factor of two covers it. Fixed work weighs where there are
  // few rows.
  constexpr std::uint64_t k_slack = 2;
  constexpr std::uint64_t k_fixed_blocks = 20'000;
  constexpr std::uint64_t k_fixed_bytes = 100'000;
  fuzz::demand(few.bytes > 0, "the rules are not counted");
  constexpr std::uint64_t factor = k_slack * k_many / k_few;
  fuzz::demand(many.blocks <= factor * few.blocks + k_fixed_blocks,
               "work grows faster than the rows");
  fuzz::demand(many.bytes <= factor * few.bytes + k_fixed_bytes,
               "memory grows faster than the rows");
  return 0;
}
