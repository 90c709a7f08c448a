#include "tests/support/fault_disk.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#include <sqlite3.h>

namespace autocusto::test {
namespace {

struct change {
  sqlite3_int64 at = 0;
  std::string bytes;                       ///< a write
  std::optional<sqlite3_int64> truncated;  ///< or a new size
};

/// One file as it is for sure, and what was done to it since.
struct tracked {
  std::string durable;
  std::vector<change> pending;
};

void carry_out(std::string& content, const change& c) {
  if (c.truncated) {
    content.resize(static_cast<std::size_t>(*c.truncated));
    return;
  }
  const auto end = static_cast<std::size_t>(c.at) + c.bytes.size();
  if (content.size() < end) content.resize(end);
  std::copy(c.bytes.begin(), c.bytes.end(), content.begin() + c.at);
}

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The shared index is memory: it does not outlive a computer, and is made anew.
bool is_memory(const std::string& path) {
  return path.ends_with("-shm");
}

}  // namespace

struct fault_disk::state {
  std::string folder;
  std::map<std::string, tracked> files;
  disk_fault armed = disk_fault::none;
  std::uint64_t left = 0;
  std::uint64_t done = 0;
  bool struck = false;
  bool dead = false;  ///< the power is gone
  bool full = false;
};

namespace {

std::mutex g_mutex;
std::vector<std::weak_ptr<fault_disk::state>> g_disks;

std::shared_ptr<fault_disk::state> disk_of(const std::string& path) {
  for (const auto& each : g_disks) {
    auto disk = each.lock();
    if (disk && path.size() > disk->folder.size() && path.starts_with(disk->folder) &&
        path[disk->folder.size()] == '/') {
      return disk;
    }
  }
  return nullptr;
}

/// Our part of a file, with SQLite's own right behind it.
struct wrapped_file {
  sqlite3_file base;
  sqlite3_file* real;
  fault_disk::state* disk;  ///< none: passes through. Kept alive by its owner
  std::string* path;
};

wrapped_file* mine(sqlite3_file* f) {
  return reinterpret_cast<wrapped_file*>(f);
}
sqlite3_file* real_of(sqlite3_file* f) {
  return mine(f)->real;
}
const sqlite3_io_methods* methods_of(sqlite3_file* f) {
  return mine(f)->real->pMethods;
}
sqlite3_vfs* real_vfs() {
  static sqlite3_vfs* const vfs = sqlite3_vfs_find("unix");
  return vfs;
}

/// What becomes of one operation.
struct fate {
  disk_fault fault = disk_fault::none;
  bool half = false;  ///< of a write, half is done
};

/// The fate of the next operation. Under the mutex.
fate next_fate(fault_disk::state& disk) {
  if (disk.dead) return {disk_fault::power_loss, false};
  if (disk.full) return {disk_fault::full, false};
  ++disk.done;
  if (disk.armed == disk_fault::none || --disk.left > 0) return {};
  disk.struck = true;
  disk.dead = disk.armed == disk_fault::power_loss;
  disk.full = disk.armed == disk_fault::full;
  const auto fault = std::exchange(disk.armed, disk_fault::none);
  return {fault, fault == disk_fault::power_loss || fault == disk_fault::cut_short};
}

void remember(wrapped_file* f, change c) {
  if (!is_memory(*f->path)) f->disk->files[*f->path].pending.push_back(std::move(c));
}

int close_file(sqlite3_file* f) {
  delete std::exchange(mine(f)->path, nullptr);
  return methods_of(f)->xClose(real_of(f));
}

int read_file(sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
  if (mine(f)->disk != nullptr) {
    const std::lock_guard lock(g_mutex);
    if (mine(f)->disk->dead) return SQLITE_IOERR_READ;
  }
  return methods_of(f)->xRead(real_of(f), to, size, at);
}

int write_file(sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
  if (mine(f)->disk == nullptr) return methods_of(f)->xWrite(real_of(f), from, size, at);
  const std::lock_guard lock(g_mutex);
  const auto [fault, half] = next_fate(*mine(f)->disk);
  if (fault == disk_fault::full) return SQLITE_FULL;
  if (fault != disk_fault::none && !half) return SQLITE_IOERR_WRITE;
  const int count = half ? size / 2 : size;
  const int code = methods_of(f)->xWrite(real_of(f), from, count, at);
  if (code != SQLITE_OK) return code;
  const auto* bytes = static_cast<const char*>(from);
  remember(mine(f), {at, std::string(bytes, static_cast<std::size_t>(count)), {}});
  return half ? SQLITE_IOERR_WRITE : SQLITE_OK;
}

int truncate_file(sqlite3_file* f, sqlite3_int64 size) {
  if (mine(f)->disk == nullptr) return methods_of(f)->xTruncate(real_of(f), size);
  const std::lock_guard lock(g_mutex);
  const auto fault = next_fate(*mine(f)->disk).fault;
  if (fault != disk_fault::none && fault != disk_fault::full) return SQLITE_IOERR_TRUNCATE;
  const int code = methods_of(f)->xTruncate(real_of(f), size);
  if (code == SQLITE_OK) remember(mine(f), {0, {}, size});
  return code;
}

int sync_file(sqlite3_file* f, int flags) {
  if (mine(f)->disk == nullptr) return methods_of(f)->xSync(real_of(f), flags);
  const std::lock_guard lock(g_mutex);
  const auto fault = next_fate(*mine(f)->disk).fault;
  if (fault != disk_fault::none && fault != disk_fault::full) return SQLITE_IOERR_FSYNC;
  if (is_memory(*mine(f)->path)) return SQLITE_OK;
  auto& file = mine(f)->disk->files[*mine(f)->path];
  for (const auto& c : file.pending) carry_out(file.durable, c);
  file.pending.clear();
  return SQLITE_OK;
}

int size_of_file(sqlite3_file* f, sqlite3_int64* size) {
  return methods_of(f)->xFileSize(real_of(f), size);
}
int lock_file(sqlite3_file* f, int level) {
  return methods_of(f)->xLock(real_of(f), level);
}
int unlock_file(sqlite3_file* f, int level) {
  return methods_of(f)->xUnlock(real_of(f), level);
}
int check_lock(sqlite3_file* f, int* out) {
  return methods_of(f)->xCheckReservedLock(real_of(f), out);
}
int control_file(sqlite3_file* f, int op, void* argument) {
  // Growing a file ahead of its writes would go round the books.
  if (mine(f)->disk != nullptr && op == SQLITE_FCNTL_SIZE_HINT) return SQLITE_OK;
  return methods_of(f)->xFileControl(real_of(f), op, argument);
}
int sector_size(sqlite3_file* f) {
  return methods_of(f)->xSectorSize(real_of(f));
}
int device_traits(sqlite3_file* f) {
  return methods_of(f)->xDeviceCharacteristics(real_of(f));
}
/// A part of the shared index that exists needs no room.
bool must_grow(const std::string& path, int page, int size) {
  std::error_code missing;
  const auto there = std::filesystem::file_size(path + "-shm", missing);
  return missing || there < static_cast<std::uintmax_t>(page + 1) * static_cast<unsigned>(size);
}

int map_shared(sqlite3_file* f, int page, int size, int extend, void volatile** out) {
  if (mine(f)->disk != nullptr && extend != 0) {
    const std::lock_guard lock(g_mutex);
    if (mine(f)->disk->full && must_grow(*mine(f)->path, page, size)) return SQLITE_IOERR_SHMSIZE;
  }
  return methods_of(f)->xShmMap(real_of(f), page, size, extend, out);
}
int lock_shared(sqlite3_file* f, int offset, int n, int flags) {
  return methods_of(f)->xShmLock(real_of(f), offset, n, flags);
}
void shared_barrier(sqlite3_file* f) {
  methods_of(f)->xShmBarrier(real_of(f));
}
int unmap_shared(sqlite3_file* f, int remove) {
  return methods_of(f)->xShmUnmap(real_of(f), remove);
}

const sqlite3_io_methods k_methods = {2,
                                      close_file,
                                      read_file,
                                      write_file,
                                      truncate_file,
                                      sync_file,
                                      size_of_file,
                                      lock_file,
                                      unlock_file,
                                      check_lock,
                                      control_file,
                                      sector_size,
                                      device_traits,
                                      map_shared,
                                      lock_shared,
                                      shared_barrier,
                                      unmap_shared,
                                      nullptr,
                                      nullptr};

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* f = mine(file);
  f->real = reinterpret_cast<sqlite3_file*>(f + 1);
  f->base.pMethods = nullptr;
  f->disk = nullptr;
  f->path = nullptr;
  const std::string path = name == nullptr ? "" : name;
  const std::lock_guard lock(g_mutex);
  const auto disk = disk_of(path);
  if (disk && disk->dead) return SQLITE_CANTOPEN;
  const int code = real_vfs()->xOpen(real_vfs(), name, f->real, flags, out_flags);
  if (f->real->pMethods == nullptr) return code;
  f->base.pMethods = &k_methods;
  f->disk = disk.get();
  f->path = new std::string(path);
  if (disk && !is_memory(path)) {
    auto [at, fresh] = disk->files.try_emplace(path);
    if (fresh) at->second.durable = content_of(path);
  }
  return code;
}

int delete_file(sqlite3_vfs*, const char* name, int sync_folder) {
  const std::string path = name;
  const std::lock_guard lock(g_mutex);
  if (const auto disk = disk_of(path)) {
    if (disk->dead) return SQLITE_IOERR_DELETE;
    disk->files.erase(path);
  }
  return real_vfs()->xDelete(real_vfs(), name, sync_folder);
}

void install() {
  static sqlite3_vfs vfs = *real_vfs();
  if (std::string_view(vfs.zName) == "faulty") return;
  vfs.zName = "faulty";
  vfs.szOsFile = static_cast<int>(sizeof(wrapped_file)) + real_vfs()->szOsFile;
  vfs.xOpen = open_file;
  vfs.xDelete = delete_file;
  vfs.pNext = nullptr;
  if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK) std::abort();
}

