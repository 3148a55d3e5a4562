// certs: the certificates and public keys that the daemon has, from its files and from clients.
#include "cli/certificate_record.h"
#include "cli/human.h"
#include "cli/records_json.h"
#include "cli/verbs.h"
#include "io/clock.h"

namespace keypact::cli {

namespace {

/// Certificates with less time than this left are worth a look.
constexpr std::int64_t kSoon = 30 * 86400;

std::string text_of(const CertificateRecord& record, std::int64_t now, const Style& style) {
  auto text = style.strong(style.shown(record.subject.empty() ? "(no subject)" : record.subject)) + '\n';
  text += "  " + record.kind + ", " + record.key + (record.private_key ? ", with its private key" : "") + '\n';
  const auto validity = validity_text(record, now);
  const bool is_valid = now >= record.not_before && now <= record.not_after;
  if (!validity.empty())
    text += "  " +
            (!is_valid                        ? style.bad(validity)
             : record.not_after - now < kSoon ? style.uncertain(validity)
                                              : validity) +
            '\n';
  if (!record.names.empty()) text += "  names: " + style.shown(joined(record.names, ", ")) + '\n';
  if (!record.issuer.empty() && record.issuer != record.subject)
    text += "  issued by " + style.shown(record.issuer) + '\n';
  return text;
}

}  // namespace

Outcome<ExitCode> certs(Daemon& daemon, const Console& console) {
  std::vector<CertificateRecord> found;
  const auto collect = [&found](std::string_view event, const vici::Message& message) {
    if (event != "list-cert") return;
    if (auto record = certificate_record(message)) found.push_back(std::move(*record));
  };
  TRY_VOID(daemon.register_event("list-cert"));
  TRY_VOID(daemon.call("list-certs", {}, collect));
  const auto now = std::chrono::floor<std::chrono::seconds>(io::wall_now()).time_since_epoch().count();
  if (console.json) console.print(certs_json(found));
  else if (found.empty()) console.print("there are no certificates and no public keys");
  else
    for (const auto& record : found) console.print(text_of(record, now, console.style));
  return ExitCode::ok;
}

}  // namespace keypact::cli
