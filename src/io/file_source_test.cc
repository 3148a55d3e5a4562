#include "io/file_source.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "config/load.h"

namespace keypact::io {
namespace {

/// A directory of its own, gone at the end.
class FileSourceTest : public testing::Test {
 protected:
  FileSourceTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "keypact-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~FileSourceTest() override { std::filesystem::remove_all(directory_); }

  std::string path(const std::string& name) const { return directory_ + '/' + name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }

  std::string directory_;
  RealFiles files_;
};

TEST_F(FileSourceTest, ReadsAWholeFile) {
  const auto text = files_.read(write("a.conf", "one\ntwo"), 100);
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(as_text(text->reveal()), "one\ntwo");
  EXPECT_EQ(files_.read(write("empty", ""), 100)->size(), 0u);
}

TEST_F(FileSourceTest, SaysWhyAFileCannotBeRead) {
  const auto missing = files_.read(path("none"), 100);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().what, "cannot read " + path("none"));
  EXPECT_FALSE(missing.error().why.empty());
  EXPECT_FALSE(files_.read(write("large", std::string(101, 'x')), 100).has_value());
  EXPECT_FALSE(files_.read(directory_, 100).has_value());
}

TEST_F(FileSourceTest, DoesNotWaitForAWriterOfAFifo) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(files_.read(path("fifo"), 100).error().why, "it is no regular file");
}

TEST_F(FileSourceTest, FindsFilesByPatternInOrder) {
  write("b.conf", "");
  write("a.conf", "");
  write("c.txt", "");
  EXPECT_EQ(files_.glob(path("*.conf")).value(), (std::vector{path("a.conf"), path("b.conf")}));
  EXPECT_TRUE(files_.glob(path("*.none")).value().empty());
  EXPECT_TRUE(files_.glob(path("no/such/directory/*")).value().empty());
}

TEST_F(FileSourceTest, FindsTheRegularFilesOfAFolderInOrder) {
  write("x509/b.pem", "");
  write("x509/a.pem", "");
  write("x509/.hidden", "");
  write("x509/folder/c.pem", "");
  std::filesystem::create_symlink(path("x509/a.pem"), path("x509/link.pem"));
  std::filesystem::create_symlink(path("nowhere"), path("x509/dangling.pem"));
  EXPECT_EQ(files_.files_in(path("x509")).value(), (std::vector<std::string>{"a.pem", "b.pem", "link.pem"}));
  EXPECT_TRUE(files_.files_in(path("x509ca")).value().empty());
}

TEST_F(FileSourceTest, LoadsAConfigurationOfSeveralFiles) {
  write("conf.d/gw.conf", "connections { gw { version = 2\n local { auth = psk }\n remote { auth = psk } } }");
  write("conf.d/keys.conf", "secrets { ike { secret = \"0123456789abcdef0\" } }");
  const auto loaded = config::load(files_, write("swanctl.conf", "include conf.d/*.conf\n"));
  ASSERT_TRUE(loaded.has_value());
  EXPECT_NE(loaded->snapshot->connection("gw"), nullptr);
  EXPECT_EQ(loaded->snapshot->ike_secrets.size(), 1u);
}

}  // namespace
}  // namespace keypact::io
