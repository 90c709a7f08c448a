# Writes a C++ file that holds text files as string literals:
#   cmake -DOUT=x.cpp -DHEADER=a/b.hpp -DFUNCTION=ns::name "-DFILES=a.json;b.json" -P embed_text.cmake
# FUNCTION is `std::span<const embedded_text> name()`, declared with embedded_text in HEADER; each
# entry has the file's name without extension and its text. The order is that of FILES.
set(entries "")
foreach(file IN LISTS FILES)
  get_filename_component(name "${file}" NAME_WE)
  file(READ "${file}" text)
  string(APPEND entries "    {\"${name}\", R\"embedded(${text})embedded\"},\n")
endforeach()
string(REGEX REPLACE "::[^:]+$" "" namespace "${FUNCTION}")
string(REGEX REPLACE "^.*::" "" function "${FUNCTION}")
set(code "// Generated from the text files by tools/cmake/embed_text.cmake; do not edit.
#include \"${HEADER}\"

namespace ${namespace} {

std::span<const embedded_text> ${function}() {
  static constexpr embedded_text entries[] = {
${entries}  };
  return entries;
}

}  // namespace ${namespace}
")
file(WRITE "${OUT}" "${code}")
