// What the data plane costs for a burst of packets, SPD, SAD, copy, headers and replay window included, beside the bare
// cipher over the same octets with OpenSSL contexts that are kept: so libipsec-mb, where it is used, gives ratios below 1.
// One iteration is one burst.
#include <benchmark/benchmark.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/check.h"
#include "crypto/openssl_handles.h"
#include "crypto/system_random.h"
#include "esp/test_packets.h"

namespace keypact::esp {
namespace {

using testing::End;
using testing::keys_for;
using testing::make_packet;
using testing::make_policy;
using testing::make_sa;
using testing::SaShape;

constexpr std::size_t kBurst = 32;

constexpr PacketAlgorithms kAes128Gcm{EncryptionId::ENCR_AES_GCM_16, 128, IntegrityId::NONE};
constexpr PacketAlgorithms kAes256Gcm{EncryptionId::ENCR_AES_GCM_16, 256, IntegrityId::NONE};
constexpr PacketAlgorithms kChaCha{EncryptionId::ENCR_CHACHA20_POLY1305, 0, IntegrityId::NONE};
constexpr PacketAlgorithms kAes128CbcSha256{EncryptionId::ENCR_AES_CBC, 128, IntegrityId::AUTH_HMAC_SHA2_256_128};

crypto::SystemRandom& system_random() {
  static const std::unique_ptr<crypto::SystemRandom> random = std::move(*crypto::SystemRandom::open());
  return *random;
}

struct Plane {
  Plane(const PacketAlgorithms& algorithms, bool left, bool multi_buffer)
      : shape{.algorithms = algorithms, .window = 1024},
        left_end(left),
        plane(library, system_random(), {.multi_buffer = multi_buffer}) {
    plane.apply(ipsec::InstallPolicy{make_policy(shape, left)}, {});
    install();
  }
  void install() { CHECK(plane.apply(ipsec::InstallChildSa{make_sa(shape, left_end)}, {}).has_value()); }
  void start_again() {
    plane.apply(ipsec::RemoveChildSa{{1}}, {});
    install();
  }

  SaShape shape;
  bool left_end;
  crypto::Library library;
  DataPlane plane;
  OutputBatch output{kBurst, 2048};
};

std::vector<Octets> burst_of(const benchmark::State& state) {
  return std::vector<Octets>(kBurst, make_packet({.octets = static_cast<std::size_t>(state.range(0))}));
}

void count(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBurst));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kBurst) * state.range(0));
}

template <const PacketAlgorithms& algorithms>
void Seal(benchmark::State& state, bool multi_buffer) {
  Plane end(algorithms, true, multi_buffer);
  auto packets = burst_of(state);
  const std::vector<InnerPacket> inner(packets.begin(), packets.end());
  for (auto _ : state) {
    end.output.clear();
    end.plane.outbound(inner, {}, end.output);
    CHECK(end.output.to_wire().size() == kBurst);
  }
  count(state);
}

/// Opening consumes its packets and their numbers: both are renewed outside the measured time.
template <const PacketAlgorithms& algorithms>
void Open(benchmark::State& state, bool multi_buffer) {
  Plane sender(algorithms, true, multi_buffer);
  Plane receiver(algorithms, false, multi_buffer);
  auto packets = burst_of(state);
  const std::vector<InnerPacket> inner(packets.begin(), packets.end());
  sender.plane.outbound(inner, {}, sender.output);
  std::vector<Octets> sealed;
  for (const auto& packet : sender.output.to_wire()) sealed.push_back(to_octets(packet.octets));
  auto received = sealed;
  std::vector<OuterPacket> outer(kBurst);
  for (auto _ : state) {
    state.PauseTiming();
    receiver.start_again();
    received = sealed;
    for (std::size_t i = 0; i < kBurst; ++i) outer[i].octets = received[i];
    receiver.output.clear();
    state.ResumeTiming();
    receiver.plane.inbound(outer, {}, receiver.output);
    CHECK(receiver.output.to_tunnel().size() == kBurst);
  }
  count(state);
}

/// The cipher alone: a context with its key, a new IV for each packet, in place.
class BareAead {
 public:
  BareAead(const char* name, const PacketAlgorithms& algorithms, std::size_t payload)
      : text_(EspFormat::of(algorithms, false)->text_octets(payload)) {
    const crypto::Handle<evp_cipher_st> cipher(EVP_CIPHER_fetch(nullptr, name, nullptr));
    const auto keys = keys_for(algorithms, 1);
    for (auto* context : {&seal_, &open_}) {
      context->reset(EVP_CIPHER_CTX_new());
      CHECK(EVP_CipherInit_ex2(context->get(), cipher.get(), keys.encryption.reveal().data(), nonce_.data(),
                               context == &seal_ ? 1 : 0, nullptr) == 1);
    }
    seal(text_.data());
    sealed_ = text_;
  }
  void seal() { seal(text_.data()); }
  void open() {
    const OSSL_PARAM tag[] = {OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag_.data(), 16),
                              OSSL_PARAM_construct_end()};
    EVP_CIPHER_CTX_set_params(open_.get(), tag);
    start(open_.get(), text_.data(), sealed_);
    CHECK(EVP_CipherFinal_ex(open_.get(), text_.data(), &written_) == 1);
  }

 private:
  void seal(std::uint8_t* to) {
    start(seal_.get(), to, text_);
    EVP_CipherFinal_ex(seal_.get(), to, &written_);
    OSSL_PARAM tag[] = {OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag_.data(), 16),
                        OSSL_PARAM_construct_end()};
    CHECK(EVP_CIPHER_CTX_get_params(seal_.get(), tag) == 1);
  }
  void start(evp_cipher_ctx_st* context, std::uint8_t* to, OctetView from) {
    EVP_CipherInit_ex2(context, nullptr, nullptr, nonce_.data(), -1, nullptr);
    EVP_CipherUpdate(context, nullptr, &written_, header_.data(), 8);
    EVP_CipherUpdate(context, to, &written_, from.data(), static_cast<int>(from.size()));
  }

  Octets text_, sealed_;
  std::array<std::uint8_t, 8> header_{};
  std::array<std::uint8_t, 12> nonce_{};
  std::array<std::uint8_t, 16> tag_{};
  crypto::Handle<evp_cipher_ctx_st> seal_, open_;
  int written_ = 0;
};

