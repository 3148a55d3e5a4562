#include "leases/lease_book.h"

#include <gmock/gmock.h>

namespace keypact::leases {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

IpAddress at(std::string_view text) { return *IpAddress::parse(text); }

std::shared_ptr<const config::Pool> pool(std::string name, std::string_view first, std::string_view last) {
  return std::make_shared<const config::Pool>(config::Pool{std::move(name), at(first), at(first), at(last), {}});
}

struct World {
  std::shared_ptr<const config::Pool> small = pool("small", "10.3.0.1", "10.3.0.3");
  LeaseBook book;

  std::vector<Lease> ask(std::string_view who, std::string_view wanted = "0.0.0.0", bool takes_over = false,
                         std::string_view from = "192.0.2.1") {
    return book.lease({{small}, Identification::fqdn(who), {at(wanted)}, at(from), takes_over});
  }
  std::string address(std::string_view who, std::string_view wanted = "0.0.0.0", bool takes_over = false,
                      std::string_view from = "192.0.2.1") {
    const auto leases = ask(who, wanted, takes_over, from);
    return leases.empty() ? "none" : leases.front().address.to_string();
  }
};

TEST(LeaseBook, GivesEachClientAnAddressOfItsOwn) {
  World world;
  EXPECT_EQ(world.address("carol"), "10.3.0.1");
  EXPECT_EQ(world.address("dave"), "10.3.0.2");
  EXPECT_EQ(world.book.counts(*world.small).online, 2U);
}

TEST(LeaseBook, AClientFindsItsAddressAgain) {
  World world;
  const auto first = world.ask("carol");
  EXPECT_EQ(world.address("dave"), "10.3.0.2");
  world.book.release(first);
  EXPECT_EQ(world.address("erin"), "10.3.0.3");
  EXPECT_EQ(world.address("carol"), "10.3.0.1");
}

TEST(LeaseBook, I10_NobodyGetsWhatAnotherClientUses) {
  World world;
  EXPECT_EQ(world.address("carol"), "10.3.0.1");
  EXPECT_EQ(world.address("mallory", "10.3.0.1"), "10.3.0.2");
  EXPECT_EQ(world.address("mallory", "10.3.0.1", true), "10.3.0.2") << "the same client takes over its own alone";
}

TEST(LeaseBook, TwoIdentitiesOfOneTextAreTwoClients) {
  World world;
  const auto name = world.book.lease({{world.small}, Identification::fqdn("a@b"), {at("0.0.0.0")}, {}, true});
  const auto email = world.book.lease({{world.small}, Identification::email("a@b"), {at("0.0.0.0")}, {}, true});
  EXPECT_NE(name.front().address, email.front().address);
}

TEST(LeaseBook, C17_AnEmptyPoolGivesNothingAndTakesTheOldestBackFirst) {
  World world;
  const auto carol = world.ask("carol");
  const auto dave = world.ask("dave");
  (void)world.ask("erin");
  EXPECT_EQ(world.address("frank"), "none");
  world.book.release(dave);
  world.book.release(carol);
  EXPECT_EQ(world.address("frank"), "10.3.0.2") << "dave left before carol";
  EXPECT_EQ(world.address("dave"), "10.3.0.1") << "carol's is free, dave's own is not";
}

TEST(LeaseBook, AClientThatComesAgainInItsOwnPlaceKeepsItsAddress) {
  World world;
  const auto before = world.ask("carol");
  const auto after = world.ask("carol", "0.0.0.0", true);
  EXPECT_EQ(before, after);
  world.book.release(before);
  EXPECT_EQ(world.book.counts(*world.small).online, 1U) << "it is in use still";
  world.book.release(after);
  EXPECT_EQ(world.book.counts(*world.small).online, 0U);
}

TEST(LeaseBook, ASecondDeviceOfAClientGetsAnotherAddress) {
  World world;
  EXPECT_EQ(world.address("carol"), "10.3.0.1");
  EXPECT_EQ(world.address("carol"), "10.3.0.2");
  EXPECT_EQ(world.address("carol", "10.3.0.1", false, "198.51.100.9"), "10.3.0.3") << "from another place";
  EXPECT_EQ(world.address("carol", "10.3.0.1"), "10.3.0.1") << "a reauthentication names what it has";
}

TEST(LeaseBook, AWishIsHeardWhereTheAddressIsFree) {
  World world;
  EXPECT_EQ(world.address("carol", "10.3.0.3"), "10.3.0.3");
  EXPECT_EQ(world.address("dave", "10.9.0.3"), "10.3.0.1") << "not of the pool";
}

TEST(LeaseBook, EachFamilyComesFromAPoolOfItsOwnAndTheNextPoolHelpsOut) {
  LeaseBook book;
  const auto one = pool("one", "10.3.0.1", "10.3.0.1");
  const auto two = pool("two", "10.4.0.1", "10.4.0.9");
  const auto six = pool("six", "2001:db8::1", "2001:db8::ffff");
  const std::vector both{at("0.0.0.0"), at("::")};
  EXPECT_THAT(book.lease({{one, two, six}, Identification::fqdn("carol"), both, {}, false}),
              ElementsAre(Lease{"one", at("10.3.0.1")}, Lease{"six", at("2001:db8::1")}));
  EXPECT_THAT(book.lease({{one, two}, Identification::fqdn("dave"), both, {}, false}),
              ElementsAre(Lease{"two", at("10.4.0.1")}));
  EXPECT_THAT(book.lease({{}, Identification::fqdn("erin"), both, {}, false}), IsEmpty());
}

/// Remembers as a store on a disk does.
class Memory final : public LeaseStore {
 public:
  void keep(const Lease& lease, const Identification& client) override { kept_.emplace_back(lease, client); }
  void for_each(const std::function<void(const Lease&, const Identification&)>& take) override {
    for (const auto& [lease, client] : kept_) take(lease, client);
  }

 private:
  std::vector<std::pair<Lease, Identification>> kept_;
};

TEST(LeaseBook, ARestartTakesNobodysAddressAway) {
  Memory memory;
  const auto three = pool("three", "10.3.0.1", "10.3.0.3");
  const auto ask = [&](LeaseBook& book, std::string_view who) {
    return book.lease({{three}, Identification::fqdn(who), {at("0.0.0.0")}, {}, false}).front().address.to_string();
  };
  {
    LeaseBook before(&memory);
    EXPECT_EQ(ask(before, "carol"), "10.3.0.1");
    EXPECT_EQ(ask(before, "dave"), "10.3.0.2");
  }
  LeaseBook after(&memory);
  EXPECT_EQ(after.counts(*three).offline, 2U);
  EXPECT_EQ(ask(after, "erin"), "10.3.0.3");
  EXPECT_EQ(ask(after, "dave"), "10.3.0.2");
  EXPECT_EQ(ask(after, "frank"), "10.3.0.1") << "carol is away longest";
  LeaseBook third(&memory);
  EXPECT_EQ(ask(third, "carol"), "10.3.0.2") << "frank has hers since, and dave is away longest then";
}

TEST(LeaseBook, APoolThatChangedSeesItsOwnAddressesOnly) {
  World world;
  (void)world.ask("carol");
  world.small = pool("small", "10.5.0.1", "10.5.0.9");
  EXPECT_THAT(world.book.entries(*world.small), IsEmpty());
  EXPECT_EQ(world.address("carol"), "10.5.0.1");
}

}  // namespace
}  // namespace keypact::leases
