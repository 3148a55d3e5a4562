// Why something that a CA makes could not be made: a certificate, a list of revoked ones, a key, a container.
#pragma once

#include <string>

namespace keypact::pki {

struct MakingError {
  std::string why;  ///< a sentence without its full stop
};

}  // namespace keypact::pki
