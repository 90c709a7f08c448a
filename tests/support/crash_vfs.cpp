#include "tests/support/crash_vfs.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>

#include <sqlite3.h>
#include <unistd.h>

namespace autocusto::test {
namespace {

std::atomic<int> g_left{0};

void count_down() {
  if (--g_left > 0) return;
  ::kill(::getpid(), SIGKILL);
  ::_exit(1);  // never reached; the signal cannot be blocked
}

/// Our part of a file, with SQLite's own right behind it.
struct wrapped_file {
  sqlite3_file base;
  sqlite3_file* real;
};

sqlite3_file* real_of(sqlite3_file* file) {
  return reinterpret_cast<wrapped_file*>(file)->real;
}

sqlite3_vfs* real_vfs() {
  static sqlite3_vfs* const vfs = sqlite3_vfs_find("unix");
  return vfs;
}

int close_file(sqlite3_file* f) {
  return real_of(f)->pMethods->xClose(real_of(f));
}
int read_file(sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
  return real_of(f)->pMethods->xRead(real_of(f), to, size, at);
}
int write_file(sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
  count_down();
  return real_of(f)->pMethods->xWrite(real_of(f), from, size, at);
}
int truncate_file(sqlite3_file* f, sqlite3_int64 size) {
  count_down();
  return real_of(f)->pMethods->xTruncate(real_of(f), size);
}
int sync_file(sqlite3_file* f, int flags) {
  count_down();
  return real_of(f)->pMethods->xSync(real_of(f), flags);
}
int size_of_file(sqlite3_file* f, sqlite3_int64* size) {
  return real_of(f)->pMethods->xFileSize(real_of(f), size);
}
int lock_file(sqlite3_file* f, int level) {
  return real_of(f)->pMethods->xLock(real_of(f), level);
}
int unlock_file(sqlite3_file* f, int level) {
  return real_of(f)->pMethods->xUnlock(real_of(f), level);
}
int check_lock(sqlite3_file* f, int* out) {
  return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}
int control_file(sqlite3_file* f, int op, void* argument) {
  return real_of(f)->pMethods->xFileControl(real_of(f), op, argument);
}
int sector_size(sqlite3_file* f) {
  return real_of(f)->pMethods->xSectorSize(real_of(f));
}
int device_traits(sqlite3_file* f) {
  return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}
int map_shared(sqlite3_file* f, int page, int size, int extend, void volatile** out) {
  return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, out);
}
int lock_shared(sqlite3_file* f, int offset, int n, int flags) {
  return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}
void shared_barrier(sqlite3_file* f) {
  real_of(f)->pMethods->xShmBarrier(real_of(f));
}
int unmap_shared(sqlite3_file* f, int remove) {
  return real_of(f)->pMethods->xShmUnmap(real_of(f), remove);
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
  auto* mine = reinterpret_cast<wrapped_file*>(file);
  mine->real = reinterpret_cast<sqlite3_file*>(mine + 1);
  const int code = real_vfs()->xOpen(real_vfs(), name, mine->real, flags, out_flags);
  mine->base.pMethods = mine->real->pMethods == nullptr ? nullptr : &k_methods;
  return code;
}

}  // namespace

void die_at_write(int n) {
  g_left = n;
  static sqlite3_vfs vfs = *real_vfs();
  vfs.zName = "dies";
  vfs.szOsFile = static_cast<int>(sizeof(wrapped_file)) + real_vfs()->szOsFile;
  vfs.xOpen = open_file;
  vfs.pNext = nullptr;
  if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK) std::abort();
}

}  // namespace autocusto::test
