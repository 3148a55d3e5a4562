#include "ike/core/policy_book.h"

#include <gtest/gtest.h>

namespace keypact::ike {
namespace {

PolicyBook::Selectors selectors(const char* remote, PolicyAction action = PolicyAction::protect) {
  const auto network = [](const char* address) {
    return std::vector{TrafficSelector::of(prefix_of(IpAddress::parse(address).value(), 24))};
  };
  return {network("10.1.0.0"), network(remote), action};
}

const ipsec::Policy& installed(const PolicyBook::Requests& requests) {
  return std::get<ipsec::InstallPolicy>(requests.at(0)).policy;
}

const PolicyBook::Name kName{"site", "net"};

TEST(PolicyBook, AnotherActionIsAnotherPolicyAndTheOldOneGoesAfterIt) {
  PolicyBook book;
  const auto first = book.configure(kName, selectors("10.2.0.0"));
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(installed(first).action, PolicyAction::protect);
  EXPECT_TRUE(book.configure(kName, selectors("10.2.0.0")).empty());

  const auto changed = book.configure(kName, selectors("10.2.0.0", PolicyAction::bypass));
  ASSERT_EQ(changed.size(), 2U);
  EXPECT_EQ(installed(changed).action, PolicyAction::bypass);
  EXPECT_EQ(std::get<ipsec::RemovePolicy>(changed[1]).id, installed(first).id);
  EXPECT_EQ(book.find(kName)->action, PolicyAction::bypass);
}

TEST(PolicyBook, APolicyThatSasUseChangesItsActionWhenTheyAreGone) {
  PolicyBook book;
  (void)book.configure(kName, selectors("10.2.0.0"));
  const auto used = book.use(kName, ChildSaId{7}, selectors("10.2.0.0"));
  EXPECT_EQ(used.name, kName);
  EXPECT_TRUE(book.configure(kName, selectors("10.2.0.0", PolicyAction::discard)).empty());
  EXPECT_EQ(installed(book.leave(kName, ChildSaId{7})).action, PolicyAction::discard);
}

TEST(PolicyBook, AnSaNeverUsesAPolicyThatDoesNotProtect) {
  PolicyBook book;
  (void)book.configure(kName, selectors("10.2.0.0", PolicyAction::bypass));
  const auto used = book.use(kName, ChildSaId{7}, selectors("10.2.0.0"));
  EXPECT_NE(used.name, kName);
  EXPECT_EQ(installed(used.requests).action, PolicyAction::protect);
}

TEST(PolicyBook, NumbersThatItChoosesAreThoseOfTheEntryWhoeverUsesIt) {
  PolicyBook book(3, 4);
  auto wanted = selectors("10.2.0.0");
  wanted.placement.mark_in = wanted.placement.mark_out = config::Choice::unique;
  const auto trap = installed(book.configure(kName, wanted)).placement;
  EXPECT_NE(trap.in.mark.value, 0u);
  EXPECT_EQ(trap.in.mark.value, trap.out.mark.value);
  EXPECT_EQ(trap.in.mark.value % 4, 3u) << "no other engine chooses it";
  EXPECT_EQ(book.use(kName, ChildSaId{7}, wanted).placed, trap);
  EXPECT_EQ(book.use(kName, ChildSaId{8}, wanted).placed, trap);
  const auto other = book.use({"site", "net#9"}, ChildSaId{9}, wanted).placed;
  EXPECT_NE(other.in.mark.value, trap.in.mark.value);
}

TEST(PolicyBook, WhatIsChosenAlreadyStays) {
  PolicyBook book;
  auto wanted = selectors("10.2.0.0");
  wanted.placement.if_id_in = wanted.placement.if_id_out = config::Choice::unique_dir;
  Placement predecessor;
  predecessor.in.interface_id = 40;
  predecessor.out.interface_id = 41;
  EXPECT_EQ(book.use(kName, ChildSaId{7}, wanted, config::PlacementSetting{predecessor}).placed, predecessor);
}

PolicyBook::EarlierRun earlier_run(const char* remote, std::uint32_t number) {
  const auto networks = selectors(remote);
  PolicyBook::EarlierRun run;
  run.children.push_back({kName, networks.local, networks.remote, {{number, ~0U}, 0}, {{number, ~0U}, 0}});
  run.numbers = {number};
  return run;
}

PolicyBook::Selectors with_unique_marks(const char* remote) {
  auto wanted = selectors(remote);
  wanted.placement.mark_in = wanted.placement.mark_out = config::Choice::unique;
  return wanted;
}

TEST(PolicyBook, ItsChildHasTheNumbersOfAnEarlierRunAndNobodyElse) {
  PolicyBook book;
  book.remember(earlier_run("10.2.0.0", 2));
  for (std::uint64_t other = 1; other <= 4; ++other)
    EXPECT_NE(installed(book.configure({"other", std::to_string(other)}, with_unique_marks("10.2.0.0")))
                  .placement.out.mark.value,
              2U);
  EXPECT_EQ(installed(book.configure(kName, with_unique_marks("10.2.0.0"))).placement.out.mark.value, 2U);
  book.remember(earlier_run("10.2.0.0", 2));  // with the next configuration
  EXPECT_NE(installed(book.use({"site", "net#9"}, ChildSaId{9}, with_unique_marks("10.2.0.0")).requests)
                .placement.out.mark.value,
            2U);
  auto changed = with_unique_marks("10.2.0.0");
  changed.mode = Mode::transport;
  EXPECT_EQ(installed(book.configure(kName, changed)).placement.out.mark.value, 2U) << "as long as this run lasts";
}

TEST(PolicyBook, OfSeveralPeersEachHasTheNumbersOfItsAddresses) {
  PolicyBook book;
  book.remember(earlier_run("10.2.0.0", 5));
  book.remember(earlier_run("10.3.0.0", 6));
  const auto use = [&](const char* name, std::uint64_t id, const char* remote) {
    return book.use({"site", name}, ChildSaId{id}, with_unique_marks(remote)).placed.in.mark.value;
  };
  EXPECT_EQ(use("net#1", 1, "10.3.0.0"), 6U);
  EXPECT_EQ(use("net#2", 2, "10.2.0.0"), 5U);
  EXPECT_LT(use("net#3", 3, "10.4.0.0"), 5U);
}

}  // namespace
}  // namespace keypact::ike
