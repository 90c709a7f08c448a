#pragma once
// A tiny language for tests about versions and graphs. All data is synthetic.
//
//   graph g("a  b:a  c:a  d:b,c");      // d has the parents b and c; generations are computed
//   g.id("a"), g.ids("b c"), g.names(g.dag.maximal(g.ids("a d")))
//
//   auto root = a_patient().with("nome_paciente", "Ana").make();
//   auto edit = a_patient().after({&root}).with("peso", "70").make();
//
// Values only; one thread.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/domain/dag.hpp"
#include "shared/domain/version.hpp"

namespace autocusto::testing {

/// An identifier that starts with these bytes, then zeros: they sort like the texts.
template <class Id>
[[nodiscard]] Id id_of(std::string_view text) {
  if (text.size() > Id::size) throw std::invalid_argument("too long for an identifier");
  Id id;
  std::transform(text.begin(), text.end(), id.data().begin(),
                 [](char c) { return static_cast<std::uint8_t>(c); });
  return id;
}

/// The n-th identifier; they sort by n.
template <class Id>
[[nodiscard]] Id nth(std::size_t n) {
  Id id;
  for (std::size_t i = 0; i < 4; ++i) {
    id.data()[3 - i] = static_cast<std::uint8_t>((n >> (8 * i)) & 0xFF);
  }
  return id;
}

[[nodiscard]] inline std::vector<std::string> words_of(const std::string& text,
                                                       char between = ' ') {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string word; std::getline(in, word, between);) {
    if (!word.empty()) out.push_back(word);
  }
  return out;
}

/// A version graph written as text: nodes apart by blanks, each `name` or `name:parent,parent`.
/// A parent that is no node is a missing one and counts as generation 1. `~name` is a draft.
struct graph {
  domain::version_dag dag;

  explicit graph(const std::string& text) {
    for (const auto& word : words_of(text)) add(word);
  }
  void add(const std::string& word) {
    const auto parts = words_of(word, ':');
    domain::dag_node node;
    node.draft = parts.at(0).front() == '~';
    node.id = id(parts[0].substr(node.draft ? 1 : 0));
    if (parts.size() > 1) {
      for (const auto& name : words_of(parts[1], ',')) {
        node.parents.push_back(id(name));
        const auto* parent = dag.find(id(name));
        node.generation = std::max(node.generation, (parent ? parent->generation : 1) + 1);
      }
    }
    std::sort(node.parents.begin(), node.parents.end());
    dag.add(std::move(node));
  }
  [[nodiscard]] static version_id id(std::string_view name) { return id_of<version_id>(name); }
  [[nodiscard]] static std::vector<version_id> ids(const std::string& names) {
    std::vector<version_id> out;
    for (const auto& name : words_of(names)) out.push_back(id(name));
    return out;
  }
  /// The names of the identifiers, in their order, apart by blanks.
  template <class Ids>
  [[nodiscard]] static std::string names(const Ids& ids) {
    std::string out;
    for (const auto& one : ids) {
      if (!out.empty()) out += ' ';
      for (const char c : one.raw()) {
        if (c != 0) out += c;
      }
    }
    return out;
  }
};

/// Makes versions of one record. Everything has a default; `after` sets parents, generation and
/// the fields to start from (the first parent's).
class version_builder {
 public:
  explicit version_builder(const std::string& kind, const std::string& key) {
    header_.record = {kind, domain::make_record_id("tenant key for tests", kind, key)};
    header_.author = nth<user_id>(1);
    header_.device = nth<device_id>(1);
    header_.created_at = "2026-11-22T10:00:00.123Z";
    payload_.key = key;
    payload_.summary = "Teste";
    payload_.fields = domain::empty_fields(kind);
  }
  version_builder& with(const std::string& field, const char* text) {
    payload_.fields.at(field) = std::string(text);
    return *this;
  }
  version_builder& with(const std::string& field, bool value) {
    payload_.fields.at(field) = value;
    return *this;
  }
  version_builder& after(const std::vector<const domain::version*>& parents) {
    for (const auto* parent : parents) {
      header_.parents.push_back(parent->id);
      header_.generation = std::max(header_.generation, parent->header.generation + 1);
    }
    payload_.fields = parents.at(0)->payload.fields;
    return *this;
  }
  version_builder& at(std::string time) {
    header_.created_at = std::move(time);
    return *this;
  }
  version_builder& salt(std::size_t n) {
    payload_.salt = nth<salt128>(n);
    return *this;
  }
  version_builder& draft() {
    header_.status = domain::version_status::draft;
    return *this;
  }
  domain::version_header& header() { return header_; }
  domain::version_payload& payload() { return payload_; }
  [[nodiscard]] domain::version make() const { return domain::make_version(header_, payload_); }

 private:
  domain::version_header header_;
  domain::version_payload payload_;
};

[[nodiscard]] inline version_builder a_patient(const std::string& key = "11144477735") {
  version_builder b("patient", key);
  b.with("nome_paciente", "João da Silva").with("nome_mae", "Maria da Silva");
  b.with("end_paciente", "Rua das Flores, 12");
  return b;
}

[[nodiscard]] inline version_builder a_clinic(const std::string& key = "2077485") {
  version_builder b("clinic", key);
  b.with("nome_clinica", "Clínica Boa Esperança").with("logradouro", "Avenida Brasil");
  b.with("logradouro_num", "100").with("bairro", "Centro").with("cidade", "São Paulo");
  b.with("cep", "01310-100").with("telefone_clinica", "(11) 3333-4444");
  return b;
}

}  // namespace autocusto::testing
