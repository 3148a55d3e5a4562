#include "control/loaded_credentials.h"

#include <algorithm>

namespace keypact::control {

namespace {

using Files = std::vector<config::CredentialFile> config::StoredCredentials::*;

constexpr Files kKinds[] = {&config::StoredCredentials::certificates, &config::StoredCredentials::authorities,
                            &config::StoredCredentials::ocsp_signers, &config::StoredCredentials::crls,
                            &config::StoredCredentials::public_keys};

template <class Value>
std::vector<std::string> names_of(const std::map<std::string, Value>& values) {
  std::vector<std::string> names;
  for (const auto& [name, value] : values) names.push_back(name);
  return names;
}

}  // namespace

void LoadedCredentials::add(Files kind, config::CredentialFile file) {
  auto& list = stored_.*kind;
  if (std::ranges::find(list, file) == list.end()) list.push_back(std::move(file));
}

std::vector<std::string> LoadedCredentials::keys() const { return names_of(keys_); }

void LoadedCredentials::put(config::AuthoritySection section) {
  auto name = section.name;
  authorities_.insert_or_assign(std::move(name), std::move(section));
}

std::vector<std::string> LoadedCredentials::authorities() const { return names_of(authorities_); }

void LoadedCredentials::clear() {
  stored_ = {};
  keys_.clear();
}

std::shared_ptr<const LoadedCredentials::Stored> LoadedCredentials::over(
    const std::shared_ptr<const Stored>& files) const {
  auto all = std::make_shared<Stored>(*files);
  for (const auto kind : kKinds) {
    auto& list = (*all).*kind;
    list.insert(list.end(), (stored_.*kind).begin(), (stored_.*kind).end());
  }
  for (const auto& [id, key] : keys_) all->private_keys.push_back(key);
  std::erase_if(all->authority_sections, [&](const auto& section) { return authorities_.contains(section.name); });
  for (const auto& [name, section] : authorities_) all->authority_sections.push_back(section);
  return *all == *files ? files : all;
}

}  // namespace keypact::control
