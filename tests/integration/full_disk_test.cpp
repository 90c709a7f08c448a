// A laptop's replica on disks without room, and on disks that cannot be written. The disks are
// small file systems in memory, which only root may mount; elsewhere these tests are skipped.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include "client/replica/describe_failure.hpp"
#include "shared/crypto/random.hpp"
#include "tests/integration/replica_fixture.hpp"
#include "tests/support/process.hpp"

namespace autocusto::replica {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// A file system of four megabytes at a folder, as long as this object lives.
class small_disk {
 public:
  small_disk() : mounted_(::mount("tmpfs", path().c_str(), "tmpfs", 0, "size=4m,mode=0700") == 0) {}
  ~small_disk() {
    if (mounted_) ::umount2(path().c_str(), MNT_DETACH);
  }
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] std::string path() const { return folder_ / "."; }
  [[nodiscard]] std::string home() const { return folder_ / "home"; }
  /// Until there is no byte left.
  void fill() const {
    std::ofstream out(folder_ / "filler", std::ios::binary);
    const std::string page(4096, 'x');
    while (out.write(page.data(), 4096).flush()) continue;
  }
  void make_room() const { fs::remove(folder_ / "filler"); }
  [[nodiscard]] bool forbid_writing() const {
    return ::mount(nullptr, path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0;
  }

 private:
  test::temporary_folder folder_{"autocusto-disk"};
  bool mounted_;
};

struct FullDisk : ::testing::Test {
  small_disk disk;
  test::hand_clock clock;
  small_server server;

  void SetUp() override {
    if (!disk.mounted()) GTEST_SKIP() << "only root may mount a file system";
    auto made =
        replica_store::create(disk.home(), test::k_passphrase, test::quick_environment(clock));
    ASSERT_TRUE(made);
    const auto device = crypto::system_random().make<device_id>();
    ASSERT_TRUE((*made)->identity().enroll(server.identity_for(device), server.tenant_key()));
    ASSERT_TRUE((*made)->edit().save(patient_edit(k_cpf, "Ana Teste")));
  }

  std::unique_ptr<replica_store> open() const {
    auto opened =
        replica_store::open(disk.home(), test::k_passphrase, test::quick_environment(clock));
    if (!opened) throw error_exception(opened.error());
    return *std::move(opened);
  }
  static void expect_read(const replica_store& replica) {
    EXPECT_EQ(replica.read().list("patient")->size(), 1U);
    EXPECT_TRUE(replica.read().show("patient", k_cpf));
    EXPECT_TRUE(replica.read().verify().problems.empty());
    EXPECT_EQ(replica.read().status().pending, 1U);
  }
  /// What a person is told when they save.
  static std::string refusal(replica_store& replica) {
    try {
      const auto saved = replica.edit().save(set_field(k_cpf, "rg", "12"));
      return saved ? "it was saved" : saved.error().message;
    } catch (const std::exception& e) {
      return describe_failure(e).message;
    }
  }
};

TEST_F(FullDisk, CanBeReadAndSaysThatItIsFull) {
  disk.fill();
  ASSERT_TRUE(replica_store::exists(disk.home()));
  const auto replica = open();
  expect_read(*replica);
  EXPECT_THAT(refusal(*replica), HasSubstr("The disk is full"));
  expect_read(*replica);
}

TEST_F(FullDisk, CanBeWrittenAgainWhenThereIsRoom) {
  disk.fill();
  { expect_read(*open()); }
  disk.make_room();
  const auto replica = open();
  EXPECT_TRUE(replica->edit().save(set_field(k_cpf, "rg", "12")));
  EXPECT_TRUE(replica->read().verify().problems.empty());
}

TEST_F(FullDisk, ThatFillsUpUnderAnOpenReplicaIsStillRead) {
  const auto replica = open();
  expect_read(*replica);
  disk.fill();
  EXPECT_THAT(refusal(*replica), HasSubstr("The disk is full"));
  expect_read(*replica);
}

TEST_F(FullDisk, CanBeWiped) {
  disk.fill();
  ASSERT_TRUE(replica_store::wipe(disk.home()));
  EXPECT_FALSE(fs::exists(disk.home() + "/replica.sqlite"));
  EXPECT_FALSE(fs::exists(disk.home() + "/replica.sqlite-wal"));
  EXPECT_FALSE(replica_store::exists(disk.home()));
}

TEST_F(FullDisk, OneThatCannotBeWrittenIsRead) {
  ASSERT_TRUE(disk.forbid_writing());
  ASSERT_TRUE(replica_store::exists(disk.home()));
  const auto replica = open();
  expect_read(*replica);
  EXPECT_THAT(refusal(*replica), HasSubstr("cannot be opened for writing"));
}

// The last edit stands in the log alone: it is shown, or the program says that it cannot be; an
// older state is never shown in its place.
TEST_F(FullDisk, OneThatCannotBeWrittenShowsWhatStandsInTheLog) {
  const fs::path copy = disk.home() + "-copy";
  {
    const auto replica = open();
    ASSERT_TRUE(replica->edit().save(set_field(k_cpf, "rg", "4711")));
    ASSERT_GT(fs::file_size(disk.home() + "/replica.sqlite-wal"), 0U);
    fs::copy(disk.home(), copy);  // as a computer leaves it whose battery is taken out
  }
  fs::remove_all(disk.home());
  fs::rename(copy, disk.home());
  ASSERT_TRUE(disk.forbid_writing());
  try {
    const auto shown = open()->read().show("patient", k_cpf);
    ASSERT_TRUE(shown);
    EXPECT_EQ(domain::value_text(shown->fields.at("rg")), "4711");
  } catch (const std::exception& e) {
    EXPECT_THAT(describe_failure(e).message, HasSubstr("cannot be opened for writing"));
  }
}

}  // namespace
}  // namespace autocusto::replica
