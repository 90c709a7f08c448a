#include "tools/sigtap/import.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "shared/domain/search.hpp"
#include "shared/domain/text.hpp"

namespace autocusto::sigtap {
namespace {

constexpr std::string_view k_group = "0604";
constexpr std::size_t k_code_digits = 10;
/// How SIGTAP writes "no limit": 9999, and for ages 130 years and 11 months.
constexpr std::int64_t k_no_limit = 9999;
constexpr std::int64_t k_no_age_limit = 1571;

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// A number of up to four digits; nothing for none, 0 and "no limit". False when it is no number.
bool read_number(std::string_view text, std::optional<std::int64_t>& out) {
  out.reset();
  if (text.empty()) return true;
  std::int64_t number = 0;
  if (!all_digits(text) || text.size() > 4) return false;
  std::from_chars(text.data(), text.data() + text.size(), number);
  if (number != 0 && number != k_no_limit) out = number;
  return true;
}

std::optional<reference::sex> sex_of(std::string_view letter) {
  if (letter == "I" || letter == "N" || letter.empty()) return reference::sex::any;
  if (letter == "F") return reference::sex::female;
  if (letter == "M") return reference::sex::male;
  return std::nullopt;
}

/// `202608` as `2026-08`; nothing for what is no month.
std::optional<std::string> month_of(std::string_view text) {
  if (text.size() != 6 || !all_digits(text) || text < "199901") return std::nullopt;
  const auto month = text.substr(4);
  if (month < "01" || month > "12") return std::nullopt;
  return std::string(text.substr(0, 4)) + "-" + std::string(month);
}

/// Gathers the rows of the three tables.
class gathering {
 public:
  explicit gathering(const tables& from) : from_(from) {}

  result<void> add_procedure(const row& values, std::size_t line) {
    enum { code, name, sex, quantity, youngest, oldest, month };
    const auto wrong = [&](std::string_view what) { return at_line(from_.procedures, line, what); };
    reference::medicine one;
    one.code = values.bytes(code);
    if (one.code.size() != k_code_digits || !all_digits(one.code)) {
      return wrong("CO_PROCEDIMENTO is no code of ten digits.");
    }
    one.name = values.words(name);
    if (!domain::is_visible_name(one.name)) return wrong("NO_PROCEDIMENTO is no visible text.");
    one.print_name = one.name;
    one.unit = unit_in(one.name);
    const auto for_sex = sex_of(values.bytes(sex));
    if (!for_sex) return wrong("TP_SEXO is none of I, N, F and M.");
    one.for_sex = *for_sex;
    if (!read_number(values.bytes(quantity), one.max_month)) {
      return wrong("QT_MAXIMA_EXECUCAO is no number.");
    }
    if (!read_number(values.bytes(youngest), one.age_min)) {
      return wrong("VL_IDADE_MINIMA is no number.");
    }
    if (!read_number(values.bytes(oldest), one.age_max)) {
      return wrong("VL_IDADE_MAXIMA is no number.");
    }
    if (one.age_max && *one.age_max >= k_no_age_limit) one.age_max.reset();
    if (one.age_min && one.age_max && *one.age_min > *one.age_max) {
      return wrong("VL_IDADE_MINIMA is above VL_IDADE_MAXIMA.");
    }
    if (auto done = note_month(values.bytes(month), line); !done) return done;
    const auto key = one.code;
    if (!medicines_.emplace(key, std::move(one)).second) return wrong("the code stands twice.");
    return {};
  }

  result<void> add_cid(const row& values, std::size_t line) {
    const auto cid = reference::canonical_cid(values.bytes(0));
    if (!cid) return {};  // a mark of another kind: no medicine names it, or its link is refused
    auto name = values.words(1);
    if (!domain::is_visible_name(name)) {
      return at_line(from_.cids, line, "NO_CID is no visible text.");
    }
    if (!diseases_.emplace(*cid, std::move(name)).second) {
      return at_line(from_.cids, line, "the CID stands twice.");
    }
    return {};
  }

  result<void> add_link(const row& values, std::size_t line) {
    const auto wrong = [&](std::string_view what) { return at_line(from_.links, line, what); };
    const auto medicine = medicines_.find(values.bytes(0));
    if (medicine == medicines_.end()) return wrong("tb_procedimento.txt has no such procedure.");
    const auto cid = reference::canonical_cid(values.bytes(1));
    if (!cid || diseases_.count(*cid) == 0) return wrong("tb_cid.txt has no such CID.");
    medicine->second.cids.push_back(*cid);
    named_.insert(*cid);
    return {};
  }

