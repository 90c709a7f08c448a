#pragma once
// What came of a print: pages, hash, documents, and all problems at once.
//
// A problem is a value: a code, the box and the field that are meant, numbers; sentences for people
// are made from it by `sentence`. No problem holds a value of the request. Values only; any thread.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "client/pdf/request.hpp"

namespace autocusto::pdf {

enum class problem_code {
  missing,             ///< a compulsory box is empty
  too_long,            ///< `over` characters too many at the smallest size
  glyph_missing,       ///< `detail` names a character that cannot be drawn (U+1F600)
  bad_text,            ///< the text is not valid UTF-8
  bad_quantity,        ///< a quantity is not a number of one to four digits
  dose_incomplete,     ///< a month has a quantity without dose or a dose without quantity
  nothing_prescribed,  ///< no medicine, or one without any quantity in the months printed
  too_many_rows,       ///< more medicines than the form has lines
  needs_notification,  ///< the class in `detail` needs a numbered Notificação, which nobody may
                       ///< print here
  unknown_class,       ///< a class of control that this program does not know
  bad_start,           ///< the date of the request does not exist, or is far from today
  bad_request,         ///< number of months out of range, or a template of another kind
};
[[nodiscard]] std::string_view problem_name(problem_code code);

struct problem {
  problem_code code{};
  document_kind document{};
  std::string box;    ///< as on the form: `11`, `3.1`; empty where boxes have no numbers
  std::string label;  ///< what people call it, in Portuguese: `Anamnese`
  std::string field;  ///< name of the value: `anamnese`, `pos_2_3` (medicine 2, month 3)
  std::size_t over = 0;
  std::string detail;

  friend bool operator==(const problem&, const problem&) = default;
};

enum class language { pt, en };
/// One sentence and the next step: "Campo 11 (Anamnese): passa em 120 caracteres; encurte o texto."
[[nodiscard]] std::string sentence(const problem& what, language lang);

struct printed_document {
  document_kind kind{};
  int month = 0;       ///< 1 to 6; 0 for documents without a month
  int first_page = 0;  ///< from 1, in the whole PDF
  int pages = 0;
};

/// Of one request.
struct print_report {
  std::vector<problem> problems;            ///< of everything asked for, in the order of the pages
  std::vector<printed_document> documents;  ///< empty when it was not printed
  [[nodiscard]] bool printed() const { return !documents.empty(); }
};

struct print_result {
  std::string pdf;     ///< empty when nothing could be printed
  std::string sha256;  ///< of `pdf`, in hex
  int pages = 0;
  std::vector<print_report> reports;  ///< one for each request, in its order
};

}  // namespace autocusto::pdf
