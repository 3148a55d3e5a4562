// One end of EAP on its standard input and output, for tests with other programs: packets in hexadecimal, a line each. What goes out
// begins with "send", "success" or "failure".
#include <algorithm>
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <ranges>
#include <sstream>

#include "crypto/system_random.h"
#include "eap/client.h"
#include "eap/server.h"
#include "eap/usim.h"

namespace {

using namespace keypact;
using namespace keypact::eap;

using Options = std::map<std::string, std::string>;

std::string file_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::optional<Method> method_of(const std::string& name) {
  for (unsigned type = 0; type < 256; ++type)
    if (registered_name(static_cast<Method>(type)) == name) return static_cast<Method>(type);
  return std::nullopt;
}

std::vector<Method> methods_of(const std::string& names) {
  std::vector<Method> methods;
  std::istringstream in(names);
  for (std::string name; std::getline(in, name, ',');)
    if (const auto method = method_of(name)) methods.push_back(*method);
  return methods;
}

/// "text", or "0x" and hexadecimal.
Secret secret_of(const std::string& text) {
  if (text.starts_with("0x"))
    if (const auto octets = from_hex(text.substr(2))) return Secret::copy_of(*octets);
  return Secret::copy_of(as_octets(text));
}

class OneUser final : public SecretSource {
 public:
  explicit OneUser(Options& options) : options_(options) {}
  [[nodiscard]] std::optional<Password> find(Method /*method*/, std::string_view identity) const override {
    if (identity != options_["user"]) return std::nullopt;
    return Password{secret_of(options_["secret"]), false};
  }

 private:
  Options& options_;
};

std::shared_ptr<const TlsSettings> tls_of(Options& options) {
  auto tls = std::make_shared<TlsSettings>();
  if (options.contains("ca"))
    tls->peer.anchors = pki::TrustAnchors::of(pki::Certificate::from_pem(file_of(options["ca"])).value()).value();
  if (options.contains("cert")) {
    auto key = pki::PrivateKey::read(Secret::copy_of(as_octets(file_of(options["key"]))), Secret());
    tls->own = TlsOwn{pki::Certificate::from_pem(file_of(options["cert"])).value(), std::move(key).value()};
  }
  if (options.contains("server-name"))
    tls->server_names.push_back(IdentityPattern::exactly(Identification::fqdn(options["server-name"])));
  tls->tls13 = options["tls"] != "1.2";
  if (options.contains("fragment")) tls->fragment_octets = std::stoul(options["fragment"]);
  return tls;
}

std::optional<Octets> next_packet() {
  std::string line;
  if (!std::getline(std::cin, line)) return std::nullopt;
  return from_hex(line);
}

void tell(std::string_view what, OctetView packet, const std::string& more = "") {
  std::cout << what << ' ' << (packet.empty() ? "-" : to_hex(packet)) << (more.empty() ? "" : " ") << more << std::endl;
}

std::string key_text(const std::optional<Msk>& msk) { return msk ? to_hex(msk->reveal()) : "-"; }

int serve(Options& options, RandomSource& random) {
  auto config = std::make_shared<ServerConfig>();
  config->methods = methods_of(options["methods"]);
  config->asks_identity = !options.contains("identity");
  config->inner.methods = methods_of(options.contains("inner") ? options["inner"] : "MSCHAPV2");
  config->tls = tls_of(options);
  const OneUser users(options);
  const ServerSurroundings surroundings{users, random, std::time(nullptr)};
  Server server(std::move(config), options["identity"]);
  auto step = server.start(surroundings);
  while (auto* const send = std::get_if<Send>(&step)) {
    tell("send", send->packet);
    const auto packet = next_packet();
    if (!packet) return 2;
    step = server.on_response(*packet, surroundings);
  }
  if (auto* const succeeded = std::get_if<ServerSucceeded>(&step)) {
    tell("success", succeeded->packet, key_text(succeeded->msk) + " " + succeeded->identity);
    return 0;
  }
  tell("failure", std::get<ServerFailed>(step).packet, std::get<ServerFailed>(step).refusal.sentence);
  return 1;
}

int join(Options& options, RandomSource& random) {
  auto config = std::make_shared<ClientConfig>();
  config->methods = methods_of(options["methods"]);
  config->identity = options["user"];
  config->anonymous_identity = options["anonymous"];
  config->password = {secret_of(options["secret"]), false};
  config->inner.methods = methods_of(options.contains("inner") ? options["inner"] : "MSCHAPV2");
  config->inner.ttls = options["ttls"] == "pap"        ? TtlsInner::pap
                       : options["ttls"] == "mschapv2" ? TtlsInner::mschapv2
                                                       : TtlsInner::eap;
  config->tls = tls_of(options);
  Client client(std::move(config));
  while (const auto packet = next_packet()) {
    auto step = client.on_packet(*packet, {random, std::time(nullptr)});
    if (auto* const send = std::get_if<ClientSend>(&step)) {
      tell("send", send->packet);
    } else if (auto* const succeeded = std::get_if<ClientSucceeded>(&step)) {
      tell("success", {}, key_text(succeeded->msk));
      return 0;
    } else {
      tell("failure", {}, std::get<ClientFailed>(step).refusal.sentence);
      return 1;
    }
  }
  return 2;
}

/// Answers a question of wpa_supplicant's control interface: UMTS-AUTH:rand:autn or GSM-AUTH:rand:rand:rand.
int answer_as_card(Options& options) {
  const auto key = secret_of(options["secret"]);
  std::istringstream in(options["question"]);
  std::string kind;
  std::getline(in, kind, ':');
  std::vector<Block> blocks;
  for (std::string word; std::getline(in, word, ':');) {
    Block block{};
    std::ranges::copy(from_hex(word).value_or(Octets()) | std::views::take(16), block.begin());
    blocks.push_back(block);
  }
  std::cout << kind;
  if (kind == "GSM-AUTH") {
    for (const auto& rand : blocks) {
      const auto triplet = Milenage(key).gsm_answer(rand);
      std::cout << ':' << to_hex(OctetView(triplet.kc)) << ':' << to_hex(OctetView(triplet.sres));
    }
  } else if (blocks.size() == 2) {
    const auto card = answer_of_card(key, 0, blocks[0], blocks[1]);
    if (const auto* const answer = std::get_if<CardAnswer>(&card))
      std::cout << ':' << to_hex(answer->ik.reveal()) << ':' << to_hex(answer->ck.reveal()) << ':'
                << to_hex(OctetView(answer->res));
  }
  std::cout << std::endl;
  return 0;
}

}  // namespace

/// server|client|card, then option and value by turns: "methods TLS,TTLS user carol secret ... ca FILE".
int main(int argc, char** argv) {
  const auto random = crypto::SystemRandom::open();
  if (argc < 2 || argc % 2 != 0 || !random) return 2;
  Options options;
  for (int i = 2; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
  if (std::string_view(argv[1]) == "card") return answer_as_card(options);
  return std::string_view(argv[1]) == "server" ? serve(options, **random) : join(options, **random);
}
