#include "io/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace keypact::io {
namespace {

namespace fs = std::filesystem;

class FilesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "keypact-files-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { fs::remove_all(directory_); }
  [[nodiscard]] std::string path(const char* name) const { return (directory_ / name).string(); }
  static unsigned mode_of(const std::string& path) {
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 07777;
  }
  fs::path directory_;
};

TEST_F(FilesTest, ReadsAWholeFileUpToTheLimit) {
  const std::string text(10'000, 'k');
  std::ofstream(path("a")) << text;
  EXPECT_EQ(as_text(read_file(path("a"), text.size()).value()), text);
  const auto too_large = read_file(path("a"), text.size() - 1);
  ASSERT_FALSE(too_large);
  EXPECT_EQ(too_large.error().to_string(), "cannot read " + path("a") + ": it has more than 9999 octets");
  std::ofstream(path("empty")).flush();
  EXPECT_TRUE(read_file(path("empty"), 10).value().empty());
}

TEST_F(FilesTest, ReadsFilesWhoseSizeIsNotKnownBefore) {
  EXPECT_GT(read_file("/proc/self/status", 1 << 20).value().size(), 100U);
  EXPECT_FALSE(read_file("/proc/self/status", 100));
}

TEST_F(FilesTest, RefusesWhatIsNoRegularFileWithoutWaiting) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  for (const auto& name : {path("pipe"), directory_.string(), std::string("/dev/zero")}) {
    const auto read = read_file(name, 100);
    ASSERT_FALSE(read) << name;
    EXPECT_EQ(read.error().why, "it is no regular file");
  }
  const auto absent = read_file(path("absent"), 100);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().to_string(), "cannot read " + path("absent") + ": no such file or directory");
}

TEST_F(FilesTest, ReplacesAFileInOneStep) {
  std::ofstream(path("a")) << "old";
  std::ifstream reader(path("a"));
  ASSERT_TRUE(write_file_atomically(path("a"), as_octets("new"), 0640));
  EXPECT_EQ(as_text(read_file(path("a"), 100).value()), "new");
  EXPECT_EQ(mode_of(path("a")), 0640U);
  std::string seen;
  reader >> seen;
  EXPECT_EQ(seen, "old") << "who had it open still sees the old content";
}

TEST_F(FilesTest, AFailedWriteLeavesNothingBehind) {
  fs::create_directory(path("directory"));
  EXPECT_FALSE(write_file_atomically(path("directory"), as_octets("x")));
  EXPECT_FALSE(write_file_atomically(path("absent/a"), as_octets("x")));
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_), fs::directory_iterator()), 1);
}

TEST_F(FilesTest, AppendsKeysToAFileThatOnlyWeCanRead) {
  const mode_t before = ::umask(0);
  ASSERT_TRUE(append_private(path("keys"), as_octets("one\n")));
  ASSERT_TRUE(append_private(path("keys"), as_octets("two\n")));
  ::umask(before);
  EXPECT_EQ(as_text(read_file(path("keys"), 100).value()), "one\ntwo\n");
  EXPECT_EQ(mode_of(path("keys")), 0600U);
}

TEST_F(FilesTest, KeysDoNotGoWhereOthersCouldReadThem) {
  std::ofstream(path("open")) << "";
  ::chmod(path("open").c_str(), 0644);
  EXPECT_FALSE(append_private(path("open"), as_octets("key")));

  ASSERT_TRUE(append_private(path("private"), as_octets("key")));
  fs::create_symlink(path("private"), path("link"));
  const auto link = append_private(path("link"), as_octets("key"));
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().why, "it is a symbolic link");

  fs::create_hard_link(path("private"), path("second"));
  EXPECT_FALSE(append_private(path("private"), as_octets("key")));

  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_FALSE(append_private(path("pipe"), as_octets("key")));
  EXPECT_FALSE(append_private(directory_.string(), as_octets("key")));
  EXPECT_EQ(as_text(read_file(path("private"), 100).value()), "key");
}

}  // namespace
}  // namespace keypact::io
