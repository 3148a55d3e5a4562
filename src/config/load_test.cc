// Loading whole configurations: defaults, errors with their places, masked secrets, and messages of the control interface.
#include <gmock/gmock.h>

#include <fstream>

#include "config/connection_reader.h"
#include "config/default_proposals.h"
#include "config/secrets_reader.h"
#include "config/test_texts.h"
#include "config/value_grammar.h"

namespace keypact::config {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Load, FillsInSwanctlsDefaults) {
  const auto c = connection(net(""));
  ASSERT_NE(c, nullptr);
  EXPECT_EQ(c->version, 0);
  EXPECT_EQ(c->local_addrs.front().kind, AddressPattern::Kind::any);
  EXPECT_EQ(c->remote_port, 500);
  EXPECT_EQ(c->ike_proposals, default_ike_offer());
  EXPECT_EQ(c->ike_acceptable, default_ike_acceptable());
  EXPECT_TRUE(c->mobike && !c->encap);
  EXPECT_EQ(c->rekey_time, hours(4));
  EXPECT_EQ(c->over_time, minutes(24));
  EXPECT_EQ(c->rand_time, minutes(24));
  EXPECT_EQ(c->keyingtries, std::nullopt);
  const auto* child = c->child("net");
  ASSERT_NE(child, nullptr);
  EXPECT_EQ(child->esp_proposals, default_esp_offer());
  EXPECT_EQ(child->esp_acceptable, default_esp_acceptable());
  EXPECT_TRUE(child->local_ts.front().dynamic && child->remote_ts.front().dynamic);
  EXPECT_EQ(child->rekey_time, hours(1));
  EXPECT_EQ(child->life_time, minutes(66));
  EXPECT_EQ(child->rand_time, minutes(6));
  EXPECT_EQ(child->replay_window, 32u);
  EXPECT_EQ(child->headers, HeaderHandling{});
  EXPECT_EQ(c->child("other"), nullptr);
}

