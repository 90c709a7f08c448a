#pragma once
// Records of one doctor on a laptop, ready to be printed. Values invented. One thread.

#include <string>

#include "client/print/issue.hpp"
#include "tests/support/replica_support.hpp"

namespace autocusto::test {

/// A laptop with a clinic, a doctor, and what it takes for more.
class print_world {
 public:
  print_world();

  /// A patient and their process; answers the process's key.
  std::string add_process(const std::string& cpf, const std::string& cid = "G35");
  void save(const std::string& kind, const std::string& key, const domain::field_map& fields,
            bool draft = false);
  [[nodiscard]] printing::order order(const std::string& process,
                                      const std::string& start = "2027-01-31") const;
  /// Draws and records; throws error_exception.
  printing::drawn issue(const printing::order& what);
  /// The emission that the last `issue` answered.
  printing::recorded last;

  small_server server;
  laptop ana{server};
  std::unique_ptr<printing::reference_source> catalogue = printing::starting_reference();
  static constexpr const char* clinic = "2345678";
  static constexpr const char* doctor = "12345/PA";
};

/// Two medicines over six months.
[[nodiscard]] domain::field_map process_fields();
[[nodiscard]] domain::field_map patient_fields(const std::string& name);
/// The rows of `prescricao` from JSON.
[[nodiscard]] domain::structured rows_json(std::string_view json);
/// The whole text of a PDF, words joined by blanks.
[[nodiscard]] std::string text_of_pdf(const std::string& pdf);

}  // namespace autocusto::test
