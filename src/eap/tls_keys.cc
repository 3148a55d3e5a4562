#include "eap/tls_keys.h"

namespace keypact::eap {

Msk tls_msk(const TlsSession& session, Method method) {
  constexpr std::size_t kKeyMaterial = 128;  // MSK and EMSK
  // RFC 9190 §2.3: the type is the context, for the methods that came after EAP-TLS as well.
  const auto material =
      session.is_tls13()
          ? session.export_key("EXPORTER_EAP_TLS_Key_Material", Octets{static_cast<std::uint8_t>(method)}, kKeyMaterial)
          : session.export_key(method == Method::TTLS ? "ttls keying material" : "client EAP encryption", std::nullopt,
                               kKeyMaterial);
  return Msk(Secret::copy_of(material.reveal().first(kMskOctets)));
}

}  // namespace keypact::eap
