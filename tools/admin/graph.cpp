#include "tools/admin/graph.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace autocusto::admin {
namespace {

/// Numbers grow along every edge, but for versions that a restored server got back out of order:
/// then generations, which always do, come first.
void sort_newest_first(std::vector<graph_node>& nodes) {
  std::unordered_map<version_id, std::int64_t> numbers;
  for (const auto& node : nodes) numbers.emplace(node.id, node.number);
  const bool in_order = std::all_of(nodes.begin(), nodes.end(), [&](const graph_node& node) {
    return std::all_of(node.parents.begin(), node.parents.end(), [&](const version_id& parent) {
      const auto at = numbers.find(parent);
      return at == numbers.end() || at->second < node.number;
    });
  });
  std::sort(nodes.begin(), nodes.end(), [&](const graph_node& a, const graph_node& b) {
    if (!in_order && a.generation != b.generation) return a.generation > b.generation;
    return a.number > b.number;
  });
}

/// The columns: each waits for the version that its line leads to.
class drawing {
 public:
  explicit drawing(const std::vector<graph_node>& nodes) {
    for (const auto& node : nodes) known_.insert(node.id);
  }

  void add(const graph_node& node) {
    const auto column = column_of(node.id);
    std::vector<version_id> parents;
    for (const auto& parent : node.parents) {
      if (known_.contains(parent)) parents.push_back(parent);
    }
    std::string row = bars(lanes_.size());
    row[2 * column] = parents.empty() ? 'o' : '*';
    line(row, node.label);
    if (parents.empty()) {
      close(column, lanes_.size());
      return;
    }
    lanes_[column] = parents.front();
    for (std::size_t i = 1; i < parents.size(); ++i) open(column, parents[i]);
  }

  [[nodiscard]] std::string text() && { return std::move(out_); }

 private:
  static std::string bars(std::size_t count) {
    std::string row;
    for (std::size_t i = 0; i < count; ++i) row += i == 0 ? "|" : " |";
    return row;
  }

  void line(std::string row, const std::string& label) {
    if (!label.empty()) row += "  " + label;
    row.erase(row.find_last_not_of(' ') + 1);
    out_ += row + '\n';
  }

  /// The first column that waits for it, after the others that do have joined it; a new one if none
  /// does.
  std::size_t column_of(const version_id& id) {
    const auto at = std::find(lanes_.begin(), lanes_.end(), id);
    const auto column = static_cast<std::size_t>(at - lanes_.begin());
    if (at == lanes_.end()) {
      lanes_.push_back(id);
      return column;
    }
    for (std::size_t i = lanes_.size(); i-- > column + 1;) {
      if (lanes_[i] == id) join(column, i);
    }
    return column;
  }

  /// Column `from` bends into column `to`, on its left; those on its right move up.
  void join(std::size_t to, std::size_t from) {
    std::string row = bars(from);
    for (std::size_t i = to + 1; i < from; ++i) row[2 * i - 1] = '_';
    row += '/';
    for (std::size_t i = from + 1; i < lanes_.size(); ++i) row += " /";
    lanes_.erase(lanes_.begin() + static_cast<std::ptrdiff_t>(from));
    line(std::move(row), {});
  }

  /// A new column right of `from`; those on its right move away.
  void open(std::size_t from, const version_id& waits_for) {
    std::string row = bars(from + 1) + '\\';
    for (std::size_t i = from + 1; i < lanes_.size(); ++i) row += " \\";
    lanes_.insert(lanes_.begin() + static_cast<std::ptrdiff_t>(from) + 1, waits_for);
    line(std::move(row), {});
  }

  /// The line ends; those on its right move up.
  void close(std::size_t column, std::size_t count) {
    lanes_.erase(lanes_.begin() + static_cast<std::ptrdiff_t>(column));
    if (column + 1 == count) return;
    std::string row = column == 0 ? std::string(1, ' ') : bars(column) + "  ";
    for (std::size_t i = column + 1; i < count; ++i) row += i == column + 1 ? "/" : " /";
    line(std::move(row), {});
  }

  std::unordered_set<version_id> known_;
  std::vector<version_id> lanes_;
  std::string out_;
};

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

std::string draw_text(std::vector<graph_node> nodes) {
  sort_newest_first(nodes);
  drawing picture(nodes);
  for (const auto& node : nodes) picture.add(node);
  return std::move(picture).text();
}

std::string draw_dot(std::vector<graph_node> nodes, const std::string& title) {
  sort_newest_first(nodes);
  std::string out = "digraph versions {\n  label=" + quoted(title) +
                    ";\n  rankdir=BT;\n  node [shape=box, fontname=\"sans-serif\"];\n";
  for (const auto& node : nodes) {
    out += "  v" + std::to_string(node.number) + " [label=" + quoted(node.label) +
           (node.head ? ", peripheries=2" : "") + "];\n";
  }
  std::unordered_map<version_id, std::int64_t> numbers;
  for (const auto& node : nodes) numbers.emplace(node.id, node.number);
  for (const auto& node : nodes) {
    for (const auto& parent : node.parents) {
      const auto at = numbers.find(parent);
      if (at == numbers.end()) continue;
      out += "  v" + std::to_string(node.number) + " -> v" + std::to_string(at->second) + ";\n";
    }
  }
  return out + "}\n";
}

}  // namespace autocusto::admin
