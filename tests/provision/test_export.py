#!/usr/bin/env python3
"""What `keypact export` writes: property lists that plistlib reads, JSON, scripts with the words that Windows has; and what it refuses."""
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "interop"))
from profiles import FORMS, profile_at  # noqa: E402  pylint: disable=wrong-import-position

TOOL = pathlib.Path(os.environ.get("KEYPACT_BUILD_DIR", ROOT / "build" / "release")) / "keypact"
SERVER = "vpn.example.org"
PASSPHRASE = "correct horse 7!"

GATEWAY = """
connections {{
  tunnel {{
    version = {version}
    pools = {pools}
    {more}
    local {{ auth = {auth}
            id = {id} }}
    remote {{ auth = {remote}
             id = {remote_id}
             {remote_more} }}
    children {{ net {{ local_ts = {local_ts}
                      {child} }} {children} }}
  }}
}}
pools {{ clients {{ addrs = 10.9.0.0/24 }} }}
secrets {{
  ike-all {{ secret = "{key}" }}
  eap-alice {{ id = alice
              secret = "Wonderland-7" }}
}}
"""
USUAL = {"version": 2, "pools": "clients", "more": "", "auth": "pubkey", "id": SERVER, "remote": "eap-mschapv2", "remote_id": "%any",
         "remote_more": "eap_id = %any", "local_ts": "10.2.0.0/24", "child": "", "children": "", "key": "gJ3kP0aQ7mVx2LrT"}
BY_CERTIFICATE = {"remote": "pubkey", "remote_more": ""}

# The values of Set-VpnConnectionIPsecConfiguration in Microsoft's documentation.
WINDOWS = {"AuthenticationTransformConstants": "MD596 SHA196 SHA256128 GCMAES128 GCMAES192 GCMAES256 None",
           "CipherTransformConstants": "DES DES3 AES128 AES192 AES256 GCMAES128 GCMAES192 GCMAES256 None",
           "EncryptionMethod": "DES DES3 AES128 AES192 AES256 GCMAES128 GCMAES256",
           "IntegrityCheckMethod": "MD5 SHA1 SHA256 SHA384",
           "DHGroup": "None Group1 Group2 Group14 ECP256 ECP384 Group24",
           "PfsGroup": "None PFS1 PFS2 PFS2048 ECP256 ECP384 PFSMM PFS24"}


def run(*words, cwd, check=True):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60, check=False, cwd=cwd)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}\n{done.stdout}\n{done.stderr}")
    return done


class ExportCase(unittest.TestCase):
    """A gateway with a certificate, and a client's PKCS#12, made once."""

    @classmethod
    def setUpClass(cls):
        cls.made = pathlib.Path(tempfile.mkdtemp(prefix="keypact-profiles-"))
        cls.addClassCleanup(shutil.rmtree, cls.made)
        (cls.made / "passphrase").write_text(PASSPHRASE + "\n")
        pki = (TOOL, "pki", "--dir", "ca")
        run(*pki, "init", "--name", "Example CA", cwd=cls.made)
        run(*pki, "issue", "server", SERVER, "--key", "rsa", "--out", "gateway", cwd=cls.made)
        run(*pki, "issue", "client", "alice@example.org", "--p12", "--p12-passphrase-file", "passphrase", "--out", "alice", cwd=cls.made)
        cls.own = ("--p12", "alice/alice@example.org.p12", "--p12-passphrase-file", "passphrase")

    def export(self, form, *words, check=True, server=SERVER, **settings):
        (self.made / "gateway" / "swanctl.conf").write_text(GATEWAY.format(**{**USUAL, **settings}))
        for old in self.made.glob("tunnel.*"):
            old.unlink()
        return run(TOOL, "export", form, "tunnel", "--config", "gateway", "--server", server, *words, cwd=self.made, check=check)

    def profile(self, form, *words, **settings):
        self.export(form, *words, **settings)
        return profile_at(self.made, form)

    def file(self, form):
        return self.made / f"tunnel{FORMS[form][0]}"


