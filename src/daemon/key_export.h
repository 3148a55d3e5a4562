// KeyExport: the keys of all SAs as tables that Wireshark reads (ikev2_decryption_table, esp_sa). Only when asked for at start.
#pragma once

#include <string>

#include "base/result.h"
#include "ike/core/event.h"

namespace keypact::daemon {

class KeyExport {
 public:
  /// The directory exists and belongs to us.
  explicit KeyExport(std::string directory) : directory_(std::move(directory)) {}

  /// Appends a line for an event that carries keys; other events are nothing to it.
  [[nodiscard]] Result<void> event(const ike::Event& event) const;

 private:
  std::string directory_;
};

}  // namespace keypact::daemon
