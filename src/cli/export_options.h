// What `keypact export` was asked for.
#pragma once

#include <string>

namespace keypact::cli {

struct ExportOptions {
  std::string form;    ///< "mobileconfig", "powershell", "sswan"
  std::string folder;  ///< of the gateway's swanctl.conf
  std::string connection;
  std::string server;
  std::string child;
  std::string identity;
  std::string title;
  std::string authority;  ///< file with the certificate of a CA; empty: the gateway's
  std::string container;  ///< file, PKCS#12; empty: none
  std::string passphrase_file;
  std::string out;  ///< empty: the connection's name
};

}  // namespace keypact::cli