class Profiles(ExportCase):

    def test_name_the_gateway_and_its_authority(self):
        authority = run("openssl", "x509", "-in", "ca/ca.pem", "-outform", "DER", "-out", "ca.der", cwd=self.made)
        self.assertEqual(authority.returncode, 0)
        for form in FORMS:
            with self.subTest(form=form):
                profile = self.profile(form, "--identity", "alice")
                self.assertEqual(profile.server, SERVER)
                self.assertIn(profile.gateway, (SERVER, "%any"))
                self.assertEqual(profile.authority, (self.made / "ca.der").read_bytes())
                self.assertTrue(profile.by_password())
                self.assertEqual(profile.title, "tunnel")
                self.assertEqual(stat.S_IMODE(self.file(form).stat().st_mode), 0o644)

    def test_hold_the_container_as_it_is_and_are_for_one_pair_of_eyes(self):
        container = (self.made / "alice" / "alice@example.org.p12").read_bytes()
        for form in FORMS:
            with self.subTest(form=form):
                profile = self.profile(form, *self.own, **BY_CERTIFICATE)
                self.assertEqual(profile.container, container)
                self.assertFalse(profile.by_password())
                self.assertEqual(stat.S_IMODE(self.file(form).stat().st_mode), 0o600)
                self.assertNotIn(PASSPHRASE, self.file(form).read_text("utf-8-sig"))

    def test_are_the_same_octets_each_time(self):
        for form in FORMS:
            with self.subTest(form=form):
                self.export(form, *self.own, **BY_CERTIFICATE)
                first = self.file(form).read_bytes()
                self.export(form, *self.own, **BY_CERTIFICATE)
                self.assertEqual(self.file(form).read_bytes(), first)

    def test_of_different_people_are_different_profiles(self):
        apple = {name: self.profile("mobileconfig", "--identity", name) for name in ("alice", "bob")}
        self.assertEqual(len(set(apple["alice"].uuids + apple["bob"].uuids)), 6)
        app = {self.profile("sswan", "--identity", name).uuid for name in ("alice", "bob")}
        self.assertEqual(len(app), 2)

    def test_lead_the_networks_behind_the_gateway_to_it(self):
        for form in ("sswan", "powershell"):
            with self.subTest(form=form):
                self.assertEqual(self.profile(form, local_ts="10.2.0.0/24, fd00:2::/64").networks, ["10.2.0.0/24", "fd00:2::/64"])
                self.assertEqual(self.profile(form, local_ts="10.2.0.0-10.2.0.2").networks, ["10.2.0.0/31", "10.2.0.2/32"])
                self.assertEqual(self.profile(form, local_ts="0.0.0.0/0").networks, ("0.0.0.0/0",))
        self.assertEqual(self.profile("mobileconfig").overrides, 0)
        self.assertEqual(self.profile("mobileconfig", local_ts="0.0.0.0/0").overrides, 1)

    def test_keep_whatever_stands_in_a_title(self):
        for title in ("Bob's <VPN> & \"more\"", "$(calc) `x` ’quoted’", "Büro"):
            for form in FORMS:
                with self.subTest(form=form, title=title):
                    shown = self.profile(form, "--title", title).title
                    self.assertEqual(shown.replace("’’", "’") if form == "powershell" else shown, title)

    def test_tell_what_was_written(self):
        told = json.loads(self.export("sswan", "--json").stdout)
        self.assertEqual(told["schema"], "keypact/export/1")
        self.assertEqual((told["file"], told["client_shows"], told["has_secrets"]), ("tunnel.sswan", "EAP-MSCHAPv2", False))


class OfEachMaker(ExportCase):

    def test_apple_by_password(self):
        ikev2 = self.profile("mobileconfig", "--identity", "alice").ikev2
        self.assertEqual((ikev2["AuthenticationMethod"], ikev2["ExtendedAuthEnabled"], ikev2["AuthName"]), ("Certificate", 1, "alice"))
        self.assertEqual(ikev2["ServerCertificateIssuerCommonName"], "Example CA")

    def test_apple_by_certificate(self):
        profile = self.profile("mobileconfig", *self.own, **BY_CERTIFICATE)
        self.assertTrue(profile.own_is_named)
        self.assertEqual(profile.ikev2["CertificateType"], "ECDSA256")
        self.assertEqual((profile.ikev2["ExtendedAuthEnabled"], profile.identity), (0, "alice@example.org"))

    def test_apple_by_eap_tls(self):
        profile = self.profile("mobileconfig", *self.own, remote="eap-tls")
        self.assertEqual((profile.ikev2["ExtendedAuthEnabled"], profile.own_is_named), (1, True))
        self.assertNotIn("AuthName", profile.ikev2)

    def test_apple_by_shared_key(self):
        ikev2 = self.profile("mobileconfig", "--identity", "alice@example.org", auth="psk", remote="psk", remote_more="").ikev2
        self.assertEqual((ikev2["AuthenticationMethod"], ikev2["SharedSecret"]), ("SharedSecret", USUAL["key"]))
        self.assertEqual(stat.S_IMODE(self.file("mobileconfig").stat().st_mode), 0o600)

    def test_windows_knows_each_word(self):
        for proposals in ("default", "aes128-sha256-modp2048", "aes256gcm16-prfsha384-ecp256", "aes128gcm16-prfsha1-modp2048"):
            for esp in ("default", "aes128-sha1-modp2048", "aes256-sha256", "aes128gcm16"):
                text = self.profile("powershell", more=f"proposals = {proposals}", child=f"esp_proposals = {esp}").text
                words = dict(re.findall(r"-(\w+) (\w+)", re.search(r"^Set-VpnConnectionIPsec.*$", text, re.M).group()))
                for name, known in WINDOWS.items():
                    with self.subTest(ike=proposals, esp=esp, name=name):
                        self.assertIn(words[name], known.split())

    def test_windows_by_each_proof(self):
        for settings, words, expected in (({}, (), "-AuthenticationMethod Eap -EapConfigXmlStream (New-EapConfiguration)."),
                                          ({"remote": "eap-tls"}, self.own, "(New-EapConfiguration -Tls -UserCertificate)."),
                                          (BY_CERTIFICATE, self.own, "-AuthenticationMethod MachineCertificate")):
            text = self.profile("powershell", *words, **settings).text
            self.assertIn(expected, text)
            self.assertEqual("LocalMachine\\My" in text, settings == BY_CERTIFICATE)
            self.assertEqual("CurrentUser\\My" in text, settings.get("remote") == "eap-tls")

    def test_app_by_each_proof(self):
        self.assertEqual(self.profile("sswan").type, "ikev2-eap")
        self.assertEqual(self.profile("sswan", *self.own, remote="eap-tls").type, "ikev2-eap-tls")
        self.assertEqual(self.profile("sswan", **BY_CERTIFICATE).type, "ikev2-cert")

    def test_proposals_are_the_gateways(self):
        for form in FORMS:
            with self.subTest(form=form):
                profile = self.profile(form, more="proposals = aes128-sha256-modp2048", child="esp_proposals = aes128-sha256")
                self.assertEqual((profile.ike, profile.esp), ("aes128-sha256-prfsha256-modp2048".replace(
                    "sha256-prfsha256", "prfsha256-sha256" if form == "sswan" else "sha256-prfsha256"), "aes128-sha256"))