TEST(Load, TakesWhatIsWritten) {
  const auto c = connection(gw(R"(
    version = 2
    local_addrs = 192.0.2.1
    remote_addrs = 192.0.2.2, gw.example.org
    proposals = aes256gcm16-prfsha384-ecp384, default
    dscp = 101110
    encap = yes
    mobike = no
    fragmentation = no
    unique = replace
    dpd_delay = 30s
    rekey_time = 0
    reauth_time = 2h
    keyingtries = 0
    childless = prefer
    children { net {
        local_ts = 10.1.0.0/16, fd00:1::/32
        remote_ts = 10.2.0.0/16[tcp/22]
        esp_proposals = aes128gcm16-x25519-esn
        rekey_time = 10m
        start_action = trap|start
        close_action = trap
        dpd_action = restart
        copy_dscp = in
        rekey_bytes = 2g
        life_bytes = 3g
        rand_bytes = 4k
        rekey_packets = 1000
        inactivity = 2h
        replay_window = 1024 }
      bypass { mode = pass } }
)"));
  ASSERT_NE(c, nullptr);
  EXPECT_EQ(c->version, 2);
  EXPECT_EQ(c->local.front().id, IdentityPattern::exactly(Identification::fqdn("us")));
  EXPECT_EQ(c->remote_addrs.size(), 2u);
  EXPECT_EQ(c->ike_proposals.size(), 4u);
  EXPECT_EQ(c->dscp, 0b101110);
  EXPECT_EQ(c->fragmentation, Tristate::no);
  EXPECT_EQ(c->unique, UniquePolicy::replace);
  EXPECT_EQ(c->over_time, minutes(12));
  EXPECT_EQ(c->keyingtries, 0u);
  EXPECT_EQ(c->childless, Childless::prefer);
  const auto& child = c->children[0];
  EXPECT_EQ(child.local_ts.size(), 2u);
  EXPECT_EQ(child.remote_ts[0].selector.to_string(), "10.2.0.0/16[tcp/22]");
  EXPECT_EQ(child.esp_acceptable, child.esp_proposals);
  EXPECT_EQ(child.life_time, minutes(11));
  EXPECT_EQ(child.start_action, Action::trap_and_start);
  EXPECT_EQ(child.close_action, Action::trap);
  EXPECT_EQ(child.dpd_action, Action::start);
  EXPECT_TRUE(child.headers.copy_dscp_in && !child.headers.copy_dscp_out);
  EXPECT_EQ(child.replay_window, 1024u);
  constexpr std::uint64_t kGiga = std::uint64_t{1} << 30;
  EXPECT_EQ(child.octets.rekey, 2 * kGiga);
  EXPECT_EQ(child.octets.life, 3 * kGiga);
  EXPECT_EQ(child.octets.rand, 4096u);
  EXPECT_EQ(child.packets.rekey, 1000u);
  EXPECT_EQ(child.packets.life, 1100u) << "a tenth more, as with the times";
  EXPECT_EQ(child.packets.rand, 100u);
  EXPECT_EQ(child.inactivity, hours(2));
  EXPECT_EQ(c->children[1].action, PolicyAction::bypass);
}

TEST(Load, KnowsEveryWordOfUniqueAndChildless) {
  using enum UniquePolicy;
  for (const auto& [word, policy] : {std::pair{"no", no}, {"never", never}, {"keep", keep}, {"replace", replace}})
    EXPECT_EQ(connection(gw("unique = " + std::string(word) + "\n"))->unique, policy);
  const std::pair<const char*, Childless> uses[] = {{"allow", Childless::allow},
                                                    {"prefer", Childless::prefer},
                                                    {"force", Childless::force},
                                                    {"never", Childless::never}};
  for (const auto& [word, use] : uses)
    EXPECT_EQ(connection(gw("childless = " + std::string(word) + "\n"))->childless, use);
}

TEST(Load, TakesVolumesWithoutASetLifeForAny) {
  const auto child = connection(net(""))->children[0];
  EXPECT_EQ(child.octets.rekey + child.octets.life + child.packets.rekey + child.packets.life, 0u);
  EXPECT_EQ(child.inactivity, Duration{});
  EXPECT_THAT(told(net("rekey_packets = 100\nlife_packets = 50")),
              HasSubstr("life_packets is not above rekey_packets"));
}

TEST(Load, SwitchesRekeyingOffWithReauthentication) {
  // As charon 5.9.8 logs it.
  const auto c = connection(gw("reauth_time = 2h\n"));
  EXPECT_EQ(c->rekey_time, Duration{});
  EXPECT_EQ(c->over_time, minutes(12));
  EXPECT_EQ(connection(gw("reauth_time = 2h\nover_time = 5m\n"))->rand_time, minutes(5));
  EXPECT_EQ(connection(net("rekey_time = 0"))->children[0].life_time, Duration{});
  EXPECT_EQ(connection(net("rekey_time = 0\nlife_time = 5m"))->children[0].rand_time, minutes(5));
}

TEST(Load, ShowsTheLineTheRuleAndTheNearestName) {
  EXPECT_EQ(told(gw("\n\tversoin = 2")),
            "swanctl.conf:6:2: error: unknown setting \"versoin\" in connections.gw\n"
            "  6 | \tversoin = 2\n"
            "    | \t^\n"
            "  rule: a connection has no such setting\n"
            "  hint: did you mean \"version\"?\n");
}

TEST(Load, AhIsOfferedWhereItIsNamedAndAloneWhereEspIsNot) {
  const auto with = [](const std::string& settings) {
    const auto c = connection(gw("remote_addrs = 192.0.2.1\n children { net {\n" + settings + "\n} }"));
    std::vector<ProtocolId> protocols;
    for (const auto& proposal : c->children[0].esp_proposals) protocols.push_back(proposal.protocol);
    return protocols;
  };
  using enum ProtocolId;
  EXPECT_THAT(with("ah_proposals = sha256-x25519, sha512"), testing::ElementsAre(AH, AH));
  EXPECT_THAT(with("ah_proposals = default"), testing::ElementsAre(AH));
  EXPECT_THAT(with("ah_proposals = sha256\n esp_proposals = aes256gcm16"), testing::ElementsAre(ESP, AH));
  const auto c =
      connection(gw("remote_addrs = 192.0.2.1\n children { net {\n ah_proposals = sha256-x25519-esn\n"
                    "mode = beet\n ipcomp = yes\n} }"));
  EXPECT_EQ(c->children[0].esp_proposals[0].transforms,
            (std::vector{integrity(IntegrityId::AUTH_HMAC_SHA2_256_128), key_exchange(KeyExchangeMethod::CURVE25519),
                         sequence_numbers(SequenceNumbers::PARTIALLY_TRANSMITTED_64_BIT)}));
  EXPECT_EQ(c->children[0].mode, Mode::beet);
  EXPECT_TRUE(c->children[0].compress);
}

/// RFC 7619: only what is written, and nothing that would let anybody take what is others'.
TEST(Load, TakesPeersThatAreNobodyWhereTheyCanTakeNothing) {
  const auto with = [](const std::string& remote, const std::string& more, const std::string& local = "auth = null") {
    return told(with_key("gw { " + more + "\n local { " + local + " }\n remote { " + remote + " } }"));
  };
  EXPECT_EQ(with("auth = null", "children { net { local_ts = 10.1.0.0/16\n } }"), "");
  EXPECT_EQ(with("auth = null", "remote_addrs = 192.0.2.1\n children { net { remote_ts = 10.1.0.0/16\n } }"), "");
  EXPECT_THAT(with("auth = null", "children { net { remote_ts = 10.1.0.0/16\n } }"),
              HasSubstr("anybody may say that he is behind remote_ts of child net"));
  EXPECT_THAT(with("auth = null\n id = a.example", ""), HasSubstr("what he calls himself says nothing"));
  EXPECT_THAT(with("auth = eap-mschapv2", ""), HasSubstr("EAP at one end and auth = null at the other"));
  EXPECT_THAT(with("auth = null", "", "auth = eap-mschapv2\n id = a.example"),
              HasSubstr("EAP at one end and auth = null at the other"));
}

TEST(Load, RefusesConnectionsThatWouldBecomeOthers) {
  for (const char* setting :
       {"version = 1", "mediation = yes", "mediated_by = x", "remote-2 { auth = eap-tls } local-2 { auth = psk }"})
    EXPECT_THAT(told(gw(setting)), HasSubstr("not available yet in this version")) << setting;
  for (const char* remote : {"auth = eap-tnc", "auth = xauth", "groups = x", "cacert1 { handle = 00ff\n}"})
    EXPECT_THAT(told(with_key("gw { local { auth = psk } remote { " + std::string(remote) + " \n} }")),
                HasSubstr("not available yet in this version"))
        << remote;
  EXPECT_THAT(told(with_key("gw { local { auth = psq }\n remote { auth = psk } }")),
              HasSubstr("did you mean \"psk\"?"));
  EXPECT_THAT(told(with_key("gw { local { auth = psk\n id = *.example.org }\n remote { auth = psk } }")),
              HasSubstr("our own identity has no wildcards"));
}

TEST(Load, ReadsPostQuantumPresharedKeys) {
  const std::string text =
      "connections { gw { local { auth = psk }\n remote { auth = psk }\n ppk_id = lab@example.org\n ppk_required = yes "
      "} }\n"
      "secrets { ike { secret = 0sQ2hlY2sgdGhhdCBib3RoIGVuZHMgYWdyZWUgb24gdGhpcw== }\n"
      "ppk-1 { id = lab@example.org\n secret = 0sVGhpcyBvbmUgaXMgYSBwb3N0LXF1YW50dW0ga2V5IGZvciB0aGUgbGFi }\n"
      "ppk-2 { id-1 = other\n id-2 = more\n secret = 0sVGhpcyBvbmUgaXMgYW5vdGhlciBwb3N0LXF1YW50dW0ga2V5IGZvciBu } }";
  const auto loaded = load_text(text);
  ASSERT_TRUE(loaded.has_value()) << told(text);
  EXPECT_EQ(told(text), "");
  const auto& snapshot = *loaded->snapshot;
  const auto connection = snapshot.connection("gw");
  EXPECT_TRUE(connection->ppk_required);
  ASSERT_TRUE(connection->ppk_id.has_value());
  EXPECT_EQ(snapshot.ppk(*connection->ppk_id)->name, "ppk-1");
  EXPECT_EQ(snapshot.ppk(as_octets("more"))->name, "ppk-2");
  EXPECT_EQ(snapshot.ppk(as_octets("mor")), nullptr);
  EXPECT_THAT(told(gw("ppk_id = *.example.org\n")), HasSubstr("one PPK is named, without wildcards"));
}

TEST(Load, AsksNoAuthenticationOfAConnectionThatMeetsNoPeer) {
  const auto loaded = load_text("connections { shunts { children { lan { mode = pass\n local_ts = 10.0.0.0/8 } } } }");
  ASSERT_TRUE(loaded.has_value());
  EXPECT_NE(loaded->snapshot->connection("shunts")->local.front().kind, AuthKind::psk);
}

TEST(Load, WarnsOfWhatHasNoEffectUnlessItsValueHasNoneEither) {
  const auto quiet =
      gw("aggressive = no\n pull = 1\n childless = never\n send_cert = always\n if_id_in = 0x0\n"
         "dpd_timeout = 90s\n children { net { reqid = 0\n mark_in = 0/0x00000000\n"
         "tfc_padding = 0\n hw_offload = auto\n policies = yes\n ipcomp = disabled\n updown =\n"
         "rekey_bytes = 0k } }");
  EXPECT_EQ(told(quiet), "");
  const auto loud =
      gw("children { net { icmp = yes\n updown = /bin/true\n"
         "rekey_bytes = 1g } n2 { icmp = yes } }\n } }\npools { p { addrs = 10.3.0.0/24\n dns = "
         "9.9.9.9 } }\n"
         "secrets { eap-1 { id = alice\n secret = wonderland } }\n authorities { ca { cacert = 0x30\n cert_uri_base = "
         "http://ca/ } }\nx { y {");
  const auto loaded = load_text(loud);
  ASSERT_TRUE(loaded.has_value()) << told(loud);
  std::vector<std::string> what;
  for (const auto& warning : loaded->warnings) what.push_back(warning.what);
  const std::string suffix = " is read but has no effect yet in this version";
  EXPECT_THAT(what, testing::ElementsAre("connections.gw.children.net.icmp" + suffix,
                                         "authorities.ca.cert_uri_base" + suffix, "section \"x\" has no effect"));
}

struct EngineRow {
  bool of_child;
  const char* setting;
  const char* ignored;  ///< a value that the engine does not follow, and what of it is named
  const char* named;
  const char* followed;  ///< a value that says what the engine does; may be empty
};

/// A line goes when the engine acts on its setting, together with the rule's `none`.
constexpr EngineRow kNotYetActedUpon[] = {
    {false, "local_port", "1500", "", "4500"},
    {true, "mode", "pass", " = pass", "tunnel"},
    {true, "mode", "drop", " = drop", "tunnel"},
    {true, "icmp", "yes", "", "no"},
};

TEST(Load, WarnsAtItsPlaceOfASettingThatTheEngineDoesNotActUponUnlessTheEngineDoesSoAnyway) {
  for (const auto& row : kNotYetActedUpon) {
    const auto with = [&row](const std::string& value) {
      const auto line = std::string(row.setting) + " = " + value;
      return gw("remote_addrs = 192.0.2.1\n " +
                (row.of_child ? "children { net {\n " + line + "\n} }" : line + "\n children { net { } }"));
    };
    const auto path = std::string("connections.gw.") + (row.of_child ? "children.net." : "") + row.setting;
    const auto loaded = load_text(with(row.ignored));
    ASSERT_TRUE(loaded.has_value()) << told(with(row.ignored));
    const auto& warnings = loaded->warnings;
    ASSERT_GE(warnings.size(), 1u) << path;
    EXPECT_EQ(warnings[0].what, path + row.named + " is read but has no effect yet in this version");
    EXPECT_EQ(warnings[0].file, "swanctl.conf");
    EXPECT_EQ(warnings[0].line, row.of_child ? 7u : 6u);
    EXPECT_EQ(warnings[0].column, 2u);
    if (*row.followed != '\0') {
      EXPECT_EQ(told(with(row.followed)), "") << path;
    }
  }
}

TEST(Load, WarnsOfANameAmongOurOwnAddresses) {
  EXPECT_EQ(told(gw("\nlocal_addrs = 192.0.2.1, us.example.org")),
            "swanctl.conf:6:26: warning: connections.gw.local_addrs: the name us.example.org is read but has no effect "
            "yet in "
            "this version\n"
            "  6 | local_addrs = 192.0.2.1, us.example.org\n"
            "    |                          ^\n"
            "  hint: write the address, or leave local_addrs out for any address of this machine\n");
  EXPECT_EQ(told(gw("local_addrs = 192.0.2.1\n remote_addrs = them.example.org")), "");
}

TEST(Load, WarnsOnceOfASettingWithoutEffectAndOfEachOfItsWords) {
  const auto loaded = load_text(
      gw("local_port = 600\n children { a { mode = pass } b { mode = drop } c { mode = pass\n icmp = yes } d { "
         "icmp = yes } }"));
  ASSERT_TRUE(loaded.has_value());
  std::vector<std::string> what;
  for (const auto& warning : loaded->warnings) what.push_back(warning.what.substr(0, warning.what.find(" is read")));
  EXPECT_THAT(what, testing::ElementsAre("connections.gw.local_port", "connections.gw.children.a.mode = pass",
                                         "connections.gw.children.b.mode = drop", "connections.gw.children.c.icmp"));
}

TEST(Load, ChecksTheGrammarOfWhatHasNoEffect) {
  const auto all = told(
      "pools { p { addrs = 10.3.0.0/40\n dnss = 9.9.9.9\n dns = nine\n 28 = x } }\n"
      "authorities { ca { handle = xyz } }\nsecrets { token-1 { slot = one } private { flie = x } }");
  for (const char* expected :
       {"pools.p.addrs: bad value", "did you mean \"dns\"?", "pools.p.dns: bad value \"nine\"",
        "authorities.ca.handle: bad value", "secrets.token-1.slot: bad value", "did you mean \"file\"?"})
    EXPECT_THAT(all, HasSubstr(expected));
}

TEST(Load, WarnsOfTwoSettingsInOneLine) {
  const auto all = told(gw("unique = no encap = yes"));
  EXPECT_THAT(all, HasSubstr("\"encap =\" is a part of this value"));
  EXPECT_THAT(told(with_key("gw { local { auth = psk\n id = us auth = psk } remote { auth = psk } }")),
              HasSubstr("begin a new line before auth"));
}

TEST(Load, KnowsTheSectionsOfTheRoot) {
  EXPECT_THAT(told("conections { }"), HasSubstr("did you mean \"connections\"?"));
  EXPECT_THAT(told("version = 2"), HasSubstr("outside of all sections"));
  EXPECT_EQ(told("t { version = 2 }\n" + gw("").replace(0, 0, "")),
            "swanctl.conf:1:1: warning: section \"t\" has no effect\n"
            "  1 | t { version = **** }\n"
            "    | ^\n"
            "  rule: no other section refers to it\n");
  EXPECT_EQ(told("t { version = 2 }\n" + with_key("gw : t {" + std::string(kRounds) + "}")), "");
}

TEST(Load, CollectsErrorsButNotMoreThanTwenty) {
  std::string text;
  for (int i = 0; i < 30; ++i) text += "bad" + std::to_string(i) + " = 1\n";
  const auto loaded = load_text(gw(text));
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().size(), 21u);
  EXPECT_EQ(loaded.error().back().what, "10 more errors are not shown");
}

