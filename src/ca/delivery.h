// What an end of a tunnel gets of its CA: the files of swanctl's folders, and a container for devices of others.
#pragma once

#include "ca/authority.h"
#include "pki/pkcs12_maker.h"

namespace keypact::ca {

struct Container {
  pki::Pkcs12Cipher cipher = pki::Pkcs12Cipher::aes_256;
  Secret passphrase;
};

struct Delivery {
  std::string folder;  ///< as swanctl.conf's: x509/, private/ and x509ca/ stand in it
  std::string name;    ///< of the certificate
  std::optional<Container> container;
};

/// Writes x509/NAME.pem, private/NAME.pem, x509ca/ca.pem and NAME.p12; the paths, in this order. A private key is not replaced unless
/// `again`, a certificate of another CA never. On an error, all files are what they were.
[[nodiscard]] Result<std::vector<std::string>> deliver(const Delivery& delivery, const Made& made,
                                                       const pki::Certificate& authority, bool again);

/// What deliver() refuses, to be asked before anything is issued.
[[nodiscard]] Result<void> check_delivery(const Delivery& delivery, const pki::Certificate& authority, bool again);

}  // namespace keypact::ca
