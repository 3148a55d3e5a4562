#include "config/snapshot.h"

#include <gtest/gtest.h>

#include "config/identity_grammar.h"
#include "config/snapshot_changes.h"

namespace keypact::config {
namespace {

std::shared_ptr<const SharedKey> key(std::string name, std::vector<const char*> owners) {
  auto result = std::make_shared<SharedKey>();
  result->name = std::move(name);
  for (const auto* owner : owners) result->owners.push_back(parse_identity(owner).value());
  return result;
}

std::shared_ptr<const Connection> connection(std::string name) {
  auto result = std::make_shared<Connection>();
  result->name = std::move(name);
  return result;
}

/// The name of the key that "us" and the peer use; "-" for none.
std::string chosen(const std::vector<std::shared_ptr<const SharedKey>>& keys, const char* peer) {
  Snapshot snapshot;
  snapshot.ike_secrets = keys;
  const auto found = snapshot.shared_key(Identification::fqdn("us.example.org"), parse_identity(peer)->identity);
  return found ? found->name : "-";
}

TEST(SharedKeys, ForBothComeBeforeThoseForOne) {
  const std::vector keys = {key("anybody", {}), key("us", {"us.example.org"}), key("peer", {"peer.example.org"}),
                            key("both", {"us.example.org", "peer.example.org"})};
  EXPECT_EQ(chosen(keys, "peer.example.org"), "both");
  EXPECT_EQ(chosen(keys, "PEER.example.org"), "both");
  EXPECT_EQ(chosen(keys, "other.example.org"), "us");
  EXPECT_EQ(chosen({keys[0], keys[2]}, "peer.example.org"), "peer");
  EXPECT_EQ(chosen({keys[0], keys[2]}, "other.example.org"), "anybody");
}

TEST(SharedKeys, ForANameComeBeforeThoseForAWildcardOrForAny) {
  const std::vector keys = {key("any", {"us.example.org", "%any"}), key("wild", {"us.example.org", "*.example.org"}),
                            key("exact", {"us.example.org", "peer.example.org"})};
  EXPECT_EQ(chosen(keys, "peer.example.org"), "exact");
  EXPECT_EQ(chosen(keys, "other.example.org"), "wild");
  EXPECT_EQ(chosen(keys, "192.0.2.1"), "any");
}

TEST(SharedKeys, DoNotServePeersThatTheyDoNotName) {
  const std::vector keys = {key("pair", {"us.example.org", "alice@example.org"}), key("bob", {"bob@example.org"})};
  EXPECT_EQ(chosen(keys, "alice@example.org"), "pair");
  EXPECT_EQ(chosen(keys, "bob@example.org"), "bob");
  // strongSwan would take "pair" for anybody, because it is ours: alice could call herself mallory.
  EXPECT_EQ(chosen(keys, "mallory@example.org"), "-");
}

TEST(SharedKeys, OfEqualMatchAreTakenInOrder) {
  EXPECT_EQ(chosen({key("first", {}), key("second", {})}, "peer.example.org"), "first");
  EXPECT_EQ(chosen({}, "peer.example.org"), "-");
}

TEST(SnapshotChanges, LeaveTheOldSnapshotAsItWas) {
  const Snapshot empty;
  const auto one = with_connection(empty, connection("a"));
  const auto two = with_connection(*one, connection("b"));
  const auto replaced = with_connection(*two, connection("a"));
  const auto removed = without_connection(*replaced, "a");
  EXPECT_TRUE(empty.connections.empty());
  EXPECT_EQ(two->connections.size(), 2u);
  EXPECT_EQ(replaced->connections.size(), 2u);
  EXPECT_EQ(replaced->connections[0]->name, "a");
  EXPECT_NE(replaced->connection("a"), two->connection("a"));
  EXPECT_EQ(replaced->connection("b"), two->connection("b"));
  EXPECT_EQ(removed->connection("a"), nullptr);
  EXPECT_NE(two->connection("a"), nullptr);
  EXPECT_EQ(without_connection(*removed, "a")->connections.size(), 1u);
}

TEST(SnapshotChanges, ReplaceNamedKeysAndAddOthers) {
  const Snapshot empty;
  const auto one = with_shared_key(empty, key("k", {"a"}));
  const auto replaced = with_shared_key(*one, key("k", {"b"}));
  EXPECT_EQ(replaced->ike_secrets.size(), 1u);
  const auto unnamed = with_shared_key(*with_shared_key(*replaced, key("", {})), key("", {}));
  EXPECT_EQ(unnamed->ike_secrets.size(), 3u);
  EXPECT_EQ(without_shared_key(*unnamed, "k")->ike_secrets.size(), 2u);
  EXPECT_TRUE(without_shared_keys(*unnamed)->ike_secrets.empty());
}

}  // namespace
}  // namespace keypact::config
