#include "esp/multi_buffer.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

#ifdef KEYPACT_IPSEC_MB
#include <intel-ipsec-mb.h>

namespace keypact::esp {
namespace {

constexpr std::size_t kSalt = 4, kIv = 8, kNonce = kSalt + kIv;
constexpr std::size_t kChaChaKey = 32;

bool is_gcm(EncryptionId id) {
  return id == EncryptionId::ENCR_AES_GCM_8 || id == EncryptionId::ENCR_AES_GCM_12 ||
         id == EncryptionId::ENCR_AES_GCM_16;
}

std::vector<PacketAlgorithms> offered_algorithms() {
  std::vector<PacketAlgorithms> offered{{EncryptionId::ENCR_CHACHA20_POLY1305, 0, IntegrityId::NONE}};
  for (const auto id : {EncryptionId::ENCR_AES_GCM_8, EncryptionId::ENCR_AES_GCM_12, EncryptionId::ENCR_AES_GCM_16}) {
    for (const std::uint16_t bits : std::initializer_list<std::uint16_t>{128, 192, 256}) {
      offered.push_back({id, bits, IntegrityId::NONE});
    }
  }
  return offered;
}

}  // namespace

struct MultiBuffer::Manager {
  struct Free {
    void operator()(IMB_MGR* manager) const { free_mb_mgr(manager); }
  };
  std::unique_ptr<IMB_MGR, Free> library;
};

/// One algorithm's key with what the library makes of it; wiped at its end.
struct MultiBufferKey::Expanded {
  Expanded() = default;
  Expanded(const Expanded&) = delete;
  Expanded& operator=(const Expanded&) = delete;
  ~Expanded() {
    wipe_octets({reinterpret_cast<std::uint8_t*>(&gcm), sizeof gcm});  // NOLINT: the octets of a C struct
    wipe_octets(chacha);
    wipe_octets(nonce);
  }

  /// The tag to `tag`; the text is transformed in place.
  void run(const crypto::PacketView& packet, bool sealing, MutableOctets tag) {
    std::memcpy(nonce.data() + kSalt, packet.iv.data(), kIv);
    auto* const text = packet.text.data();
    const auto& aad = packet.associated;
    if (gcm_seal != nullptr) {
      gcm_context_data context;
      const auto run_gcm = sealing ? gcm_seal : gcm_open;
      run_gcm(&gcm, &context, text, text, packet.text.size(), nonce.data(), aad.data(), aad.size(), tag.data(),
              tag.size());
      return;
    }
    chacha20_poly1305_context_data context;
    library->chacha20_poly1305_init(chacha.data(), &context, nonce.data(), aad.data(), aad.size());
    const auto update = sealing ? library->chacha20_poly1305_enc_update : library->chacha20_poly1305_dec_update;
    update(chacha.data(), &context, text, text, packet.text.size());
    library->chacha20_poly1305_finalize(&context, tag.data(), tag.size());
  }

