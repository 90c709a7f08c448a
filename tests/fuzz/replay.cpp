// A main for fuzz targets where no fuzzer is built in: runs the target over files and folders of
// files, and over some mutations of each, the same ones every time.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr int k_mutations = 300;

void feed(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

std::string mutated(std::string bytes, std::mt19937& random) {
  for (std::uint32_t edits = 1 + random() % 4; edits > 0; --edits) {
    const std::size_t at = bytes.empty() ? 0 : random() % bytes.size();
    switch (random() % 5) {
      case 0:
        if (!bytes.empty()) bytes[at] = static_cast<char>(random());
        break;
      case 1:
        if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
        break;
      case 2:
        bytes.erase(at, 1 + random() % 8);
        break;
      case 3:
        bytes.insert(at, 1, static_cast<char>(random()));
        break;
      default:
        bytes.insert(at, bytes.substr(at / 2, random() % 16));
    }
  }
  return bytes;
}

}  // namespace

int main(int count, char** words) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < count; ++i) {
    if (!std::filesystem::is_directory(words[i])) {
      files.emplace_back(words[i]);
      continue;
    }
    for (const auto& each : std::filesystem::directory_iterator(words[i])) {
      files.push_back(each.path());
    }
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    std::fprintf(stderr, "nothing to replay\n");
    return 2;
  }
  std::mt19937 random(1);
  feed({});
  for (const auto& path : files) {
    std::ifstream in(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    feed(bytes);
    for (int i = 0; i < k_mutations; ++i) feed(mutated(bytes, random));
  }
  std::printf("%zu inputs, %d mutations of each\n", files.size(), k_mutations);
  return 0;
}
