#include "cli/names.h"

#include <algorithm>

#include "cli/human.h"

namespace keypact::cli {

namespace {

const Connection* find_connection(const std::vector<Connection>& connections, std::string_view name) {
  const auto found =
      std::find_if(connections.begin(), connections.end(), [name](const Connection& c) { return c.name == name; });
  return found == connections.end() ? nullptr : &*found;
}

bool has_child(const Connection& connection, std::string_view name) {
  return std::any_of(connection.children.begin(), connection.children.end(),
                     [name](const ChildConfig& c) { return c.name == name; });
}

std::string remedy_for(const std::string& name, const std::vector<std::string>& candidates) {
  if (candidates.empty()) return "Add it to the configuration, then run: keypact reload";
  if (const auto near = nearest(name, candidates); !near.empty()) return "Did you mean '" + near + "'?";
  std::string all;
  for (const auto& candidate : candidates) all += (all.empty() ? "" : ", ") + candidate;
  return "There is: " + all;
}

Outcome<Target> child_of(const Connection& connection, const std::string& child) {
  if (has_child(connection, child)) return Target{connection.name, child};
  std::vector<std::string> candidates;
  for (const auto& c : connection.children) candidates.push_back(c.name);
  return failed({"no such child", "connection '" + connection.name + "' has no child '" + child + "'",
                 remedy_for(child, candidates)});
}

Outcome<Target> unknown_name(const std::vector<Connection>& connections, const std::string& name) {
  std::vector<std::string> candidates;
  for (const auto& connection : connections) {
    candidates.push_back(connection.name);
    for (const auto& child : connection.children) candidates.push_back(connection.name + "/" + child.name);
    for (const auto& child : connection.children) candidates.push_back(child.name);
  }
  const std::string why = "the daemon has no connection or child '" + name + "'";
  return failed({"no such name", why, remedy_for(name, candidates)});
}

}  // namespace

Outcome<Target> target(const std::vector<Connection>& connections, const std::string& name, const std::string& child) {
  if (const auto* connection = find_connection(connections, name)) {
    if (child.empty()) return Target{name, {}};
    return child_of(*connection, child);
  }
  // Names may hold slashes themselves, so each one may be the one that separates.
  for (auto slash = name.find('/'); slash != std::string::npos && child.empty(); slash = name.find('/', slash + 1)) {
    const auto* connection = find_connection(connections, name.substr(0, slash));
    if (connection != nullptr) return child_of(*connection, name.substr(slash + 1));
  }
  std::vector<Target> owners;
  for (const auto& connection : connections) {
    if (child.empty() && has_child(connection, name)) owners.push_back({connection.name, name});
  }
  if (owners.empty()) return unknown_name(connections, name);
  if (owners.size() == 1) return owners.front();
  std::string all;
  for (const auto& owner : owners) all += (all.empty() ? "" : ", ") + owner.to_string();
  return failed({"ambiguous name", "several connections have a child '" + name + "'", "Say which: " + all},
                ExitCode::usage);
}

Outcome<std::vector<Target>> targets(const std::vector<Connection>& connections, const std::string& name,
                                     const std::string& child) {
  TRY(const auto one, target(connections, name, child));
  const auto* connection = find_connection(connections, one.connection);
  if (!one.child.empty() || connection->children.empty()) return std::vector{one};
  std::vector<Target> all;
  for (const auto& c : connection->children) all.push_back({one.connection, c.name});
  return all;
}

}  // namespace keypact::cli