  alignas(64) gcm_key_data gcm{};
  alignas(64) std::array<std::uint8_t, kChaChaKey> chacha{};
  std::array<std::uint8_t, kNonce> nonce{};  ///< the salt in front stays
  IMB_MGR* library = nullptr;
  aes_gcm_enc_dec_t gcm_seal = nullptr;  ///< null for ChaCha20-Poly1305
  aes_gcm_enc_dec_t gcm_open = nullptr;
};

MultiBufferKey::MultiBufferKey(std::unique_ptr<Expanded> expanded) : expanded_(std::move(expanded)) {}
MultiBufferKey::MultiBufferKey(MultiBufferKey&&) noexcept = default;
MultiBufferKey& MultiBufferKey::operator=(MultiBufferKey&&) noexcept = default;
MultiBufferKey::~MultiBufferKey() = default;

void MultiBufferKey::seal(const crypto::PacketView& packet, MutableOctets icv) {
  CHECK(packet.iv.size() == kIv);
  expanded_->run(packet, true, icv);
}

bool MultiBufferKey::open(const crypto::PacketView& packet, OctetView icv) {
  CHECK(packet.iv.size() == kIv && icv.size() <= 16);
  std::array<std::uint8_t, 16> tag{};
  const auto computed = MutableOctets(tag).first(icv.size());
  expanded_->run(packet, false, computed);
  if (secret_equal(computed, icv)) return true;
  // What was decrypted before its tag was known is no plaintext.
  std::ranges::fill(packet.text, std::uint8_t{0});
  return false;
}

MultiBuffer::MultiBuffer(std::unique_ptr<Manager> manager) : manager_(std::move(manager)) {}
MultiBuffer::~MultiBuffer() = default;

std::unique_ptr<MultiBuffer> MultiBuffer::probe(crypto::Library& reference) {
  auto manager = std::make_unique<Manager>();
  manager->library.reset(alloc_mb_mgr(0));
  if (!manager->library) return nullptr;
  init_mb_mgr_auto(manager->library.get(), nullptr);
  constexpr std::uint64_t kNeeded = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ;
  if (imb_get_errno(manager->library.get()) != 0 || (manager->library->features & kNeeded) != kNeeded) return nullptr;
  std::unique_ptr<MultiBuffer> found(new MultiBuffer(std::move(manager)));
  for (const auto& algorithms : offered_algorithms()) {
    if (found->agrees(reference, algorithms)) found->trusted_.push_back(algorithms);
  }
  return found->trusted_.empty() ? nullptr : std::move(found);
}

std::optional<MultiBufferKey> MultiBuffer::key(const PacketKeys& keys) const {
  if (std::ranges::find(trusted_, keys.algorithms) == trusted_.end()) return std::nullopt;
  return expand(keys);
}

std::optional<MultiBufferKey> MultiBuffer::expand(const PacketKeys& keys) const {
  auto* const library = manager_->library.get();
  const auto sizes = crypto::packet_sizes(keys.algorithms);
  if (keys.encryption.size() != sizes.encryption_key || sizes.encryption_key <= kSalt) return std::nullopt;
  const OctetView cipher_key = keys.encryption.reveal().first(sizes.encryption_key - kSalt);
  auto expanded = std::make_unique<MultiBufferKey::Expanded>();
  expanded->library = library;
  std::ranges::copy(keys.encryption.reveal().last(kSalt), expanded->nonce.begin());
  if (!is_gcm(keys.algorithms.encryption)) {
    CHECK(cipher_key.size() == kChaChaKey);
    std::ranges::copy(cipher_key, expanded->chacha.begin());
    return MultiBufferKey(std::move(expanded));
  }
  struct Functions {
    aes_gcm_pre_t expand;
    aes_gcm_enc_dec_t seal;
    aes_gcm_enc_dec_t open;
  };
  Functions functions{library->gcm128_pre, library->gcm128_enc, library->gcm128_dec};
  if (cipher_key.size() == 24) functions = {library->gcm192_pre, library->gcm192_enc, library->gcm192_dec};
  if (cipher_key.size() == 32) functions = {library->gcm256_pre, library->gcm256_enc, library->gcm256_dec};
  functions.expand(cipher_key.data(), &expanded->gcm);
  expanded->gcm_seal = functions.seal;
  expanded->gcm_open = functions.open;
  return MultiBufferKey(std::move(expanded));
}

bool MultiBuffer::agrees(crypto::Library& reference, const PacketAlgorithms& algorithms) const {
  const auto sizes = crypto::packet_sizes(algorithms);
  PacketKeys keys{algorithms, Secret(sizes.encryption_key), {}};
  for (std::size_t i = 0; i < keys.encryption.size(); ++i) {
    keys.encryption.reveal_mutable()[i] = static_cast<std::uint8_t>(i * 11 + 1);
  }
  auto key = expand(keys);
  if (!key) return false;
  const Octets header(12, 0x5a), iv(kIv, 0xc3);
  // The library takes other ways for other lengths; these meet each of them.
  for (const std::size_t length : {2U, 16U, 18U, 64U, 130U, 256U, 514U, 1026U, 1402U, 9002U}) {
    Octets expected(length, 0x77), text = expected, icv(sizes.icv), expected_icv(sizes.icv);
    const Octets plain = text;
    for (const std::size_t associated : {8U, 12U}) {
      expected = text = plain;
      const auto aad = OctetView(header).first(associated);
      crypto::seal(reference, keys, {aad, iv, expected, {}}, expected_icv);
      key->seal({aad, iv, text, {}}, icv);
      if (text != expected || icv != expected_icv || !key->open({aad, iv, text, {}}, icv) || text != plain)
        return false;
    }
  }
  return true;
}

}  // namespace keypact::esp

#else  // a machine for which there is no libipsec-mb

namespace keypact::esp {

struct MultiBufferKey::Expanded {};
struct MultiBuffer::Manager {};

MultiBufferKey::MultiBufferKey(std::unique_ptr<Expanded> expanded) : expanded_(std::move(expanded)) {}
MultiBufferKey::MultiBufferKey(MultiBufferKey&&) noexcept = default;
MultiBufferKey& MultiBufferKey::operator=(MultiBufferKey&&) noexcept = default;
MultiBufferKey::~MultiBufferKey() = default;
void MultiBufferKey::seal(const crypto::PacketView&, MutableOctets) { CHECK(expanded_ != nullptr); }
bool MultiBufferKey::open(const crypto::PacketView&, OctetView) { return false; }

MultiBuffer::MultiBuffer(std::unique_ptr<Manager> manager) : manager_(std::move(manager)) {}
MultiBuffer::~MultiBuffer() = default;
std::unique_ptr<MultiBuffer> MultiBuffer::probe(crypto::Library&) { return nullptr; }
std::optional<MultiBufferKey> MultiBuffer::key(const PacketKeys&) const { return std::nullopt; }

}  // namespace keypact::esp

#endif