/// AES-128-CBC and HMAC-SHA2-256 alone, both with their keys kept.
class BareCbcHmac {
 public:
  BareCbcHmac(const char*, const PacketAlgorithms& algorithms, std::size_t payload)
      : text_(EspFormat::of(algorithms, false)->text_octets(payload)) {
    const crypto::Handle<evp_cipher_st> cipher(EVP_CIPHER_fetch(nullptr, "AES-128-CBC", nullptr));
    const auto keys = keys_for(algorithms, 1);
    for (auto* context : {&seal_, &open_}) {
      context->reset(EVP_CIPHER_CTX_new());
      EVP_CipherInit_ex2(context->get(), cipher.get(), keys.encryption.reveal().data(), iv_.data(),
                         context == &seal_ ? 1 : 0, nullptr);
      EVP_CIPHER_CTX_set_padding(context->get(), 0);
    }
    const crypto::Handle<evp_mac_st> hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    mac_.reset(EVP_MAC_CTX_new(hmac.get()));
    char digest[] = "SHA2-256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    CHECK(EVP_MAC_init(mac_.get(), keys.integrity.reveal().data(), keys.integrity.size(), parameters) == 1);
  }
  void seal() {
    transform(seal_.get());
    authenticate();
  }
  void open() {
    authenticate();
    transform(open_.get());
  }

 private:
  void transform(evp_cipher_ctx_st* context) {
    EVP_CipherInit_ex2(context, nullptr, nullptr, iv_.data(), -1, nullptr);
    CHECK(EVP_CipherUpdate(context, text_.data(), &written_, text_.data(), static_cast<int>(text_.size())) == 1);
  }
  void authenticate() {
    std::size_t written = 0;
    EVP_MAC_init(mac_.get(), nullptr, 0, nullptr);
    EVP_MAC_update(mac_.get(), iv_.data(), 8);
    EVP_MAC_update(mac_.get(), iv_.data(), 16);
    EVP_MAC_update(mac_.get(), text_.data(), text_.size());
    CHECK(EVP_MAC_final(mac_.get(), icv_.data(), &written, icv_.size()) == 1);
  }

  Octets text_;
  std::array<std::uint8_t, 16> iv_{};
  std::array<std::uint8_t, 32> icv_{};
  crypto::Handle<evp_cipher_ctx_st> seal_, open_;
  crypto::Handle<evp_mac_ctx_st> mac_;
  int written_ = 0;
};

template <class Bare, const PacketAlgorithms& algorithms>
void SealBare(benchmark::State& state, const char* name) {
  Bare bare(name, algorithms, static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    for (std::size_t i = 0; i < kBurst; ++i) bare.seal();
  }
  count(state);
}

template <class Bare, const PacketAlgorithms& algorithms>
void OpenBare(benchmark::State& state, const char* name) {
  Bare bare(name, algorithms, static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    for (std::size_t i = 0; i < kBurst; ++i) bare.open();
  }
  count(state);
}

template <class Bare, const PacketAlgorithms& algorithms>
void add(const std::string& suffix, const char* name, bool multi_buffer = true) {
  const auto sizes = [](benchmark::internal::Benchmark* each) { each->Arg(64)->Arg(512)->Arg(1400); };
  sizes(benchmark::RegisterBenchmark(("EspSeal" + suffix).c_str(), Seal<algorithms>, multi_buffer));
  sizes(benchmark::RegisterBenchmark(("EspSeal" + suffix + "Bare").c_str(), SealBare<Bare, algorithms>, name));
  sizes(benchmark::RegisterBenchmark(("EspOpen" + suffix).c_str(), Open<algorithms>, multi_buffer));
  sizes(benchmark::RegisterBenchmark(("EspOpen" + suffix + "Bare").c_str(), OpenBare<Bare, algorithms>, name));
}

[[maybe_unused]] const bool kAdded = [] {
  add<BareAead, kAes128Gcm>("Aes128Gcm", "AES-128-GCM");
  add<BareAead, kAes128Gcm>("Aes128GcmByOpenSsl", "AES-128-GCM", false);
  add<BareAead, kAes256Gcm>("Aes256Gcm", "AES-256-GCM");
  add<BareAead, kChaCha>("ChaCha20Poly1305", "ChaCha20-Poly1305");
  add<BareCbcHmac, kAes128CbcSha256>("Aes128CbcHmacSha256", nullptr);
  return true;
}();

}  // namespace
}  // namespace keypact::esp
