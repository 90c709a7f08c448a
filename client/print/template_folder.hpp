#pragma once
// The forms that a clinic supplies, kept beside the replica: one folder, one file each, named by
// their hash.
//
// They hold nothing about patients and are not sealed. A template is the PDF, the map of its fields
// and what it stands for; its id is the start of the SHA-256 of all three, which is checked at each
// reading. An emission pins the id. One thread; files of one's own only.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "client/pdf/request.hpp"
#include "shared/base/error.hpp"

namespace autocusto::printing {

struct kept_template {
  std::string id;    ///< 16 hexadecimal digits
  std::string name;  ///< as people call it
  pdf::document_kind replaces = pdf::document_kind::lme;
  std::size_t pages = 0;
  std::vector<std::string> unknown_fields;  ///< of the file, which the map does not have
  std::vector<std::string> absent_fields;   ///< of the map, which the file does not have
  bool repaired = false;                    ///< the file was damaged, and could be read
};

class template_folder {
 public:
  /// `home`: the folder of the replica.
  explicit template_folder(const std::string& home) : path_(home + "/templates") {}

  /// Adding the same one again changes nothing. Errors: those of pdf::form_template::load;
  /// invalid_field for a document that no template can stand for; usage with the path.
  [[nodiscard]] result<kept_template> add(std::string_view name, std::string_view pdf,
                                          std::string_view map, pdf::document_kind replaces);
  /// By name, then id. Files that are none, or were changed, are left out.
  [[nodiscard]] std::vector<kept_template> list() const;
  /// By id, or a unique beginning of four digits at least. Errors: not_found, ambiguous.
  [[nodiscard]] result<std::string> find(std::string_view typed) const;
  /// The one of that id. Errors: not_found; hash_mismatch for a file that was changed.
  [[nodiscard]] result<pdf::chosen_template> load(std::string_view id) const;
  [[nodiscard]] result<void> remove(std::string_view id);
  void remove_all();

 private:
  [[nodiscard]] std::vector<std::string> ids() const;
  [[nodiscard]] std::string file_of(std::string_view id) const;

  std::string path_;
};

/// Where an emission's templates come from: by id.
using template_source = std::function<result<pdf::chosen_template>(std::string_view id)>;

}  // namespace autocusto::printing
