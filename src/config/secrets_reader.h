// From the section secrets, and from the control interface's load-shared, to SharedKeys. No value of theirs is ever quoted.
#pragma once

#include <memory>
#include <optional>

#include "config/problems.h"
#include "config/settings_tree.h"
#include "config/snapshot.h"

namespace keypact::config {

/// What `secrets { ... }` says of keys and passwords.
struct Secrets {
  std::vector<std::shared_ptr<const SharedKey>> ike;
  std::vector<std::shared_ptr<const EapSecret>> eap;
  std::vector<std::shared_ptr<const Ppk>> ppks;
};
[[nodiscard]] Secrets read_secrets(const SettingsSection& section, Problems& problems);

/// `ike-1 { secret = ... id-1 = ... }`. Nothing when the problems have got an error.
[[nodiscard]] std::optional<SharedKey> read_shared_key(const SettingsSection& section, const std::string& path,
                                                       Problems& problems);

enum class SecretKind : std::uint8_t { ike, eap, xauth, ntlm, ppk };

/// A secret of the control interface. The pre-shared keys of IKE, the passwords of EAP and PPKs are what this version uses.
struct LoadedSecret {
  SecretKind kind = SecretKind::ike;
  SharedKey key;  ///< of other kinds than IKE without its owners
  std::vector<std::string>
      identities;                 ///< of other kinds than IKE, as written: the method that will use them knows the form
  std::vector<Octets> ppk_ids{};  ///< of a PPK
};

/// `id`, `type`, `data` and the list `owners`. Nothing when the problems have got an error; a warning says when nothing uses
/// secrets of this type yet.
[[nodiscard]] std::optional<LoadedSecret> read_shared_key_message(const SettingsSection& message, Problems& problems);

}  // namespace keypact::config
