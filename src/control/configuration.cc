#include "control/configuration.h"

#include <utility>

namespace keypact::control {

namespace {

template <class Value>
std::vector<std::string> names_of(const std::map<std::string, Value>& loaded) {
  std::vector<std::string> names;
  names.reserve(loaded.size());
  for (const auto& [name, value] : loaded) names.push_back(name);
  return names;
}

using ByName = std::map<std::string_view, const config::Connection*>;

ByName by_name(const config::Snapshot& snapshot) {
  ByName found;
  for (const auto& connection : snapshot.connections) found.emplace(connection->name, connection.get());
  return found;
}

}  // namespace

Changes changes_between(const config::Snapshot& before, const config::Snapshot& after) {
  Changes changes;
  const auto old_ones = by_name(before);
  const auto new_ones = by_name(after);
  for (const auto& connection : after.connections) {
    const auto old = old_ones.find(connection->name);
    if (old == old_ones.end()) {
      changes.added.push_back(connection->name);
    } else if (old->second != connection.get() && *old->second != *connection) {
      changes.changed.push_back(connection->name);
    }
  }
  for (const auto& connection : before.connections) {
    if (!new_ones.contains(connection->name)) changes.removed.push_back(connection->name);
  }
  return changes;
}

Configuration::Configuration()
    : files_(std::make_shared<config::Snapshot>()),
      stored_(files_->stored),
      current_(files_),
      credentials_(std::make_shared<const ike::Credentials>()) {}

void Configuration::set_files(SnapshotPointer files, const CredentialsPointer& parsed) {
  files_ = std::move(files);
  stored_ = loaded_.over(files_->stored);
  if (parsed) credentials_ = parsed;
  rebuild();
}

Result<std::vector<config::Diagnostic>, std::vector<config::Diagnostic>> Configuration::load(
    const ConnectionPointer& connection) {
  auto changed = config::with_connection(*current_, connection);
  // What connections that were replaced left behind goes from time to time.
  const bool has_leftovers = credentials_->rounds() > 4 * changed->connections.size() + 64;
  auto credentials =
      has_leftovers ? ike::Credentials::of(*changed, credentials_.get()) : credentials_->with(*connection);
  if (!credentials) return failure(std::move(credentials.error()));
  connections_[connection->name] = connection;
  current_ = std::move(changed);
  credentials_ = std::move(*credentials);
  return credentials_->warnings_of(*connection);
}

bool Configuration::unload_connection(const std::string& name) {
  if (connections_.erase(name) == 0) return false;
  rebuild();
  return true;
}

std::vector<std::string> Configuration::loaded_connections() const { return names_of(connections_); }

void Configuration::load(SecretPointer secret) {
  if (secret->key.name.empty()) {
    nameless_secrets_.push_back(secret);
    put(secret);
    return;
  }
  auto& held = secrets_[secret->key.name];
  const auto old = std::exchange(held, secret);
  if (old && old->kind != secret->kind) rebuild();
  else put(secret);
}

void Configuration::load(const PoolPointer& pool) {
  pools_[pool->name] = pool;
  current_ = config::with_pool(*current_, pool);
}

bool Configuration::unload_pool(const std::string& name) {
  if (pools_.erase(name) == 0) return false;
  rebuild();
  return true;
}

void Configuration::unload_secret(const std::string& name) {
  if (secrets_.erase(name) > 0) rebuild();
}

void Configuration::unload_all_secrets() {
  secrets_.clear();
  nameless_secrets_.clear();
  rebuild();
}

std::vector<std::string> Configuration::loaded_secrets() const { return names_of(secrets_); }

void Configuration::put(const SecretPointer& secret) {
  using enum config::SecretKind;
  if (secret->kind == eap || secret->kind == ntlm)
    current_ = config::with_eap_secret(
        *current_, std::make_shared<const config::EapSecret>(config::EapSecret{
                       secret->key.name, secret->identities, secret->key.secret.clone(), secret->kind == ntlm}));
  if (secret->kind == ppk)
    current_ = config::with_ppk(*current_, std::make_shared<const config::Ppk>(config::Ppk{
                                               secret->key.name, secret->ppk_ids, secret->key.secret.clone()}));
  if (secret->kind != ike) return;
  current_ = config::with_shared_key(*current_, std::shared_ptr<const config::SharedKey>(secret, &secret->key));
}

void Configuration::rebuild() {
  current_ = files_;
  if (stored_ != files_->stored) {
    auto with_loaded = std::make_shared<config::Snapshot>(*files_);
    with_loaded->stored = stored_;
    current_ = std::move(with_loaded);
  }
  for (const auto& [name, connection] : connections_) current_ = config::with_connection(*current_, connection);
  for (const auto& [name, secret] : secrets_) put(secret);
  for (const auto& secret : nameless_secrets_) put(secret);
  for (const auto& [name, pool] : pools_) current_ = config::with_pool(*current_, pool);
  // What is wrong in a connection was found when it was loaded; without its credentials it can do nothing.
  if (auto credentials = ike::Credentials::of(*current_, credentials_.get())) credentials_ = std::move(*credentials);
}

}  // namespace keypact::control
