#include "storage/lease_database.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "leases/lease_book.h"

namespace keypact::storage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

IpAddress at(std::string_view text) { return *IpAddress::parse(text); }

class LeaseDatabaseTest : public testing::Test {
 protected:
  LeaseDatabaseTest() { std::filesystem::create_directory(directory_); }
  ~LeaseDatabaseTest() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string path() const { return directory_ / "leases"; }
  std::unique_ptr<LeaseDatabase> open() {
    auto opened = LeaseDatabase::open(path(), [](const std::string& note) { ADD_FAILURE() << note; });
    EXPECT_TRUE(opened) << opened.error().to_string();
    return opened ? std::move(*opened) : nullptr;
  }
  [[nodiscard]] std::string refusal() const {
    auto opened = LeaseDatabase::open(path(), [](const std::string&) {});
    return opened ? "opened" : opened.error().to_string();
  }
  std::vector<std::string> kept() {
    std::vector<std::string> found;
    open()->for_each([&](const leases::Lease& lease, const Identification& client) {
      found.push_back(lease.pool + " " + lease.address.to_string() + " " + client.to_string());
    });
    return found;
  }

 private:
  std::filesystem::path directory_ =
      std::filesystem::path(testing::TempDir()) /
      ("leases-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
};

TEST_F(LeaseDatabaseTest, ANewOneIsEmptyAndForItsOwnerAlone) {
  EXPECT_THAT(kept(), IsEmpty());
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(path()).permissions(), perms::owner_read | perms::owner_write);
}

TEST_F(LeaseDatabaseTest, WhatWasKeptIsThereWhenItIsOpenedAgainInItsOrder) {
  {
    const auto database = open();
    database->keep({"v4", at("10.3.0.9")}, Identification::fqdn("carol"));
    database->keep({"v6", at("2001:db8::7")}, Identification::email("dave@example.org"));
    database->keep({"v4", at("10.3.0.1")}, Identification::key_id(Octets{0, 0xff}));
  }
  EXPECT_THAT(kept(), ElementsAre("v4 10.3.0.9 carol", "v6 2001:db8::7 dave@example.org", HasSubstr("v4 10.3.0.1 ")));
}

TEST_F(LeaseDatabaseTest, AnAddressHasTheClientThatGotItLast) {
  {
    const auto database = open();
    database->keep({"v4", at("10.3.0.1")}, Identification::fqdn("carol"));
    database->keep({"v4", at("10.3.0.2")}, Identification::fqdn("dave"));
    database->keep({"v4", at("10.3.0.1")}, Identification::fqdn("erin"));
    database->keep({"other", at("10.3.0.1")}, Identification::fqdn("frank"));
  }
  EXPECT_THAT(kept(), ElementsAre("v4 10.3.0.2 dave", "v4 10.3.0.1 erin", "other 10.3.0.1 frank"));
}

TEST_F(LeaseDatabaseTest, AClientFindsItsAddressAgainWithTheNextBook) {
  const auto pool =
      std::make_shared<const config::Pool>(config::Pool{"clients", at("10.3.0.0"), at("10.3.0.1"), at("10.3.0.9"), {}});
  const auto ask = [&](leases::LeaseBook& book, std::string_view who) {
    const auto given = book.lease({{pool}, Identification::fqdn(who), {at("0.0.0.0")}, at("192.0.2.1"), false});
    return given.empty() ? "none" : given.front().address.to_string();
  };
  {
    const auto database = open();
    leases::LeaseBook book(database.get());
    EXPECT_EQ(ask(book, "carol"), "10.3.0.1");
    EXPECT_EQ(ask(book, "dave"), "10.3.0.2");
  }
  const auto database = open();
  leases::LeaseBook book(database.get());
  EXPECT_EQ(ask(book, "erin"), "10.3.0.3");
  EXPECT_EQ(ask(book, "dave"), "10.3.0.2");
  EXPECT_EQ(ask(book, "carol"), "10.3.0.1");
}

TEST_F(LeaseDatabaseTest, ManyAreKeptWhileOthersAreWritten) {
  {
    const auto database = open();
    for (std::uint32_t i = 0; i < 20'000; ++i)
      database->keep({"v4", IpAddress::v4(0x0a00'0000 + i)}, Identification::fqdn(std::to_string(i)));
  }
  EXPECT_EQ(kept().size(), 20'000U);
}

TEST_F(LeaseDatabaseTest, OneFileServesOneProcess) {
  const auto first = open();
  EXPECT_THAT(refusal(), HasSubstr("Another process has it open"));
}

TEST_F(LeaseDatabaseTest, AFileOfAnotherKindIsLeftAlone) {
  std::ofstream(path())
      << "leases that somebody wrote down by hand, longer than a header of SQLite would be, no doubt\n";
  const auto size = std::filesystem::file_size(path());
  EXPECT_THAT(refusal(), HasSubstr("file is not a database"));
  EXPECT_EQ(std::filesystem::file_size(path()), size);
}

TEST_F(LeaseDatabaseTest, ADatabaseOfAnotherProgramIsLeftAlone) {
  {
    auto other = Database::open(path());
    ASSERT_TRUE(other && other->run("CREATE TABLE songs (title TEXT)"));
  }
  EXPECT_THAT(refusal(), HasSubstr("another program made this database"));
}

TEST_F(LeaseDatabaseTest, AFormThatIsNotKnownIsLeftAlone) {
  (void)open();
  {
    auto later = Database::open(path());
    ASSERT_TRUE(later && later->run("PRAGMA user_version = 2"));
  }
  EXPECT_THAT(refusal(), HasSubstr("another version of keypactd wrote it, in form 2"));
}

TEST_F(LeaseDatabaseTest, ADirectoryThatIsNotThereIsNamed) {
  auto opened = LeaseDatabase::open(path() + "/not/there", [](const std::string&) {});
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().to_string(), HasSubstr("Its directory must be there"));
}

}  // namespace
}  // namespace keypact::storage