  result<reference::catalogue> take(bool all_diseases) {
    if (medicines_.empty()) {
      return fail(errc::malformed, from_.procedures.name + ": there is no procedure of the group " +
                                       std::string(k_group) + ".");
    }
    reference::catalogue out;
    out.valid_from = month_ + "-01";
    out.sources = {{"SIGTAP", month_}};
    for (auto& [cid, name] : diseases_) {
      if (all_diseases || named_.count(cid) == 1) out.diseases.push_back({cid, name});
    }
    for (auto& [code, one] : medicines_) out.medicines.push_back(one);
    reference::sort_catalogue(out);
    if (const auto fine = reference::check_catalogue(out); !fine) return fine.error();
    return out;
  }

 private:
  result<void> note_month(std::string_view text, std::size_t line) {
    const auto month = month_of(text);
    if (!month) return at_line(from_.procedures, line, "DT_COMPETENCIA is no month.");
    if (month_.empty()) month_ = *month;
    if (month_ != *month) {
      return at_line(from_.procedures, line, "DT_COMPETENCIA is another month than before.");
    }
    return {};
  }

  const tables& from_;
  std::map<std::string, reference::medicine, std::less<>> medicines_;
  std::map<std::string, std::string, std::less<>> diseases_;
  std::set<std::string> named_;
  std::string month_;
};

struct unit_word {
  std::string_view folded;
  std::string_view unit;
};
/// What may follow `POR` or a bracket; of two that fit the first is taken.
constexpr std::array k_units = {
    unit_word{"frasco ampola", "frasco-ampola"},
    unit_word{"seringa", "seringa preenchida"},
    unit_word{"caneta", "caneta"},
    unit_word{"comprimido", "comprimido"},
    unit_word{"capsula", "cápsula"},
    unit_word{"dragea", "drágea"},
    unit_word{"supositorio", "supositório"},
    unit_word{"sache", "sachê"},
    unit_word{"envelope", "envelope"},
    unit_word{"ampola", "ampola"},
    unit_word{"frasco", "frasco"},
    unit_word{"tubete", "tubete"},
    unit_word{"refil", "refil"},
    unit_word{"bisnaga", "bisnaga"},
    unit_word{"implante", "implante"},
    unit_word{"dose", "dose"},
};

}  // namespace

std::string unit_in(std::string_view name) {
  const auto folded = domain::fold_name(name).words;
  std::string_view rest = folded;
  bool begins = true;  // of a word
  while (!rest.empty()) {
    const bool after_por = begins && rest.starts_with("por ");
    const bool after_bracket = rest.front() == '(';
    begins = rest.front() == ' ' || after_bracket;
    rest.remove_prefix(after_por ? 4 : 1);
    if (!after_por && !after_bracket) continue;
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    begins = true;
    for (const auto& known : k_units) {
      if (rest.starts_with(known.folded)) return std::string(known.unit);
    }
  }
  return {};
}

tables named_tables() {
  tables out;
  out.procedures.name = "tb_procedimento.txt";
  out.procedures_layout.name = "tb_procedimento_layout.txt";
  out.cids.name = "tb_cid.txt";
  out.cids_layout.name = "tb_cid_layout.txt";
  out.links.name = "rl_procedimento_cid.txt";
  out.links_layout.name = "rl_procedimento_cid_layout.txt";
  return out;
}

result<reference::catalogue> read_tables(const tables& from, bool all_diseases) {
  gathering rows(from);
  auto done = read_table(from.procedures, from.procedures_layout,
                         {"CO_PROCEDIMENTO", "NO_PROCEDIMENTO", "TP_SEXO", "QT_MAXIMA_EXECUCAO",
                          "VL_IDADE_MINIMA", "VL_IDADE_MAXIMA", "DT_COMPETENCIA"},
                         k_group, [&](const row& values, std::size_t line) {
                           return rows.add_procedure(values, line);
                         });
  if (!done) return done.error();
  done =
      read_table(from.cids, from.cids_layout, {"CO_CID", "NO_CID"}, {},
                 [&](const row& values, std::size_t line) { return rows.add_cid(values, line); });
  if (!done) return done.error();
  done =
      read_table(from.links, from.links_layout, {"CO_PROCEDIMENTO", "CO_CID"}, k_group,
                 [&](const row& values, std::size_t line) { return rows.add_link(values, line); });
  if (!done) return done.error();
  return rows.take(all_diseases);
}

}  // namespace autocusto::sigtap
