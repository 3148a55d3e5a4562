// What may stand in the sections of swanctl.conf: every setting with the form of its value, and whether this version acts on
// it. The readers of connections and secrets take the meaning from there.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace keypact::config {

enum class Form : std::uint8_t {
  text,
  boolean,
  number,       ///< 32 bits
  long_number,  ///< 64 bits
  time,
  octet_count,
  dscp,
  words,  ///< one of SettingRule::words
  hexadecimal,
  address,
  address_range,
  identity,  ///< any text: what it means depends on the method that will use it
};

enum class Effect : std::uint8_t {
  full,     ///< a reader asks for it and checks its value
  none,     ///< the engine does not act on it yet: said in a warning unless the value is what happens anyway
  refused,  ///< as none, but without it the tunnel would be another one: an error
};

struct SettingRule {
  std::string_view name;  ///< "id*": with any suffix; "#": a number
  Form form = Form::text;
  Effect effect = Effect::full;
  std::string_view harmless =
      {};  ///< values that describe what happens anyway, joined by "|", in the form that `canonical` gives; "*": all
  std::string_view words = {};  ///< for Form::words, joined by "|"
  bool is_list = false;
};

struct SectionRules {
  std::string_view kind;  ///< "a connection"
  std::span<const SettingRule> settings;
  std::span<const std::string_view> sections;  ///< names, or "local*" for names with any suffix

  [[nodiscard]] const SettingRule* setting(std::string_view name) const;
  [[nodiscard]] bool has_section(std::string_view name) const;
};

namespace rules {
extern const SectionRules kRoot;
extern const SectionRules kConnections;
extern const SectionRules kConnection;
extern const SectionRules kLocal;
extern const SectionRules kRemote;
extern const SectionRules kCertificate;
extern const SectionRules kChildren;
extern const SectionRules kChild;
extern const SectionRules kSecrets;
extern const SectionRules kIkeSecret;
extern const SectionRules kOtherSecret;  ///< EAP, XAuth, NTLM, PPK
extern const SectionRules kKeyPassphrase;
extern const SectionRules kToken;
extern const SectionRules kPools;
extern const SectionRules kPool;
extern const SectionRules kAuthorities;
extern const SectionRules kAuthority;
extern const SectionRules kRadius;
extern const SectionRules kRadiusServer;
extern const SectionRules kSharedKeyMessage;  ///< the control interface's load-shared
}  // namespace rules

}  // namespace keypact::config