/// What is left of writes that no flush has followed.
std::string leftover(const tracked& file, torn what, std::mt19937_64& random) {
  auto content = file.durable;
  if (what == torn::nothing) return content;
  for (auto c : file.pending) {
    if (what == torn::some) {
      const auto fate = random() % 4;
      if (fate < 2) continue;
      if (fate == 2 && !c.truncated) c.bytes.resize(random() % (c.bytes.size() + 1));
    }
    carry_out(content, c);
  }
  return content;
}

}  // namespace

fault_disk::fault_disk(const std::string& folder) : state_(std::make_shared<state>()) {
  state_->folder = folder;
  const std::lock_guard lock(g_mutex);
  install();
  std::erase_if(g_disks, [](const auto& each) { return each.expired(); });
  g_disks.push_back(state_);
}

fault_disk::~fault_disk() {
  const std::lock_guard lock(g_mutex);
  state_.reset();
}

void fault_disk::fill() {
  const std::lock_guard lock(g_mutex);
  state_->full = true;
}

void fault_disk::arm(disk_fault fault, std::uint64_t n) {
  const std::lock_guard lock(g_mutex);
  state_->armed = fault;
  state_->left = n;
  state_->done = 0;
  state_->struck = false;
}

std::uint64_t fault_disk::operations() const {
  const std::lock_guard lock(g_mutex);
  return state_->done;
}

bool fault_disk::struck() const {
  const std::lock_guard lock(g_mutex);
  return state_->struck || state_->full || state_->dead;
}

void fault_disk::mend() {
  const std::lock_guard lock(g_mutex);
  state_->armed = disk_fault::none;
  state_->dead = false;
  state_->full = false;
  state_->struck = false;
}

void fault_disk::settle(torn what, std::uint64_t seed) {
  const std::lock_guard lock(g_mutex);
  std::mt19937_64 random(seed);
  for (const auto& [path, file] : state_->files) {
    // A file that somebody has removed stays removed.
    if (!std::filesystem::exists(path)) continue;
    const auto content = leftover(file, what, random);
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    if (!out) throw std::runtime_error("the disk cannot be settled");
  }
  for (const auto& [path, file] : state_->files) std::filesystem::remove(path + "-shm");
  state_->files.clear();
  state_->armed = disk_fault::none;
  state_->dead = false;
  state_->full = false;
  state_->struck = false;
}

}  // namespace autocusto::test