TEST(Load, SaysWhyAFileCannotBeRead) {
  MemoryFiles files;
  const auto loaded = load(files, "swanctl.conf");
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(to_string(loaded.error().front()), "error: cannot read swanctl.conf\n  rule: there is no such file\n");
}

TEST(Load, SaysWhenAKeyIsMissingAndWhenNobodyCanBeCalled) {
  const auto text = "connections { gw {" + std::string(kRounds) + "children { n { start_action = start } } } }";
  EXPECT_THAT(told(text), HasSubstr("connections.gw has no pre-shared key for us and them"));
  EXPECT_THAT(told(text), HasSubstr("a start_action but nobody to call"));
  EXPECT_EQ(told(gw("remote_addrs = gw.example.org\n children { n { start_action = start } }")), "");
}

std::string example(const std::string& path) {
  std::ifstream file(KEYPACT_SOURCE_DIR "/examples/" + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(Examples, LoadWithoutARemark) {
  EXPECT_TRUE(load_text(example("default/swanctl.conf")).has_value());
  EXPECT_EQ(told(example("default/swanctl.conf")), "");
  for (const std::string side : {"left", "right"}) {
    const auto text = example("site-to-site-psk/" + side + "/swanctl.conf");
    const auto loaded = load_text(text);
    ASSERT_TRUE(loaded.has_value()) << told(text);
    EXPECT_EQ(told(text), "");
    const auto c = loaded->snapshot->connection("site-to-site");
    ASSERT_NE(c, nullptr);
    EXPECT_NE(loaded->snapshot->shared_key(c->local[0].id.identity, c->remote[0].id.identity), nullptr);
    EXPECT_EQ(c->ike_proposals, default_ike_offer());
  }
}

TEST(Secrets, AreReadWithTheirOwners) {
  const auto loaded = load_text(
      "secrets { ike-1 { secret = 0x000102030405060708090a0b0c0d0e0f\n id-1 = left\n id-2 = *.example.org }\n"
      "ike { secret = \"sixteen or more, }#\" } }");
  ASSERT_TRUE(loaded.has_value());
  const auto& keys = loaded->snapshot->ike_secrets;
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[0]->name, "ike-1");
  EXPECT_EQ(to_hex(keys[0]->secret.reveal()), "000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(keys[0]->owners.size(), 2u);
  EXPECT_EQ(as_text(keys[1]->secret.reveal()), "sixteen or more, }#");
  EXPECT_TRUE(keys[1]->owners.empty());
}

TEST(Secrets, NeverAppearInADiagnostic) {
  const char* const texts[] = {
      "secrets { ike { secret = hunter2 } }",
      "secrets { ike { secret = \"hunter2\"\n idd = x } }",
      "secrets { ike { id = x\n secert = hunter2 } }",
      "secrets { ike { secret = 0xhunter2 } }",
      "secrets { ike { secret = 0shunter2! } }",
      "secrets { ike { secret hunter2 } }",
      "secrets { ike { secret \"hunter2\" } }",
      "secrets { ike { secret = \"hunter2 } }\n",
      "secrets { ike { hunter2 more } }",
      "secrets { ike { secret = a\"hunter2\x01\" } }",
      "secrets ike { secret = hunter2 }",
      "secrets { ike { secret = \"one\nhunter2\" } foo { x = y } }",
      "secrets { ike { secret = one } }\n}\nsecret hunter2",
      "secrets { ike { secret = one } }\n}\nsecret = hunter2",
      "secrets { ike { secret = one } }\n}\nhunter2 hunter2",
      "secret { ike { secret = hunter2 } }",
      "secrets { ike { secret = hunter2 id = a=b } }",
      "secrets { ike { secret = x\n id = hunter2=3 } }",
      "secrets { ike { secret = x idhunter2 = 3\n } }",
      "secrets { foo { secret = hunter2 } eap { secret = hunter2\n } }",
      "secrets { token { pin = hunter2\n slot = hunter2 } }",
      "secrets { ike : t { } }\nt { secret = hunter2\n x = hunter2 }",
      "t { secret = hunter2 }",
      "ike { secret = hunter2\n } secrets : ikke { }",
      "secrets { ike = hunter2 \n}",
      "secrets = hunter2",
      "secrets { ike.x = hunter2 \n}",
      "secrets { ike { include \"hunter2\x01\" \n} }",
      "secrets { ike { secret = abc#hunter2\n } }",
      "secrets { ike { secret = #hunter2\n } }",
      "secrets { ike { secret = abc # once it was hunter2\n } }",
  };
  for (const char* text : texts) {
    const auto all = told(text);
    EXPECT_NE(all, "") << text;
    EXPECT_THAT(all, Not(HasSubstr("hunter2"))) << text;
  }
}

TEST(Secrets, InWhichASettingSeemsToStandAreWarnedOfInPrintableText) {
  const auto all = told("secrets { ike { secret = gJ3kP0aQ7mVx2LrT id\xff-2 = x\n } }");
  EXPECT_THAT(all, HasSubstr("secrets.ike.secret: \"id =\" is a part of this value"));
  for (const char c : all) EXPECT_TRUE((c >= 0x20 && c < 0x7f) || c == '\n') << static_cast<int>(c);
}

TEST(Secrets, ThatEndAtACommentAreWarnedOf) {
  EXPECT_EQ(told("secrets { ike { secret = gJ3kP0aQ7mVx2LrT#8\n } }"),
            "swanctl.conf:1:42: warning: the value of secret ends here\n"
            "  1 | secrets { ike { secret = ****\n"
            "    |                          ^\n"
            "  rule: # begins a comment, also within a word\n"
            "  hint: put the value in quotes if the # is a part of it, else write a blank before it\n");
  EXPECT_EQ(told("secrets { ike { secret = \"gJ3kP0aQ7mVx2LrT#8\"# quoted\n } }"), "");
}

TEST(Secrets, G02_OfLowEntropyAreWarnedOf) {
  const auto all = told("secrets { ike-1 { secret = swordfish } }");
  EXPECT_THAT(all, HasSubstr("warning: secrets.ike-1: this pre-shared key can be guessed: it has less than 16 octets"));
  EXPECT_THAT(all, HasSubstr("1 | secrets { ike-1 { secret = **** } }"));
  EXPECT_EQ(told("secrets { ike { secret = gJ3kP0aQ7mVx2LrT } }"), "");
  EXPECT_THAT(told("secrets { ike { id = x } }"), HasSubstr("secrets.ike has no secret"));
  EXPECT_THAT(told("secrets { ike { secret = 0x } }"), HasSubstr("a pre-shared key is not empty"));
  EXPECT_THAT(told("secrets { ike { secret = gJ3kP0aQ7mVx2LrT\n id =\n } }"), HasSubstr("names nobody"));
}

struct FromMessage {
  std::optional<Connection> connection;
  std::optional<LoadedSecret> secret;
  std::vector<Diagnostic> diagnostics;
};

FromMessage connection_of(const SettingsSection& message) {
  const SourceFiles no_files;
  Problems problems(no_files);
  MemoryFiles no_folders;
  auto files = CredentialFiles::of_message(no_folders, problems);
  FromMessage result;
  result.connection = read_connection(message, "connections.gw", problems, files);
  result.diagnostics = problems.take();
  return result;
}

FromMessage shared_key_of(const SettingsSection& message) {
  const SourceFiles no_files;
  Problems problems(no_files);
  FromMessage result;
  result.secret = read_shared_key_message(message, problems);
  result.diagnostics = problems.take();
  return result;
}

TEST(Messages, MakeConnectionsLikeFiles) {
  SettingsSection message;
  message.name = "gw";
  message.settings.push_back(Setting::of("version", "2"));
  message.settings.push_back(Setting::list("remote_addrs", {"192.0.2.2", "gw.example.org"}));
  message.settings.push_back(Setting::list("proposals", {"aes256gcm16-prfsha256-ecp256", "default"}));
  for (const char* name : {"local", "remote-1"}) {
    SettingsSection round;
    round.name = name;
    round.settings.push_back(Setting::of("auth", "psk"));
    message.sections.push_back(std::move(round));
  }
  SettingsSection children;
  children.name = "children";
  SettingsSection net_section;
  net_section.name = "net";
  net_section.settings.push_back(Setting::list("local_ts", {"10.1.0.0/16"}));
  children.sections.push_back(std::move(net_section));
  message.sections.push_back(std::move(children));

  const auto read = connection_of(message);
  ASSERT_TRUE(read.connection.has_value());
  EXPECT_TRUE(read.diagnostics.empty());
  EXPECT_EQ(read.connection->name, "gw");
  EXPECT_EQ(read.connection->remote_addrs.size(), 2u);
  EXPECT_EQ(read.connection->ike_proposals.size(), 4u);
  EXPECT_EQ(read.connection->children[0].local_ts[0].selector.to_string(), "10.1.0.0/16");

  message.settings.push_back(Setting::of("versoin", "2"));
  const auto wrong = connection_of(message);
  EXPECT_FALSE(wrong.connection.has_value());
  ASSERT_EQ(wrong.diagnostics.size(), 1u);
  EXPECT_EQ(
      one_line(wrong.diagnostics[0]),
      "unknown setting \"versoin\" in connections.gw: a connection has no such setting. did you mean \"version\"?");
}

SettingsSection load_shared(const char* type, std::string_view data) {
  SettingsSection message;
  message.settings.push_back(Setting::of("id", "ike-1"));
  message.settings.push_back(Setting::of("type", type));
  message.settings.push_back(Setting::of("data", data));
  message.settings.push_back(Setting::list("owners", {"left", "%any"}));
  return message;
}

TEST(Messages, MakeSharedKeysOfRawOctets) {
  const std::string data("0x3132\0three!!!\xff", 16);
  const auto read = shared_key_of(load_shared("IKE", data));
  ASSERT_TRUE(read.secret.has_value());
  EXPECT_TRUE(read.diagnostics.empty());
  EXPECT_EQ(read.secret->kind, SecretKind::ike);
  EXPECT_EQ(as_text(read.secret->key.secret.reveal()), data);
  EXPECT_EQ(read.secret->key.name, "ike-1");
  EXPECT_EQ(read.secret->key.owners.size(), 2u);
  EXPECT_TRUE(has_errors(shared_key_of(load_shared("PSK", "x")).diagnostics));
  EXPECT_TRUE(has_errors(shared_key_of(SettingsSection{}).diagnostics));
}

TEST(Messages, MakeSecretsThatNothingUsesYetAndSaySo) {
  for (const auto& [type, kind] : {std::pair{"EAP", SecretKind::eap},
                                   {"xauth", SecretKind::xauth},
                                   {"NTLM", SecretKind::ntlm},
                                   {"ppk", SecretKind::ppk}}) {
    auto message = load_shared(type, "hunter2");
    const auto read = shared_key_of(message);
    ASSERT_TRUE(read.secret.has_value()) << type;
    EXPECT_EQ(read.secret->kind, kind);
    EXPECT_EQ(as_text(read.secret->key.secret.reveal()), "hunter2");
    if (kind == SecretKind::ppk) {
      EXPECT_EQ(read.secret->ppk_ids, (std::vector<Octets>{to_octets(as_octets("left"))}));
      ASSERT_EQ(read.diagnostics.size(), 1u);
      EXPECT_THAT(one_line(read.diagnostics[0]), HasSubstr("this post-quantum preshared key can be guessed"));
      continue;
    }
    EXPECT_THAT(read.secret->identities, testing::ElementsAre("left", "%any"));
    if (kind != SecretKind::xauth) {
      EXPECT_TRUE(read.diagnostics.empty());
      continue;
    }
    ASSERT_EQ(read.diagnostics.size(), 1u);
    EXPECT_EQ(read.diagnostics[0].severity, Severity::warning);
    EXPECT_EQ(one_line(read.diagnostics[0]),
              "the secret \"ike-1\" is kept but has no effect yet in this version: no authentication with " +
                  lower_case(type) + " secrets is available");
    EXPECT_TRUE(has_errors(shared_key_of(load_shared(type, "")).diagnostics));
  }
}

}  // namespace
}  // namespace keypact::config
