// LoadedCredentials: certificates, keys and authorities that clients loaded over vici, to lie over those of the files.
#pragma once

#include <map>

#include "config/credential_file.h"

namespace keypact::control {

class LoadedCredentials {
 public:
  using Stored = config::StoredCredentials;

  /// Into the list of its kind; what is there already is not there twice.
  void add(std::vector<config::CredentialFile> Stored::* kind, config::CredentialFile file);
  /// `id`: SHA-1 of the subjectPublicKey, in hexadecimal.
  void add_key(std::string id, config::KeyFile key) { keys_.insert_or_assign(std::move(id), std::move(key)); }
  bool remove_key(const std::string& id) { return keys_.erase(id) > 0; }
  [[nodiscard]] std::vector<std::string> keys() const;
  /// Takes the place of the one of its name.
  void put(config::AuthoritySection section);
  bool remove_authority(const std::string& name) { return authorities_.erase(name) > 0; }
  [[nodiscard]] std::vector<std::string> authorities() const;
  /// Certificates and keys; authorities have a command of their own.
  void clear();

  /// All of both. An authority takes the place of the files' one of its name.
  [[nodiscard]] std::shared_ptr<const Stored> over(const std::shared_ptr<const Stored>& files) const;

 private:
  Stored stored_;  ///< without keys and authorities
  std::map<std::string, config::KeyFile> keys_;
  std::map<std::string, config::AuthoritySection> authorities_;
};

}  // namespace keypact::control
