#include "cli/pki_arguments.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace keypact::cli {
namespace {

constexpr unsigned kMostDays = 36525;
constexpr unsigned kDaysOfAuthority = 3650;
constexpr unsigned kDaysOfServer = 825;  // Apple takes no server's that is valid for longer
constexpr unsigned kDaysOfClient = 1095;
constexpr unsigned kDaysOfList = 30;
constexpr const char* kFolder = "/etc/keypact/ca";

void add_days(CLI::App& verb, PkiOptions& options, unsigned by_default, const std::string& what) {
  verb.add_option("--days", options.days, what + " (" + std::to_string(by_default) + ")")
      ->type_name("N")
      ->check(CLI::Range(1U, kMostDays));
}

void add_key(CLI::App& verb, PkiOptions& options) {
  verb.add_option("--key", options.key, "ecdsa (P-256, the default), rsa (3072 bits) or ed25519")
      ->type_name("KIND")
      ->check(CLI::IsMember({"ecdsa", "rsa", "ed25519"}));
}

void add_passphrase(CLI::App& verb, PkiOptions& options) {
  verb.add_option("--passphrase-file", options.passphrase_file,
                  "first line: the passphrase of the CA's key (else it is asked for, on a terminal)")
      ->type_name("FILE");
}

CLI::App* add_init(CLI::App& pki, PkiOptions& options) {
  auto* init = pki.add_subcommand("init", "make a CA");
  init->add_option("--name", options.name,
                   "who it is: a CN, or a whole name such as \"C=CH, O=Example, CN=Example CA\"")
      ->required();
  add_key(*init, options);
  add_days(*init, options, kDaysOfAuthority, "days that it is valid");
  init->add_flag("--encrypt", options.encrypt, "encrypt its key with a passphrase");
  add_passphrase(*init, options);
  return init;
}

CLI::App* add_role(CLI::App& issue, PkiOptions& options, const std::string& role) {
  auto* verb = issue.add_subcommand(role, role == "server" ? "for a gateway, or an end of a tunnel between sites"
                                                           : "for one who connects to a gateway");
  verb->add_option("NAME", options.name,
                   role == "server" ? "its DNS name or address" : "a mail address or another name")
      ->required();
  verb->add_option("--dns", options.dns, "a DNS name of it; may be repeated")->type_name("NAME");
  if (role == "server") verb->add_option("--ip", options.addresses, "an address of it")->type_name("ADDRESS");
  else verb->add_option("--email", options.emails, "a mail address of it")->type_name("ADDRESS");
  add_key(*verb, options);
  add_days(*verb, options, role == "server" ? kDaysOfServer : kDaysOfClient, "days that it is valid");
  verb->add_option("--crl-uri", options.crl_uri, "where peers find the list of revoked certificates: http://...")
      ->type_name("URI");
  verb->add_option("--out", options.out, "folder that gets x509/, private/ and x509ca/ (DIR/ends/NAME)")
      ->type_name("FOLDER");
  verb->add_flag("--again", options.again, "although it has one: a new key, in place of the files that are there");
  auto* p12 = verb->add_flag("--p12", options.p12, "make NAME.p12 too, for Windows, Apple and Android");
  verb->add_flag("--p12-legacy", options.p12_legacy, "with triple DES, for what is older than Windows Server 2019")
      ->needs(p12);
  verb->add_option("--p12-passphrase-file", options.p12_passphrase_file,
                   "first line: the passphrase of NAME.p12 (else it is asked for, on a terminal)")
      ->type_name("FILE")
      ->needs(p12);
  add_passphrase(*verb, options);
  return verb;
}

CLI::App* add_revoke(CLI::App& pki, PkiOptions& options) {
  auto* revoke = pki.add_subcommand("revoke", "take a certificate back, and make the list of those anew");
  revoke->add_option("NAME", options.name, "whose it is, or its serial number")->required();
  revoke->add_option(
      "--reason", options.reason,
      "unspecified, keyCompromise, CACompromise, affiliationChanged, superseded or cessationOfOperation");
  return revoke;
}

}  // namespace

CLI::App* add_pki(CLI::App& app, PkiOptions& options) {
  auto* pki = app.add_subcommand("pki", "a small CA: certificates for gateways and clients");
  options.folder = kFolder;
  pki->add_option("--dir", options.folder, std::string("folder of the CA (") + kFolder + ")")->type_name("DIR");
  auto* init = add_init(*pki, options);
  auto* issue = pki->add_subcommand("issue", "make a key and a certificate");
  auto* server = add_role(*issue, options, "server");
  auto* client = add_role(*issue, options, "client");
  issue->require_subcommand(1);
  auto* revoke = add_revoke(*pki, options);
  auto* crl = pki->add_subcommand("crl", "make the list of revoked certificates anew");
  crl->add_option("--out", options.out, "write it there too")->type_name("FILE");
  for (auto* verb : {revoke, crl}) {
    add_days(*verb, options, kDaysOfList, "days that the list is valid");
    add_passphrase(*verb, options);
  }
  auto* list = pki->add_subcommand("list", "what the CA issued");
  pki->require_subcommand(1);
  for (auto* verb : {init, issue, server, client, revoke, crl, list}) verb->fallthrough();
  return pki;
}

void finish_pki(CLI::App& pki, PkiOptions& options) {
  auto* const action = pki.get_subcommands().front();
  options.action = action->get_name();
  unsigned days = kDaysOfList;
  if (options.action == "init") days = kDaysOfAuthority;
  if (options.action == "issue") {
    options.role = action->get_subcommands().front()->get_name();
    days = options.role == "server" ? kDaysOfServer : kDaysOfClient;
  }
  if (options.days == 0) options.days = days;
}

}  // namespace keypact::cli
