// A RADIUS server's answers, made with OpenSSL and not with what is tested.
#include <openssl/evp.h>

#include "radius/test_answer.h"

namespace keypact::radius {

Octets sign_answer(Packet answer, const Authenticator& request, std::string_view secret) {
  answer.authenticator = request;
  auto octets = encode(answer).value();
  std::array<std::uint8_t, 16> digest{};
  std::size_t written = 0;
  EVP_Q_mac(nullptr, "HMAC", nullptr, "MD5", nullptr, secret.data(), secret.size(), octets.data(), octets.size(),
            digest.data(), digest.size(), &written);
  for (auto& attribute : answer.attributes)
    if (attribute.type == Type::Message_Authenticator && attribute.value.size() == digest.size())
      attribute.value.assign(digest.begin(), digest.end());
  octets = encode(answer).value();
  append(octets, as_octets(secret));
  EVP_Q_digest(nullptr, "MD5", nullptr, octets.data(), octets.size(), answer.authenticator.data(), &written);
  return encode(answer).value();
}

}  // namespace keypact::radius
