#include "io/folder.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace keypact::io {
namespace {

namespace fs = std::filesystem;

class FolderTest : public testing::Test {
 protected:
  void SetUp() override {
    auto pattern = (fs::temp_directory_path() / "keypact-folder-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string folder_;
};

TEST_F(FolderTest, IsMadeWithThoseAboveIt) {
  ASSERT_TRUE(make_folder(folder_ + "/a/b/c", 0700));
  EXPECT_TRUE(make_folder(folder_ + "/a/b/c"));
  EXPECT_EQ(fs::status(folder_ + "/a/b").permissions(), fs::perms::owner_all);
  std::ofstream(folder_ + "/file") << "x";
  EXPECT_EQ(make_folder(folder_ + "/file").error().why, "it is a file");
  EXPECT_FALSE(make_folder(folder_ + "/file/below"));
}

TEST_F(FolderTest, LosesAFileOnce) {
  std::ofstream(folder_ + "/file") << "x";
  EXPECT_TRUE(exists(folder_ + "/file"));
  EXPECT_TRUE(remove_file(folder_ + "/file"));
  EXPECT_FALSE(exists(folder_ + "/file"));
  EXPECT_TRUE(remove_file(folder_ + "/file"));
  EXPECT_FALSE(remove_file(folder_));
}

TEST_F(FolderTest, HasOneOwnerAtATime) {
  {
    const auto first = FolderLock::take(folder_);
    ASSERT_TRUE(first && first->has_value());
    EXPECT_FALSE(FolderLock::take(folder_)->has_value());
  }
  EXPECT_TRUE(FolderLock::take(folder_)->has_value());
  EXPECT_FALSE(FolderLock::take(folder_ + "/nothing"));
}

}  // namespace
}  // namespace keypact::io
