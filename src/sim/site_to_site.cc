#include "sim/site_to_site.h"

#include "config/default_proposals.h"

namespace keypact::sim {
namespace {

config::AddressPattern single(const IpAddress& address) {
  return {config::AddressPattern::Kind::range, address, address, {}};
}

config::AuthRound psk_as(const std::string& id) {
  return {config::AuthKind::psk, IdentityPattern::exactly(Identification::fqdn(id))};
}

config::CredentialFile file_of(const std::string& text) {
  return {"simulated", {}, std::make_shared<const Secret>(Secret::copy_of(as_octets(text)))};
}

void use_certificates(const SiteCertificates& certificates, config::Connection& connection) {
  auto& local = connection.local.front();
  local.kind = config::AuthKind::pubkey;
  local.certificates = {file_of(certificates.certificate)};
  connection.remote.front().kind = config::AuthKind::pubkey;
  if (certificates.only_peer) local.kind = config::AuthKind::psk;
}

config::StoredCredentials stored(const SiteCertificates& certificates) {
  config::StoredCredentials stored;
  stored.certificates.push_back(file_of(certificates.certificate));
  for (const auto& more : certificates.more) stored.certificates.push_back(file_of(more));
  for (const auto& authority : certificates.authorities) stored.authorities.push_back(file_of(authority));
  stored.private_keys.push_back({file_of(certificates.private_key)});
  return stored;
}

config::ChildConfig child_of(const SiteToSite& site, const std::string& name) {
  config::ChildConfig child;
  child.name = name;
  child.esp_proposals = site.esp_proposals.empty() ? config::default_esp_offer() : site.esp_proposals;
  child.rekey_time = site.child_rekey_time;
  child.octets = site.octets;
  child.packets = site.packets;
  child.inactivity = site.inactivity;
  child.start_action = site.start_action;
  child.close_action = site.close_action;
  child.dpd_action = site.dpd_action;
  child.life_time = site.child_rekey_time * 2;
  child.esp_acceptable = site.esp_proposals.empty() ? config::default_esp_acceptable() : site.esp_proposals;
  child.local_ts = {{false, TrafficSelector::of(site.local_network)}};
  child.remote_ts = {{false, TrafficSelector::of(site.remote_network)}};
  if (site.between_hosts) child.local_ts = child.remote_ts = {config::SelectorPattern{true, {}}};
  child.mode = site.mode;
  child.placement = site.placement;
  child.tfc_padding = site.tfc_padding;
  child.compress = site.compress;
  for (const auto& network : site.more_local) child.local_ts.push_back({false, TrafficSelector::of(network)});
  for (const auto& network : site.more_remote) child.remote_ts.push_back({false, TrafficSelector::of(network)});
  return child;
}

}  // namespace

std::shared_ptr<const config::Connection> SiteToSite::connection() const {
  auto connection = std::make_shared<config::Connection>();
  connection->name = "net";
  connection->version = 2;
  connection->local_addrs = {single(local)};
  for (const auto& address : more_addresses) connection->local_addrs.push_back(single(address));
  connection->mobike = mobike;
  connection->remote_addrs = {remote.is_unspecified() ? config::AddressPattern() : single(remote)};
  connection->ike_proposals =
      ike_proposals.empty() ? config::without_additional_key_exchanges(config::default_ike_offer()) : ike_proposals;
  connection->ike_acceptable = ike_proposals.empty()
                                   ? config::without_additional_key_exchanges(config::default_ike_acceptable())
                                   : ike_proposals;
  connection->local = {psk_as(local_id)};
  connection->remote = {psk_as(remote_id)};
  if (certificates) use_certificates(*certificates, *connection);
  connection->dpd_delay = dpd_delay;
  connection->dscp = dscp;
  connection->rekey_time = ike_rekey_time;
  connection->fragmentation = fragmentation;
  connection->keyingtries = keyingtries;
  connection->unique = unique;
  connection->childless = childless;
  connection->children.push_back(child_of(*this, "lan"));
  for (const auto& name : more_children) connection->children.push_back(child_of(*this, name));
  return connection;
}

std::shared_ptr<const config::Snapshot> SiteToSite::snapshot() const {
  auto snapshot = std::make_shared<config::Snapshot>();
  snapshot->connections = {connection()};
  auto key = std::make_shared<config::SharedKey>();
  key->name = "ike-net";
  key->owners = {IdentityPattern::exactly(Identification::fqdn(local_id)),
                 IdentityPattern::exactly(Identification::fqdn(remote_id))};
  key->secret = Secret::copy_of(as_octets(secret));
  snapshot->ike_secrets = {std::move(key)};
  if (certificates) snapshot->stored = std::make_shared<const config::StoredCredentials>(stored(*certificates));
  return snapshot;
}

std::pair<SiteToSite, SiteToSite> left_and_right(IpFamily family) {
  const bool v4 = family == IpFamily::v4;
  const auto address = [](const char* text) { return *IpAddress::parse(text); };
  SiteToSite left{address(v4 ? "192.0.2.1" : "2001:db8::1"),
                  address(v4 ? "192.0.2.2" : "2001:db8::2"),
                  "left.example.org",
                  "right.example.org",
                  prefix_of(address(v4 ? "10.1.0.0" : "fd01::"), v4 ? 24 : 64),
                  prefix_of(address(v4 ? "10.2.0.0" : "fd02::"), v4 ? 24 : 64),
                  "a shared key of decent length",
                  {},
                  {},
                  {},
                  {},
                  {},
                  {},
                  {}};
  SiteToSite right = left;
  std::swap(right.local, right.remote);
  std::swap(right.local_id, right.remote_id);
  std::swap(right.local_network, right.remote_network);
  return {left, right};
}

}  // namespace keypact::sim
