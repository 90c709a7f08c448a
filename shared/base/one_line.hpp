#pragma once
// Texts of others (a library, another server) as one line of ours: control characters become
// blanks, and there are none at the end. Values only; any thread.

#include <algorithm>
#include <string>

namespace autocusto {

[[nodiscard]] inline std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

}  // namespace autocusto
