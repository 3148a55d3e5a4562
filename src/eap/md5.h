// EAP-MD5-Challenge. RFC 3748 §5.4, and CHAP (RFC 1994). One-way, without a key: for peers inside a tunnel, or beside a server that
// proved itself otherwise.
#pragma once

#include "eap/client_method.h"
#include "eap/server_method.h"

namespace keypact::eap {

using Md5Digest = std::array<std::uint8_t, 16>;

/// MD5(identifier | password | challenge).
[[nodiscard]] Md5Digest md5_response(std::uint8_t identifier, OctetView password, OctetView challenge);

class Md5Server final : public ServerMethod {
 public:
  Md5Server(std::string identity, std::string name) : identity_(std::move(identity)), name_(std::move(name)) {}
  [[nodiscard]] ServerMethodStep begin(std::uint8_t identifier, const ServerSurroundings& surroundings) override;
  [[nodiscard]] ServerMethodStep on_response(OctetView data, std::uint8_t next_identifier,
                                             const ServerSurroundings& surroundings) override;

 private:
  std::string identity_;
  std::string name_;
  std::uint8_t identifier_ = 0;
  std::array<std::uint8_t, 16> challenge_{};
};

class Md5Client final : public ClientMethod {
 public:
  explicit Md5Client(std::shared_ptr<const ClientConfig> config) : config_(std::move(config)) {}
  [[nodiscard]] Result<Octets, Refusal> on_request(OctetView data, std::uint8_t identifier,
                                                   const ClientSurroundings& surroundings) override;
  [[nodiscard]] Result<std::optional<Msk>, Refusal> on_success(const ClientSurroundings& surroundings) override;
  [[nodiscard]] Refusal on_failure() const override;

 private:
  std::shared_ptr<const ClientConfig> config_;
  bool answered_ = false;
};

}  // namespace keypact::eap
