// The algorithms that a client of another maker can be told, in its own words, and which of them a gateway takes. RFC 7296 §3.3.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/snapshot.h"

namespace keypact::provision {

struct CipherWord {
  Transform transform;
  std::string_view word;
};
/// A client that names one hash means it for the PRF too.
struct HashWord {
  IntegrityId integrity{};
  PrfId prf{};
  std::string_view word;
};
struct GroupWord {
  KeyExchangeMethod method{};
  std::string_view word;
};

/// Each list: the preferred one first.
struct Vocabulary {
  std::vector<CipherWord> ike_ciphers;
  std::vector<HashWord> ike_hashes;
  std::vector<CipherWord> esp_ciphers;
  std::vector<HashWord> esp_hashes;
  std::vector<GroupWord> groups;

  /// Every proposal that the client can be told, one transform of each type in it. Those of ESP: with PFS before without.
  [[nodiscard]] std::vector<Proposal> ike_offers() const;
  [[nodiscard]] std::vector<Proposal> esp_offers() const;
};

/// The client's word for the transform of a proposal; empty when there is none.
[[nodiscard]] std::string_view cipher_word(std::span<const CipherWord> words, const Proposal& proposal);
/// By the integrity transform, or without one by the PRF.
[[nodiscard]] std::string_view hash_word(std::span<const HashWord> words, const Proposal& proposal);
[[nodiscard]] std::string_view group_word(std::span<const GroupWord> words, const Proposal& proposal);

/// What the client is to offer, and nothing else.
struct Algorithms {
  Proposal ike;
  Proposal esp;  ///< without key exchange: no PFS
};

/// What a gateway takes of what the client can be told. The error says what to add to which setting.
[[nodiscard]] Result<Algorithms> algorithms_for(const Vocabulary& client, std::string_view client_name,
                                                const config::Connection& connection, const config::ChildConfig& child);

}  // namespace keypact::provision
