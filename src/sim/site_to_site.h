// Configurations for simulated and tested networks: gateways with a shared key or certificates, each with a network behind it.
#pragma once

#include "config/snapshot.h"

namespace keypact::sim {

/// What one end authenticates itself with by certificate, and the CAs that it trusts: PEM.
struct SiteCertificates {
  std::string certificate;
  std::string private_key;
  std::vector<std::string> more{};  ///< CAs below those that are trusted, and other certificates
  std::vector<std::string> authorities;
  bool only_peer = false;  ///< this end itself has the shared key
};

/// One end of a site-to-site connection named "net" with a child "lan". Fields can be changed before snapshot() is called.
struct SiteToSite {
  IpAddress local;
  IpAddress remote;  ///< unspecified: any
  std::string local_id;
  std::string remote_id;
  Prefix local_network;
  Prefix remote_network;
  std::string secret = "a shared key of decent length";
  std::optional<SiteCertificates> certificates{};  ///< nothing: both ends have the shared key
  std::vector<Proposal> ike_proposals;             ///< empty: the default
  std::vector<Proposal> esp_proposals;             ///< empty: the default
  std::vector<std::string> more_children;          ///< with the same networks
  Duration dpd_delay{};
  std::vector<Prefix> more_local;  ///< further networks of every child
  std::vector<Prefix> more_remote;
  config::Tristate fragmentation = config::Tristate::yes;
  bool mobike = false;
  std::vector<IpAddress> more_addresses{};  ///< of ours, that IKE may use
  Duration ike_rekey_time{};                ///< 0: never of its own accord
  Duration child_rekey_time{};
  config::VolumeSetting octets = {};
  config::VolumeSetting packets = {};
  Duration inactivity{};
  std::optional<unsigned> keyingtries = {};
  config::UniquePolicy unique = config::UniquePolicy::no;
  bool between_hosts = false;  ///< the selectors are the addresses of the two ends, not networks behind them
  Mode mode = Mode::tunnel;
  config::PlacementSetting placement{};
  std::uint32_t tfc_padding = 0;
  bool compress = false;
  config::Childless childless = config::Childless::allow;
  std::uint8_t dscp = 0;
  config::Action start_action{};
  config::Action close_action{};
  config::Action dpd_action{};

  [[nodiscard]] std::shared_ptr<const config::Connection> connection() const;
  [[nodiscard]] std::shared_ptr<const config::Snapshot> snapshot() const;
};

/// The pair of ends "left" (192.0.2.1, 10.1.0.0/24) and "right" (192.0.2.2, 10.2.0.0/24), or the same in IPv6.
[[nodiscard]] std::pair<SiteToSite, SiteToSite> left_and_right(IpFamily family = IpFamily::v4);

}  // namespace keypact::sim
