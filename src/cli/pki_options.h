// What `keypact pki` was asked for.
#pragma once

#include <string>
#include <vector>

#include "base/octets.h"

namespace keypact::cli {

struct PkiOptions {
  std::string action;  ///< "init", "issue", "revoke", "crl", "list"
  std::string folder;  ///< of the CA
  std::string name;    ///< of the CA, or whose certificate it is; of `revoke` also a serial number
  std::string key;     ///< "ecdsa", "rsa", "ed25519"
  unsigned days = 0;
  std::string passphrase_file;  ///< of the CA's key; empty: asked for on the terminal, where there is one
  bool encrypt = false;         ///< init: the key gets a passphrase

  // of "issue"
  std::string role;  ///< "server", "client"
  std::vector<std::string> dns;
  std::vector<std::string> addresses;
  std::vector<std::string> emails;
  std::string crl_uri;
  bool again = false;
  bool p12 = false;
  bool p12_legacy = false;
  std::string p12_passphrase_file;

  std::string reason;  ///< of revoke
  std::string out;     ///< of "issue": a folder like swanctl's; of "crl": a file besides the CA's own
};

}  // namespace keypact::cli