class Refusals(ExportCase):

    def expect(self, form, sentence, remedy, *words, **settings):
        done = self.export(form, *words, check=False, **settings)
        with self.subTest(form=form, sentence=sentence):
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertIn(sentence, done.stderr)
            self.assertIn(remedy, done.stderr)
            self.assertFalse(self.file(form).exists())

    def test_of_what_a_client_cannot(self):
        by_key = {"auth": "psk", "remote": "psk", "remote_more": ""}
        self.expect("powershell", "has to show a certificate", "Set auth = pubkey in the section local", **by_key)
        self.expect("sswan", "has to show a certificate", "Set auth = pubkey in the section local", **by_key)
        for form in FORMS:
            self.expect(form, "no proposal for IKE", 'to `proposals`, or leave', more="proposals = aes256ctr-sha256-modp2048")
            self.expect(form, "no proposal for ESP", 'to `esp_proposals`, or leave', child="esp_proposals = aes256ctr-sha256")
            self.expect(form, "the gateway asks for something else", "Set auth = eap-mschapv2", remote="eap-md5")
            self.expect(form, "it has 2 children", "--child", children="other { local_ts = 10.3.0.0/24 }")
            self.expect(form, "is no tunnel", "Set mode = tunnel", child="mode = transport")
            self.expect(form, "it gives none", "Set pools", pools="")
            self.expect(form, "names no network", "Set local_ts", local_ts="dynamic")

    def test_of_identities_that_would_not_match(self):
        own = {"remote_id": "carol@example.org"}
        self.expect("powershell", "the client says that it is its address", "Set id = %any in the section remote", **own)
        self.expect("mobileconfig", "the client says that it is its address", "--identity", **own)
        self.expect("sswan", "the gateway lets carol@example.org in, and the client is alice@example.org", "--identity",
                    "--identity", "alice@example.org", **own)
        self.expect("powershell", "the client is CN=alice@example.org", "Set id = %any", *self.own, **BY_CERTIFICATE, **own)
        self.expect("powershell", "does not ask for the name inside of EAP", "Set eap_id = %any", remote_more="")

    def test_of_a_name_that_is_not_in_the_gateways_certificate(self):
        self.expect("powershell", "and not for other.example.org", "--server", server="other.example.org")
        self.assertEqual(self.profile("mobileconfig", server="other.example.org").gateway, SERVER)

    def test_of_names_and_files_that_are_none(self):
        self.expect("sswan", "is no server", "vpn.example.org", server="vpn example")
        self.expect("sswan", "control characters", "", "--title", "a\nb")
        self.expect("sswan", "is no certificate of a CA", "", "--ca", "gateway/x509/vpn.example.org.pem")
        self.expect("sswan", "its clients show EAP-MSCHAPv2, no certificate", "Leave --p12 out", *self.own)
        (self.made / "passphrase-2").write_text("something else\n")
        self.expect("sswan", "alice@example.org.p12 cannot be read", "", *self.own[:3], "passphrase-2", **BY_CERTIFICATE)

    def test_of_connections_that_are_not_there(self):
        self.export("sswan")
        done = run(TOOL, "export", "sswan", "tunel", "--config", "gateway", "--server", SERVER, cwd=self.made, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn('did you mean "tunnel"?', done.stderr)
        self.assertEqual(run(TOOL, "export", "sswan", "tunnel", cwd=self.made, check=False).returncode, 2)

    def test_of_a_configuration_with_an_error(self):
        done = self.export("sswan", check=False, more="mobike = perhaps")
        self.assertEqual(done.returncode, 1)
        self.assertIn("swanctl.conf:6:", done.stderr)


if __name__ == "__main__":
    unittest.main()
