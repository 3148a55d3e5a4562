"""The updown scripts of Child SAs: when they run, and what they are told. Two kinds of daemons tell the same."""
import kernel_esp
from case import PairCase
from lab import wait_for

SCRIPT = """#!/bin/sh
{ printf 'ARGUMENTS=%s\\n' "$*"; env | grep ^PLUTO_ | sort; echo; } >> "$(dirname "$0")/told.$PLUTO_CONNECTION"
"""


class Updown(PairCase):

    def set_script(self, *words):
        for daemon in (self.initiator, self.responder):
            script = daemon.dir / "updown"
            script.write_text(SCRIPT)
            script.chmod(0o700)

        def edit(daemon):
            def change(configuration):
                child = configuration["connections"]["tunnel"]["children"]["net"]
                child["updown"] = " ".join([str(daemon.dir / "updown"), *words])
            return change
        return {"initiator": edit(self.initiator), "responder": edit(self.responder)}

    def told(self, daemon):
        """One dict for each run of the script."""
        path = daemon.dir / "told.net"
        if not path.exists():
            return []
        runs = path.read_text().split("\n\n")[:-1]
        return [dict(line.split("=", 1) for line in run.splitlines()) for run in runs]

    def expected(self, daemon, verb, family):
        """What both kinds say of the tunnel."""
        host, peer = daemon.host, self.lab.peer_of(daemon.host)
        # ESP in user space is in UDP for charon's sake.
        udp = {} if daemon.needs_kernel_esp else {"PLUTO_UDP_ENC": "4500"}
        return {**udp, "ARGUMENTS": "custom word", "PLUTO_CONNECTION": "net", "PLUTO_INTERFACE": "wire", "PLUTO_ME": host.outer(4),
                "PLUTO_MY_CLIENT": host.net(family), "PLUTO_MY_ID": f"{host.side}.example", "PLUTO_MY_PORT": "0",
                "PLUTO_MY_PROTOCOL": "0", "PLUTO_PEER": peer.outer(4), "PLUTO_PEER_CLIENT": peer.net(family),
                "PLUTO_PEER_ID": f"{peer.side}.example", "PLUTO_PEER_PORT": "0", "PLUTO_PEER_PROTOCOL": "0",
                "PLUTO_PROTO": "esp", "PLUTO_VERB": verb + ("-v6" if family == 6 else ""),
                "PLUTO_VERSION": "1.1"}

    def expect_told(self, *verbs):
        for daemon in (self.initiator, self.responder):
            wait_for(lambda d=daemon: len(self.told(d)) == 2 * len(verbs), f"the script has run on {daemon.host.side}")
            runs = self.told(daemon)
            for run in runs:
                reqid = int(run.pop("PLUTO_REQID"))
                self.assertGreater(reqid, 0)
                if daemon.needs_kernel_esp and daemon.installed("net"):
                    self.assertIn(reqid, [state["reqid"] for state in kernel_esp.states(daemon.host)])
                self.assertGreater(int(run.pop("PLUTO_UNIQUEID")), 0)
            self.assertEqual(runs, [self.expected(daemon, verb, family) for verb in verbs for family in (4, 6)])

    def test_up_and_down(self):
        """Once for each pair of selectors; a rekeying is neither up nor down."""
        self.configure(**self.set_script("custom", "word"), inner=(4, 6))
        self.bring_up()
        self.expect_told("up-client")
        before = self.initiator.installed("net")[0]["uniqueid"]
        self.initiator.request("rekey", {"child": "net"})
        wait_for(lambda: [sa["uniqueid"] for sa in self.initiator.installed("net")] not in ([], [before]), "the rekeying", 20)
        self.initiator.down()
        self.expect_gone()
        self.expect_told("up-client", "down-client")

    def test_the_daemons_end(self):
        self.configure(**self.set_script("custom", "word"), inner=(4, 6))
        self.bring_up()
        self.expect_told("up-client")
        self.assertEqual(self.initiator.stop(), 0)
        self.expect_gone(self.responder)
        self.expect_told("up-client", "down-client")

    def test_a_script_that_fails_or_hangs_holds_up_nobody(self):
        daemon = self.keypact_or_skip()
        hooks = self.set_script("custom", "word")
        (daemon.dir / "updown").write_text("#!/bin/sh\necho \"oh no: $PLUTO_VERB\"\n[ $PLUTO_VERB = up-client ] && sleep 60\nexit 3\n")
        self.configure(**hooks)
        self.bring_up()
        self.expect_data()
        wait_for(lambda: "(up-client) took too long and was killed" in daemon.log_text(), "the hanging script is killed", 20)
        self.initiator.down()
        self.expect_gone()
        wait_for(lambda: "(down-client) failed with status 3" in daemon.log_text(), "the failure is told")
        self.assertIn("(down-client) prints: oh no: down-client", daemon.log_text())
