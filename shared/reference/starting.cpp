#include "shared/reference/starting.hpp"

#include "shared/reference/embedded.hpp"

namespace autocusto::reference {

std::string_view starting_text() {
  std::string_view text = embedded_catalogues()[0].text;
  if (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

catalogue starting_catalogue() {
  return read_catalogue(starting_text()).value();
}

}  // namespace autocusto::reference
