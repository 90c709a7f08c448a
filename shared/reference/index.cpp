#include "shared/reference/index.hpp"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "shared/domain/validate.hpp"

namespace autocusto::reference {
namespace {

std::string without_dot(std::string_view cid) {
  std::string out(cid);
  std::erase(out, '.');
  return out;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

/// The least is the best: retired, how it was found (0 code, 1 beginning, 2 within), name.
struct rank {
  bool retired = false;
  int how = 2;
  std::string_view name;
  std::size_t at = 0;
  friend bool operator<(const rank& a, const rank& b) {
    return std::tie(a.retired, a.how, a.name, a.at) < std::tie(b.retired, b.how, b.name, b.at);
  }
};

/// What somebody typed, prepared once for three lists.
class question {
 public:
  explicit question(std::string_view typed)
      : term_(typed), words_(domain::fold_name(typed).words), code_(words_) {
    std::erase(code_, ' ');
  }

  /// `code` is folded and without dots.
  [[nodiscard]] std::optional<int> how(const domain::folded_name& name,
                                       std::string_view code) const {
    if (!code_.empty() && code.starts_with(code_)) return code.size() == code_.size() ? 0 : 1;
    if (!term_.finds(name, {})) return std::nullopt;
    return name.words.starts_with(words_) || name.joined.starts_with(words_) ? 1 : 2;
  }

 private:
  domain::search_term term_;
  std::string words_;
  std::string code_;
};

template <class Value>
std::vector<const Value*> best(const std::vector<Value>& values, std::vector<rank> found,
                               std::size_t limit, bool& more) {
  more = more || found.size() > limit;
  const auto end = found.begin() + static_cast<std::ptrdiff_t>(std::min(limit, found.size()));
  std::partial_sort(found.begin(), end, found.end());
  std::vector<const Value*> out;
  for (auto it = found.begin(); it != end; ++it) out.push_back(&values[it->at]);
  return out;
}

template <class Value>
std::vector<const Value*> search_in(const std::vector<Value>& values,
                                    const std::vector<domain::folded_name>& names,
                                    std::string Value::*code, const question& asked,
                                    std::size_t limit, bool& more) {
  std::vector<rank> found;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto how = asked.how(names[i], lower(without_dot(values[i].*code)));
    if (how) found.push_back({values[i].retired_on.has_value(), *how, names[i].words, i});
  }
  return best(values, std::move(found), limit, more);
}

template <class Value>
std::vector<const Value*> listed(const std::vector<Value>& values,
                                 const std::vector<domain::folded_name>& names,
                                 const std::vector<std::size_t>* positions) {
  if (positions == nullptr) return {};
  std::vector<rank> found;
  for (const auto at : *positions) {
    found.push_back({values[at].retired_on.has_value(), 0, names[at].words, at});
  }
  bool more = false;
  const auto count = found.size();
  return best(values, std::move(found), count, more);
}

template <class Map>
auto* found_in(const Map& map, std::string_view key) {
  const auto at = map.find(key);
  return at == map.end() ? nullptr : &at->second;
}

}  // namespace

catalogue_index::catalogue_index(catalogue of) : whole_(std::move(of)) {
  for (std::size_t i = 0; i < whole_.diseases.size(); ++i) {
    disease_of_.emplace(whole_.diseases[i].cid, i);
    const auto& one = whole_.diseases[i];
    disease_names_.push_back(
        domain::fold_name(one.nome + " " + one.cid + " " + without_dot(one.cid)));
  }
  for (std::size_t i = 0; i < whole_.medicines.size(); ++i) {
    const auto& one = whole_.medicines[i];
    medicine_of_.emplace(one.code, i);
    medicine_names_.push_back(
        domain::fold_name(one.name == one.print_name ? one.name : one.print_name + " " + one.name));
    for (const auto& id : one.legacy_ids) legacy_of_.emplace(id, i);
    for (const auto& cid : one.cids) medicines_of_cid_[cid].push_back(i);
  }
  for (std::size_t i = 0; i < whole_.protocols.size(); ++i) {
    const auto& one = whole_.protocols[i];
    protocol_of_.emplace(one.code, i);
    protocol_names_.push_back(domain::fold_name(one.nome));
    for (const auto& cid : one.cids) protocols_of_cid_[cid].push_back(i);
  }
}

const disease* catalogue_index::find_disease(std::string_view cid) const {
  const auto canonical = canonical_cid(cid);
  const auto* at = canonical ? found_in(disease_of_, *canonical) : nullptr;
  return at == nullptr ? nullptr : &whole_.diseases[*at];
}

const medicine* catalogue_index::find_medicine(std::string_view code) const {
  const auto* at = found_in(medicine_of_, code);
  return at == nullptr ? nullptr : &whole_.medicines[*at];
}

const protocol* catalogue_index::find_protocol(std::string_view code) const {
  const auto* at = found_in(protocol_of_, code);
  return at == nullptr ? nullptr : &whole_.protocols[*at];
}

const medicine* catalogue_index::find_legacy(std::string_view legacy_id) const {
  const auto* at = found_in(legacy_of_, legacy_id);
  return at == nullptr ? nullptr : &whole_.medicines[*at];
}

std::vector<const medicine*> catalogue_index::medicines_for(std::string_view cid) const {
  const auto canonical = canonical_cid(cid);
  if (!canonical) return {};
  return listed(whole_.medicines, medicine_names_, found_in(medicines_of_cid_, *canonical));
}

std::vector<const protocol*> catalogue_index::protocols_for(std::string_view cid) const {
  const auto canonical = canonical_cid(cid);
  if (!canonical) return {};
  return listed(whole_.protocols, protocol_names_, found_in(protocols_of_cid_, *canonical));
}

hits catalogue_index::search(std::string_view typed, std::size_t limit) const {
  hits out;
  if (domain::is_blank(typed)) return out;
  const question asked(typed);
  out.diseases = search_in(whole_.diseases, disease_names_, &disease::cid, asked, limit, out.more);
  out.medicines =
      search_in(whole_.medicines, medicine_names_, &medicine::code, asked, limit, out.more);
  out.protocols =
      search_in(whole_.protocols, protocol_names_, &protocol::code, asked, limit, out.more);
  return out;
}

}  // namespace autocusto::reference
