#include "config/encrypted_dns_grammar.h"

#include "config/address_grammar.h"

namespace keypact::config {
namespace {

constexpr std::string_view kUsualPath = "/dns-query{?dns}";
constexpr std::size_t kAddresses = 8;

std::unexpected<GrammarError> wrong(std::string_view part, std::string why) {
  return failure(GrammarError{std::string(part), std::move(why), "write dns.corp.example 10.3.0.53 dot"});
}

/// What stands behind the name.
Result<void, GrammarError> read_word(std::string_view word, EncryptedDns& server) {
  if (const auto address = IpAddress::parse(word)) {
    server.addresses.push_back(*address);
  } else if (word == "dot" || word == "doq") {
    server.protocols.emplace_back(word);
  } else if (word == "doh") {
    server.protocols.emplace_back("h2");
    if (server.path.empty()) server.path = kUsualPath;
  } else if (word.starts_with("path=/") && word.size() < 256) {
    server.path = word.substr(5);
  } else if (const auto port = word.starts_with("port=") ? parse_number(word.substr(5), 65535) : std::nullopt;
             port && *port != 0) {
    server.port = static_cast<std::uint16_t>(*port);
  } else {
    return wrong(word, "expected an address, dot, doq, doh, port= or path=/");
  }
  return {};
}

}  // namespace

Result<EncryptedDns, GrammarError> parse_encrypted_dns(std::string_view text) {
  EncryptedDns server;
  for (const auto word : split(text, ' ')) {
    if (server.name.empty()) {
      if (!is_host_name(word)) return wrong(word, "a name server shows a certificate: first stands the name in it");
      server.name = word;
    } else {
      TRY_VOID(read_word(word, server));
    }
  }
  if (server.addresses.empty() || server.addresses.size() > kAddresses)
    return wrong(text, "it has one address at least, and 8 at most");
  if (server.protocols.empty()) server.protocols.emplace_back("dot");
  return server;
}

}  // namespace keypact::config
