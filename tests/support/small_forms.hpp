#pragma once
// Small PDFs with an AcroForm, made with qpdf for tests of templates. Values only; any thread.

#include <functional>
#include <string>
#include <vector>

#include "client/pdf/qpdf_headers.hpp"

namespace autocusto::test {

struct small_field {
  std::string name;
  QPDFObjectHandle::Rectangle at;
  std::string type = "/Tx";
  int flags = 0;
  std::string state = {};    ///< a button's export value
  std::string content = {};  ///< left-over value, with an appearance that shows it
  int page = 0;
};

struct small_form {
  std::vector<small_field> fields;
  int pages = 1;
  int rotate = 0;
  QPDFObjectHandle::Rectangle media{0, 0, 595, 842};
  /// Changes the document before it is written.
  std::function<void(QPDF&)> also;
  /// Changes how it is written: a password for instance.
  std::string password;
};

/// Each page shows "Fundo" at (50, 800), from its lower left corner.
[[nodiscard]] std::string small_form_pdf(const small_form& form);

}  // namespace autocusto::test
