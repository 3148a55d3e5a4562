#include "config/credential_files.h"

#include "config/config_limits.h"
#include "config/secret_grammar.h"

namespace keypact::config {
namespace {

std::shared_ptr<const Secret> shared(Secret secret) { return std::make_shared<const Secret>(std::move(secret)); }

bool is_written_out(std::string_view text) {
  const auto form = lower_case(text.substr(0, 2));
  return form == "0x" || form == "0s";
}

}  // namespace

std::string CredentialFiles::path_of(std::string_view folder, std::string_view name) const {
  if (name.starts_with('/')) return std::string(name);
  std::string path = directory_;
  if (!path.empty()) path += '/';
  return path.append(folder).append("/").append(name);
}

std::optional<CredentialFile> CredentialFiles::file(const std::string& path, const SourcePosition& at,
                                                    const std::string& named_by) {
  const auto place = problems_.place(at);
  if (const auto known = read_.find(path); known != read_.end()) {
    if (!known->second) return std::nullopt;  // said already
    return CredentialFile{path, place, known->second};
  }
  if (read_.size() >= limits::kCredentialFiles || octets_ >= limits::kAllCredentialOctets) {
    if (!told_too_many_)
      problems_.error(at, {"too many certificates and keys at " + printable(path),
                           "at most " + std::to_string(limits::kCredentialFiles) + " files with " +
                               std::to_string(limits::kAllCredentialOctets) + " octets in all"});
    told_too_many_ = true;
    return std::nullopt;
  }
  auto octets = source_.read(path, std::min(limits::kCredentialOctets, limits::kAllCredentialOctets - octets_));
  auto& kept = read_[path];
  if (!octets) {
    problems_.error(at, {named_by + octets.error().what, octets.error().why, octets.error().remedy});
    return std::nullopt;
  }
  octets_ += octets->size();
  kept = shared(std::move(*octets));
  return CredentialFile{path, place, kept};
}

std::optional<CredentialFile> CredentialFiles::item(SectionReader& reader, const Setting& setting,
                                                    std::string_view text, std::string_view folder) {
  const auto name = reader.path() + '.' + printable(setting.name);
  if (is_written_out(text)) {
    auto octets = parse_secret(text);
    if (octets) return CredentialFile{name, problems_.place(setting.value_at), shared(std::move(*octets))};
    reader.wrong(setting, {std::string(text.substr(0, 2)), octets.error().why,
                           "a file whose name begins with 0x or 0s is named by its whole path"});
    return std::nullopt;
  }
  if (of_message_ && !text.starts_with('/')) {
    reader.wrong(setting, {std::string(text), "over the control interface, a file is named by its whole path"});
    return std::nullopt;
  }
  return file(path_of(folder, text), problems_.find(setting.value_at, text), name + ": ");
}

std::vector<CredentialFile> CredentialFiles::listed(SectionReader& reader, std::string_view setting_name,
                                                    std::string_view folder) {
  std::vector<CredentialFile> found;
  const auto* setting = reader.given(setting_name);
  if (setting == nullptr) return found;
  if (!of_message_) {
    for (const auto text : reader.items(*setting))
      if (auto one = item(reader, *setting, text, folder)) found.push_back(std::move(*one));
    return found;
  }
  if (setting->values.size() > limits::kListItems) {
    reader.wrong(*setting, {{}, "a list has at most " + std::to_string(limits::kListItems) + " items"});
    return found;
  }
  for (const auto& value : setting->values)
    if (!value.empty()) found.push_back({reader.path() + '.' + setting->name, {}, shared(value.clone())});
  return found;
}

std::optional<CredentialFile> CredentialFiles::named(SectionReader& reader, const Setting& setting,
                                                     std::string_view folder) {
  return item(reader, setting, setting.text(), folder);
}

std::vector<CredentialFile> CredentialFiles::all_in(std::string_view folder) {
  std::vector<CredentialFile> found;
  const auto names =
      source_.files_in(directory_.empty() ? std::string(folder) : directory_ + '/' + std::string(folder));
  if (!names) {
    problems_.error({}, {names.error().what, names.error().why, names.error().remedy});
    return found;
  }
  for (const auto& name : *names) {
    auto one = file(path_of(folder, name), {}, {});
    if (!one) continue;
    one->at.file = one->name;
    found.push_back(std::move(*one));
  }
  return found;
}

}  // namespace keypact::config
