// load-conn, load-shared and their opposites, and reload. A bad message or file never replaces what is good.
#include "config/connection_reader.h"
#include "config/secrets_reader.h"
#include "control/commands.h"
#include "control/message_reading.h"
#include "control/settings.h"
#include "vici/request_grammar.h"

namespace keypact::control {

namespace {

Answer named_list(std::string_view key, vici::Section::List names) {
  vici::Message answer;
  answer.list(key, std::move(names));
  return answer;
}

}  // namespace

Answer load_connection(const Call& call) {
  if (call.request.elements().size() != 1)
    return vici::refusal("load-conn takes one section, named after the connection");
  const auto& element = call.request.elements().front();
  const auto* section = std::get_if<vici::Section>(&element.content);
  if (section == nullptr) return vici::refusal("load-conn takes one section, named after the connection");
  const auto settings = settings_of(element.name, *section);
  auto read = read_message<config::Connection>([&](config::Problems& problems) {
    auto files = config::CredentialFiles::of_message(call.services.host.file_source(), problems);
    return config::read_connection(settings, "connections." + config::printable(element.name), problems, files);
  });
  if (!read) return read.error();
  auto loaded = call.services.configuration.load(std::make_shared<config::Connection>(std::move(read->first)));
  if (!loaded) return vici::refusal(one_line(loaded.error().front()));
  for (const auto& warning : *loaded) read->second.push_back(one_line(warning));
  return {done_with(read->second), true};
}

Answer unload_connection(const Call& call) {
  const auto name = vici::text_of(call.request, "name");
  if (!name) return vici::refusal("missing connection name");
  if (call.services.configuration.unload_connection(std::string(*name))) return {vici::success(), true};
  const bool from_files = call.services.configuration.current()->connection(*name) != nullptr;
  const auto quoted = "connection '" + config::printable(*name) + "' ";
  return vici::refusal(quoted + (from_files
                                     ? "comes from the configuration files, remove it there and run: keypact reload"
                                     : "is not loaded"));
}

Answer get_connections(const Call& call) {
  return named_list("conns", call.services.configuration.loaded_connections());
}

Answer load_shared(const Call& call) {
  const auto settings = settings_of("load-shared", call.request);
  auto read = read_message<config::LoadedSecret>(
      [&](config::Problems& problems) { return config::read_shared_key_message(settings, problems); });
  if (!read) return read.error();
  call.services.configuration.load(std::make_shared<config::LoadedSecret>(std::move(read->first)));
  return {done_with(read->second), true};
}

Answer unload_shared(const Call& call) {
  const auto id = vici::text_of(call.request, "id");
  if (!id) return vici::refusal("missing id of the shared key");
  call.services.configuration.unload_secret(std::string(*id));
  return {vici::success(), true};
}

Answer get_shared(const Call& call) { return named_list("keys", call.services.configuration.loaded_secrets()); }

Answer reload(const Call& call) {
  auto loaded = call.services.host.read_configuration();
  if (!loaded.snapshot) {
    auto answer = vici::refusal(loaded.error);
    answer.list("diagnostics", std::move(loaded.diagnostics));
    return answer;
  }
  const auto before = call.services.configuration.current();
  call.services.configuration.set_files(std::move(loaded.snapshot), loaded.credentials);
  const auto& after = *call.services.configuration.current();
  auto changes = changes_between(*before, after);
  auto answer = vici::success();
  answer.list("diagnostics", std::move(loaded.diagnostics));
  answer.key("connections", std::to_string(after.connections.size()));
  answer.key("secrets", std::to_string(after.ike_secrets.size()));
  answer.list("added", std::move(changes.added)).list("changed", std::move(changes.changed));
  answer.list("removed", std::move(changes.removed));
  return {std::move(answer), true};
}

}  // namespace keypact::control
