// Messages for the tests of the whole wire format: one of each payload kind, made by our encoder, and those recorded from
// strongSwan in tests/data/wire.
#pragma once

#include <string>
#include <vector>

#include "wire/message.h"

namespace keypact::wire {

struct Sample {
  std::string name;
  Octets message;
};

/// A whole message for each payload kind; names are file names.
std::vector<Sample> samples();

/// One recorded message or chain of tests/data/wire/strongswan-5.9.8.txt.
struct Recorded {
  std::string name;
  bool is_chain = false;                  ///< what an SK payload protected, else a whole message
  PayloadType first = PayloadType::None;  ///< of a chain
  std::string summary;                    ///< strongSwan's own reading
  Octets octets;
};
std::vector<Recorded> recorded();

/// The recorded octets as a message: a chain stands in clear behind an IKE header.
Octets as_message(const Recorded& record);

}  // namespace keypact::wire
