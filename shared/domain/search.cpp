#include "shared/domain/search.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "shared/domain/characters.hpp"
#include "shared/domain/entry.hpp"
#include "shared/domain/validate.hpp"

namespace autocusto::domain {
namespace {

enum class part { letter, gap, link };

/// `link`: what people write between parts of one name, or leave out.
part part_of(utf8proc_int32_t p) {
  switch (p) {
    case ' ':
    case '.':
    case ',':
    case ';':
      return part::gap;
    case '-':
    case '\'':
    case '`':
    case 0xB4:    // acute accent
    case 0x2B9:   // modifier prime
    case 0x2BB:   // modifier turned comma
    case 0x2BC:   // modifier apostrophe
    case 0x2018:  // quotation marks
    case 0x2019:
    case 0x201B:
    case 0x2032:  // prime
    case 0x2212:  // minus
      return part::link;
    default:
      break;
  }
  if (p < 0x80) return part::letter;
  return utf8proc_category(p) == UTF8PROC_CATEGORY_PD ? part::link : part::letter;
}

bool holds(const std::string& text, const std::string& word) {
  return ::memmem(text.data(), text.size(), word.data(), word.size()) != nullptr;
}

/// Short words are near to too many others.
constexpr std::size_t k_shortest_near = 4;
constexpr std::size_t k_shortest_number = 4;

/// Whether one letter makes `a` of `b`.
bool is_near(std::string_view a, std::string_view b) {
  if (a.size() < b.size()) std::swap(a, b);
  if (a.size() > b.size() + 1) return false;
  const auto first = std::mismatch(b.begin(), b.end(), a.begin());
  const auto at = static_cast<std::size_t>(first.first - b.begin());
  if (a.size() > b.size()) return a.substr(at + 1) == b.substr(at);
  if (at == a.size() || a.substr(at + 1) == b.substr(at + 1)) return true;
  return at + 1 < a.size() && a[at] == b[at + 1] && a[at + 1] == b[at] &&
         a.substr(at + 2) == b.substr(at + 2);
}

/// Whether the word is near to that one, or to how it begins.
bool is_near_beginning(std::string_view word, std::string_view of) {
  for (auto size = word.size() - 1; size <= word.size() + 1 && size <= of.size(); ++size) {
    if (is_near(word, of.substr(0, size))) return true;
  }
  return false;
}

/// Puts a folded name together.
class folder {
 public:
  void add(part kind, char letter) {
    if (kind == part::letter) return add_letters({&letter, 1});
    has_links_ = has_links_ || kind == part::link;
    add_gap(out_.words);
    if (kind == part::gap) add_gap(out_.joined);
  }
  void add_letters(std::string_view letters) {
    out_.words += letters;
    out_.joined += letters;
  }
  folded_name take() {
    drop_last_gap(out_.words);
    drop_last_gap(out_.joined);
    if (!has_links_ || out_.joined == out_.words) out_.joined.clear();
    return std::move(out_);
  }

 private:
  /// One blank, unless there is one already or nothing before it.
  static void add_gap(std::string& to) {
    if (!to.empty() && to.back() != ' ') to += ' ';
  }
  static void drop_last_gap(std::string& text) {
    if (text.ends_with(' ')) text.pop_back();
  }

  folded_name out_;
  bool has_links_ = false;
};

constexpr utf8proc_int32_t k_first_latin = 0xC0;
constexpr utf8proc_int32_t k_last_latin = 0x17F;

/// The folded letters from U+00C0 to U+017F, of which nearly all names here are made.
const std::vector<std::string>& folded_latin() {
  static const auto table = [] {
    std::vector<std::string> out;
    for (auto p = k_first_latin; p <= k_last_latin; ++p) {
      std::string letter;
      append_point(letter, p);
      out.push_back(fold_text(letter));
    }
    return out;
  }();
  return table;
}

/// The short way for ASCII, Latin letters and links: what the long way gives for them, ten times as
/// fast. False when there is anything else; what is in `to` is then of no use.
bool fold_usual(std::string_view name, folder& to) {
  const auto& latin = folded_latin();
  while (!name.empty()) {
    const auto p = take_point(name);
    if (p < ' ' || p == 0x7F) return false;
    if (p < 0x80) {
      const bool upper = p >= 'A' && p <= 'Z';
      to.add(part_of(p), static_cast<char>(upper ? p - 'A' + 'a' : p));
    } else if (p >= k_first_latin && p <= k_last_latin) {
      to.add_letters(latin[static_cast<std::size_t>(p - k_first_latin)]);
    } else if (part_of(p) == part::link) {
      to.add(part::link, '-');
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

folded_name fold_name(std::string_view name) {
  folder to;
  if (fold_usual(name, to)) return to.take();
  // Links first: compatibility forms would take some of them apart.
  const auto seen = visible_text(name);
  std::string linked;
  std::string_view rest = seen;
  while (!rest.empty()) {
    const auto before = rest;
    const auto p = take_point(rest);
    const auto kind = p < 0 ? part::letter : part_of(p);
    if (kind == part::letter) linked += before.substr(0, before.size() - rest.size());
    if (kind == part::gap) linked += ' ';
    if (kind == part::link) linked += '-';
  }
  to = {};
  for (const char c : fold_text(linked)) {
    if (static_cast<unsigned char>(c) < 0x80) {
      to.add(part_of(c), c);
    } else {
      to.add_letters({&c, 1});
    }
  }
  return to.take();
}

search_term::search_term(std::string_view typed) : blank_(is_blank(typed)) {
  const auto folded = fold_name(typed).words;
  std::string_view rest = folded;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(' '), rest.size());
    words_.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  std::sort(words_.begin(), words_.end());
  words_.erase(std::unique(words_.begin(), words_.end()), words_.end());
  // The longest words find the least, so they come first.
  std::sort(words_.begin(), words_.end(),
            [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
  const auto number = clean_number(typed);
  if (number.find_first_not_of("0123456789.-/() ") != std::string::npos) return;
  std::copy_if(number.begin(), number.end(), std::back_inserter(digits_),
               [](char c) { return c >= '0' && c <= '9'; });
}

bool search_term::stands_in(const folded_name& name) const {
  if (words_.empty()) return false;
  for (const auto& word : words_) {
    if (!holds(name.words, word) && !holds(name.joined, word)) return false;
  }
  return true;
}

bool search_term::finds_with(const folded_name& name, const folded_name& more,
                             std::string_view numbers) const {
  if (digits_.size() >= k_shortest_number && numbers.find(digits_) != std::string_view::npos) {
    return true;
  }
  if (words_.empty()) return false;
  return std::all_of(words_.begin(), words_.end(), [&](const std::string& word) {
    return holds(name.words, word) || holds(name.joined, word) || holds(more.words, word) ||
           holds(more.joined, word);
  });
}

bool search_term::finds_nearly(const folded_name& name) const {
  if (words_.empty()) return false;
  return std::all_of(words_.begin(), words_.end(), [&](const std::string& word) {
    if (holds(name.words, word)) return true;
    if (word.size() < k_shortest_near) return false;
    std::string_view rest = name.words;
    while (!rest.empty()) {
      const auto end = std::min(rest.find(' '), rest.size());
      if (is_near_beginning(word, rest.substr(0, end))) return true;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
  });
}

bool search_term::finds(const folded_name& name, std::string_view key) const {
  if (blank_ || stands_in(name)) return true;
  return !digits_.empty() && key.find(digits_) != std::string_view::npos;
}

}  // namespace autocusto::domain
