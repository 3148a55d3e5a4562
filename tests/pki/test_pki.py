#!/usr/bin/env python3
"""What `keypact pki` makes is what openssl(1), strongSwan's pki(1) and NSS's certutil(1) and pk12util(1) take, and what it took back they
refuse."""
import json
import os
import pathlib
import pty
import shutil
import signal
import subprocess
import tempfile
import termios
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = pathlib.Path(os.environ.get("KEYPACT_BUILD_DIR", ROOT / "build" / "release")) / "keypact"
KINDS = ("ecdsa", "rsa", "ed25519")
PASSPHRASE = "correct horse 7!"
NSS_TRUST = "CT,C,C"


def run(*words, check=True, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60, check=False, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}\n{done.stdout}\n{done.stderr}")
    return done


class OwnCa(unittest.TestCase):

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="keypact-pki-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.ca = self.folder / "ca"
        self.words = self.folder / "passphrase"
        self.words.write_text(PASSPHRASE + "\nnot this line\n")

    def pki(self, *words, check=True, **options):
        return run(TOOL, "pki", "--dir", self.ca, *words, check=check, **options)

    def found(self, *words):
        return self.pki("init", "--name", "C=CH, O=Example, CN=Example CA", *words)

    def certify(self, role, name, *words, out="out"):
        self.pki("issue", role, name, "--out", self.folder / out, *words)
        return self.folder / out / "x509" / f"{name}.pem"

    def openssl_verifies(self, certificate, *words):
        return run("openssl", "verify", "-x509_strict", "-CAfile", self.ca / "ca.pem", *words, certificate, check=False)

    def strongswan_verifies(self, certificate, *words):
        return run("pki", "--verify", "--in", certificate, "--cacert", self.ca / "ca.pem", *words, check=False)

    def nss(self, *certificates):
        """A data base of NSS with the CA and these certificates by their file's name."""
        base = self.folder / "nss"
        shutil.rmtree(base, ignore_errors=True)
        base.mkdir()
        run("certutil", "-N", "-d", f"sql:{base}", "--empty-password")
        run("certutil", "-A", "-d", f"sql:{base}", "-n", "ca", "-t", NSS_TRUST, "-i", self.ca / "ca.pem")
        for each in certificates:
            run("certutil", "-A", "-d", f"sql:{base}", "-n", each.stem, "-t", ",,", "-i", each)
        return f"sql:{base}"


class Certificates(OwnCa):

    def check_by_others(self, kind):
        self.found("--key", kind)
        server = self.certify("server", "gw.example.org", "--ip", "192.0.2.1", "--key", kind)
        client = self.certify("client", "alice@example.org", "--key", kind)
        for certificate, purpose, other, name in ((server, "sslserver", "sslclient", ("-verify_hostname", "gw.example.org")),
                                                  (server, "sslserver", "sslclient", ("-verify_ip", "192.0.2.1")),
                                                  (client, "sslclient", "sslserver", ("-verify_email", "alice@example.org"))):
            done = self.openssl_verifies(certificate, "-purpose", purpose, *name)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertNotEqual(self.openssl_verifies(certificate, "-purpose", other).returncode, 0)
            done = self.strongswan_verifies(certificate)
            self.assertIn("certificate trusted, lifetimes valid", done.stdout, done.stderr)
        if kind != "ed25519":       # NSS 3.87 has no signatures of Ed25519
            base = self.nss(server, client)
            for name, use, other in (("gw.example.org", "V", "C"), ("alice@example.org", "C", "V")):
                run("certutil", "-V", "-d", base, "-n", name, "-u", use, "-e")
                self.assertNotEqual(run("certutil", "-V", "-d", base, "-n", name, "-u", other, "-e", check=False).returncode, 0)

    def test_of_ecdsa(self):
        self.check_by_others("ecdsa")

    def test_of_rsa(self):
        self.check_by_others("rsa")

    def test_of_ed25519(self):
        self.check_by_others("ed25519")

    def test_of_another_ca_are_refused(self):
        self.found()
        certificate = self.certify("server", "gw.example.org")
        shutil.move(self.ca, self.folder / "old")
        self.found()
        self.assertNotEqual(self.openssl_verifies(certificate).returncode, 0)
        self.assertNotEqual(self.strongswan_verifies(certificate).returncode, 0)

    def test_say_what_rfc_4945_and_the_clients_want(self):
        self.found()
        text = run("openssl", "x509", "-noout", "-text", "-in", self.certify("server", "gw.example.org", "--crl-uri", "http://crl.example.org/a,b")).stdout
        for wanted in ("TLS Web Server Authentication, ipsec Internet Key Exchange, 1.3.6.1.5.5.8.2.2", "CA:FALSE", "DNS:gw.example.org",
                       "Digital Signature", "URI:http://crl.example.org/a,b", "X509v3 Authority Key Identifier", "X509v3 Subject Key Identifier"):
            self.assertIn(wanted, text)
        text = run("openssl", "x509", "-noout", "-text", "-in", self.ca / "ca.pem").stdout
        for wanted in ("CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign", "C = CH, O = Example, CN = Example CA"):
            self.assertIn(wanted, text)

    def test_have_a_private_key_of_their_own(self):
        self.found()
        certificate = self.certify("server", "gw.example.org")
        private = self.folder / "out" / "private" / "gw.example.org.pem"
        self.assertEqual(run("openssl", "pkey", "-in", private, "-pubout").stdout, run("openssl", "x509", "-in", certificate, "-noout", "-pubkey").stdout)
        self.assertEqual(private.stat().st_mode & 0o777, 0o600)
        self.assertIn("privkey:", run("pki", "--print", "--type", "priv", "--in", private).stdout)


