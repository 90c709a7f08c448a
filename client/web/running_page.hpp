#pragma once
// Finding a page that is running already, so that a second start shows it instead of another.
//
// While a page runs, the file `page.run` (mode 0600) in the replica's folder tells where it
// listens, with a secret by which this user's own programs get a fresh start link. Who can read the
// folder could take the replica away as well; a link alone opens nothing without the passphrase.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace autocusto::web {

/// A fresh start link of the page that runs on that folder; nothing when none does.
[[nodiscard]] std::optional<std::string> link_of_running_page(const std::string& home);

/// While it lives, the file tells others of this page.
class page_note {
 public:
  page_note(const std::string& home, std::uint16_t port, std::string_view secret);
  ~page_note();
  page_note(const page_note&) = delete;
  page_note& operator=(const page_note&) = delete;

 private:
  std::string path_;
  std::string text_;
};

}  // namespace autocusto::web
