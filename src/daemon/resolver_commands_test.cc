#include "daemon/resolver_commands.h"

#include <gmock/gmock.h>

namespace keypact::daemon {
namespace {

using Kind = SystemResolver::Kind;
using testing::ElementsAre;
using testing::IsEmpty;

const NameService kAllNames{{*IpAddress::parse("10.2.0.53"), *IpAddress::parse("2001:db8::53")}, {}};
const NameService kOneDomain{{*IpAddress::parse("10.2.0.53")}, {"corp.example", "lab.example"}};

std::vector<std::string> told(Kind kind, const NameService& service) {
  std::vector<std::string> lines;
  for (const auto& program : resolver_commands({kind, "tool"}, "kp0", service)) {
    std::string line;
    for (const auto& word : program.words) line += (line.empty() ? "" : " ") + word;
    lines.push_back(line + (program.input.empty() ? "" : " < " + program.input));
  }
  return lines;
}

TEST(ResolverCommands, SystemdResolvedKnowsServersAndDomainsOfAnInterface) {
  EXPECT_THAT(told(Kind::resolved, kAllNames),
              ElementsAre("tool dns kp0 10.2.0.53 2001:db8::53", "tool domain kp0 ~."));
  EXPECT_THAT(told(Kind::resolved, kOneDomain),
              ElementsAre("tool dns kp0 10.2.0.53", "tool domain kp0 ~corp.example ~lab.example"));
  EXPECT_THAT(told(Kind::resolved, {}), ElementsAre("tool revert kp0"));
}

/// Nothing goes there in clear, not even between two commands, and no server that is asked in clear beside them.
TEST(ResolverCommands, SystemdResolvedAsksOverTlsWhereItCan) {
  const EncryptedDns one{
      1, "dns.corp.example", {*IpAddress::parse("10.2.0.53"), *IpAddress::parse("2001:db8::53")}, {"dot"}, {}, {}};
  const EncryptedDns other{2,       "b.example", {*IpAddress::parse("10.2.0.54"), *IpAddress::parse("2001:db8::54")},
                           {"dot"}, 8853,        {}};
  const NameService service{{*IpAddress::parse("10.2.0.1")}, {}, {one, other}};
  EXPECT_THAT(told(Kind::resolved, service),
              ElementsAre("tool dnsovertls kp0 yes",
                          "tool dns kp0 10.2.0.53#dns.corp.example 2001:db8::53#dns.corp.example "
                          "10.2.0.54:8853#b.example [2001:db8::54]:8853#b.example",
                          "tool domain kp0 ~."));
  EXPECT_TRUE(asks_by_tls({Kind::resolved, "tool"}, service));
  EXPECT_FALSE(asks_by_tls({Kind::openresolv, "tool"}, service));
  EXPECT_THAT(told(Kind::openresolv, service), ElementsAre("tool -x -a kp0.keypact < nameserver 10.2.0.1\n"));
}

TEST(ResolverCommands, OpenresolvKeepsServersToTheirDomains) {
  EXPECT_THAT(told(Kind::openresolv, kAllNames),
              ElementsAre("tool -x -a kp0.keypact < nameserver 10.2.0.53\nnameserver 2001:db8::53\n"));
  EXPECT_THAT(told(Kind::openresolv, kOneDomain),
              ElementsAre("tool -p -a kp0.keypact < nameserver 10.2.0.53\nsearch corp.example lab.example\n"));
  EXPECT_THAT(told(Kind::openresolv, {}), ElementsAre("tool -f -d kp0.keypact"));
}

TEST(ResolverCommands, DebiansResolvconfServesAllNamesOnly) {
  EXPECT_THAT(told(Kind::resolvconf, kAllNames),
              ElementsAre("tool -a kp0.keypact < nameserver 10.2.0.53\nnameserver 2001:db8::53\n"));
  EXPECT_THAT(told(Kind::resolvconf, {}), ElementsAre("tool -d kp0.keypact"));
  EXPECT_FALSE(can_serve({Kind::resolvconf, "tool"}, kOneDomain)) << "RFC 8598 §5: for the listed domains alone";
  EXPECT_TRUE(can_serve({Kind::resolvconf, "tool"}, kAllNames));
  EXPECT_TRUE(can_serve({Kind::openresolv, "tool"}, kOneDomain));
}

TEST(ResolverCommands, NobodyIsToldWhereThereIsNoResolver) {
  EXPECT_THAT(told(Kind::none, kAllNames), IsEmpty());
  EXPECT_THAT(told(Kind::ignored, kAllNames), IsEmpty());
}

}  // namespace
}  // namespace keypact::daemon
