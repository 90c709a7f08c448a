#pragma once
// Finding the endpoint of a request in the endpoint table.
//
// A path matches segment by segment; a literal segment is preferred over a `{name}` one by putting
// its line first. The table is data: 404 and 405 (with the methods that exist) follow from it.
// Built once, then only read; any thread.

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/error.hpp"
#include "shared/http/server.hpp"

namespace autocusto::http {

struct route_match {
  const endpoint* target = nullptr;             ///< null: no such path, or not with this method
  std::map<std::string, std::string> captures;  ///< decoded
  std::string allow;                            ///< for 405: `GET, POST`; empty means 404
};

class router {
 public:
  /// `usage` for a path that does not start with '/', a method or handler that is missing, or two
  /// lines with the same method and path.
  [[nodiscard]] static result<router> make(std::vector<endpoint> table);

  /// `path` as sent, still escaped. The match points into this router.
  [[nodiscard]] route_match find(std::string_view method, std::string_view path) const;

 private:
  struct line {
    std::vector<std::string> segments;
    endpoint target;
  };
  std::vector<line> lines_;
};

}  // namespace autocusto::http
