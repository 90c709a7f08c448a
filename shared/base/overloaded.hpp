#pragma once
// Several lambdas as one visitor of a std::variant. Values only; any thread.

namespace autocusto {

template <class... Each>
struct overloaded : Each... {
  using Each::operator()...;
};
// Clang before 17 does not deduce aggregates.
template <class... Each>
overloaded(Each...) -> overloaded<Each...>;

}  // namespace autocusto