class Containers(OwnCa):

    def check_read(self, *words, wanted):
        self.found()
        self.certify("client", "alice@example.org", "--p12", "--p12-passphrase-file", self.words, *words)
        path = self.folder / "out" / "alice@example.org.p12"
        done = run("openssl", "pkcs12", "-in", path, "-info", "-nodes", "-passin", f"pass:{PASSPHRASE}")
        for each in (*wanted, "BEGIN PRIVATE KEY", "friendlyName: alice@example.org", "CN = Example CA"):
            self.assertIn(each, done.stdout + done.stderr)
        self.assertNotEqual(run("openssl", "pkcs12", "-in", path, "-nodes", "-passin", "pass:wrong", check=False).returncode, 0)
        base = self.nss()
        run("pk12util", "-d", base, "-i", path, "-W", PASSPHRASE)
        self.assertIn("alice@example.org", run("certutil", "-K", "-d", base).stdout)
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)

    def test_with_aes(self):
        self.check_read(wanted=("MAC: sha256", "salt length: 8", "PBES2, PBKDF2, AES-256-CBC"))

    def test_with_triple_des(self):
        self.check_read("--p12-legacy", wanted=("MAC: sha1", "salt length: 8", "pbeWithSHA1And3-KeyTripleDES-CBC"))

    def test_are_refused_without_a_passphrase_that_all_understand(self):
        self.found()
        for words in ("\n", "K\u00f6ln\n"):
            self.words.write_text(words)
            done = self.pki("issue", "client", "bob", "--p12", "--p12-passphrase-file", self.words, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertEqual((self.ca / "index.txt").read_text(), "")
            self.assertEqual(list((self.ca / "issued").iterdir()), [])


class Revocation(OwnCa):

    def test_is_seen_by_others(self):
        self.found()
        bad, good = self.certify("client", "bad"), self.certify("client", "good")
        self.pki("crl")
        for certificate in (bad, good):
            self.assertEqual(self.openssl_verifies(certificate, "-crl_check", "-CRLfile", self.ca / "crl.pem").returncode, 0)
        self.pki("revoke", "bad", "--reason", "keyCompromise")
        words = ("-crl_check", "-CRLfile", self.ca / "crl.pem")
        self.assertIn("certificate revoked", self.openssl_verifies(bad, *words).stderr)
        self.assertEqual(self.openssl_verifies(good, *words).returncode, 0)
        done = self.strongswan_verifies(bad, "--crl", self.ca / "crl.pem")
        self.assertIn("reason: key compromise", done.stdout + done.stderr)
        self.assertIn("certificate trusted, lifetimes valid, certificate not revoked", self.strongswan_verifies(good, "--crl", self.ca / "crl.pem").stdout)
        base = self.nss(bad, good)
        self.pki("crl", "--out", self.folder / "again.pem")
        der = self.folder / "crl.der"
        run("openssl", "crl", "-in", self.folder / "again.pem", "-outform", "DER", "-out", der)
        run("crlutil", "-I", "-d", base, "-i", der)
        self.assertIn("has been revoked", run("certutil", "-V", "-d", base, "-n", "bad", "-u", "C", check=False).stdout)
        run("certutil", "-V", "-d", base, "-n", "good", "-u", "C")

    def test_is_told_by_an_ocsp_responder_over_the_same_index(self):
        self.found()
        bad, good = self.certify("client", "bad"), self.certify("client", "good")
        self.pki("revoke", "bad")
        request, response = self.folder / "request", self.folder / "response"
        run("openssl", "ocsp", "-issuer", self.ca / "ca.pem", "-cert", bad, "-cert", good, "-reqout", request)
        run("openssl", "ocsp", "-index", self.ca / "index.txt", "-CA", self.ca / "ca.pem", "-rsigner", self.ca / "ca.pem", "-rkey",
            self.ca / "ca.key", "-reqin", request, "-respout", response)
        told = run("openssl", "ocsp", "-respin", response, "-issuer", self.ca / "ca.pem", "-CAfile", self.ca / "ca.pem", "-cert", bad, "-cert", good,
                   "-no_nonce").stdout
        self.assertIn(f"{bad}: revoked", told)
        self.assertIn(f"{good}: good", told)


class Tool(OwnCa):

    def test_lists_what_it_issued_as_json(self):
        self.found()
        self.certify("server", "gw.example.org")
        self.certify("client", "bad")
        self.pki("revoke", "bad", "--reason", "superseded")
        listed = json.loads(self.pki("list", "--json").stdout)
        self.assertEqual([(each["name"], each["role"], each["state"], each.get("reason")) for each in listed["certificates"]],
                         [("gw.example.org", "server", "good", None), ("bad", "client", "revoked", "superseded")])
        shown = self.pki("list").stdout
        self.assertIn("bad  revoked (superseded)", shown)
        next((self.ca / "issued").iterdir()).unlink()
        self.assertEqual(self.pki("list").stdout.count("cannot read"), 1)

    def test_refuses_and_leaves_all_as_it_was(self):
        self.found()
        self.certify("server", "gw.example.org")
        before = {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}
        for words in (("init", "--name", "x"), ("issue", "server", "gw.example.org"), ("issue", "server", "a b"), ("issue", "client", "../x", "--dns", "x"),
                      ("issue", "server", "x", "--crl-uri", "file:///x"), ("revoke", "nobody"), ("revoke", "gw.example.org", "--reason", "whim"),
                      ("issue", "server", "other", "--days", "9999")):
            done = self.pki(*words, check=False)
            self.assertEqual((done.returncode, done.stdout), (1, ""), words)
            self.assertTrue(done.stderr.startswith("keypact: "), done.stderr)
        for words in ((), ("issue",), ("issue", "server"), ("init",), ("issue", "server", "x", "--key", "dsa"), ("crl", "--days", "0"),
                      ("issue", "client", "x", "--p12-legacy")):
            self.assertEqual(self.pki(*words, check=False).returncode, 2, words)
        self.assertEqual(before, {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()})

    def test_asks_for_the_passphrase_of_an_encrypted_ca(self):
        self.found("--passphrase-file", self.words)
        self.assertIn("ENCRYPTED", (self.ca / "ca.key").read_text())
        run("openssl", "pkey", "-in", self.ca / "ca.key", "-passin", f"pass:{PASSPHRASE}", "-noout")
        self.pki("issue", "client", "by-file", "--passphrase-file", self.words)
        done = self.pki("issue", "client", "alone", check=False, start_new_session=True, stdin=subprocess.DEVNULL)
        self.assertIn("there is no terminal", done.stderr)
        status, shown = self.on_a_terminal("issue", "client", "typed")
        self.assertEqual(status, 0, shown)
        self.assertIn("Passphrase of the CA: ", shown)
        self.assertNotIn(PASSPHRASE, shown)
        self.words.write_text("wrong\n")
        self.assertIn("does not open", self.pki("issue", "client", "wrong", "--passphrase-file", self.words, check=False).stderr)

    def on_a_terminal(self, *words):
        """Runs it with a terminal of its own, on which the passphrase is typed once it was asked for; the exit status and what was shown."""
        child, terminal = pty.fork()
        if child == 0:
            os.execv(TOOL, [str(TOOL), "pki", "--dir", str(self.ca), *words])
        guard = threading.Timer(60, os.kill, (child, signal.SIGKILL))
        guard.start()
        shown, typed = "", False
        while True:
            try:
                shown += os.read(terminal, 4096).decode(errors="replace")
            except OSError:
                break
            if not typed and shown.endswith("Passphrase of the CA: "):
                self.wait_until_unseen(terminal)
                os.write(terminal, PASSPHRASE.encode() + b"\n")
                typed = True
        guard.cancel()
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown

    @staticmethod
    def wait_until_unseen(terminal):
        end = time.monotonic() + 30
        while termios.tcgetattr(terminal)[3] & termios.ECHO and time.monotonic() < end:
            time.sleep(0.01)

    def test_never_has_two_who_change_a_ca(self):
        self.found()
        several = [subprocess.Popen([TOOL, "pki", "--dir", self.ca, "issue", "client", f"c{i}"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                    text=True) for i in range(8)]
        ended = [(each.communicate(timeout=60)[1], each.returncode) for each in several]
        done = sum(status == 0 for _, status in ended)
        self.assertGreaterEqual(done, 1)
        for text, status in ended:
            if status != 0:
                self.assertIn("another keypact pki does so right now", text)
        self.assertEqual(len((self.ca / "index.txt").read_text().splitlines()), done)
        self.assertEqual(len(list((self.ca / "issued").iterdir())), done)


if __name__ == "__main__":
    unittest.main()
