"""ML-KEM beside the first key exchange: in IKE_INTERMEDIATE, and in IKE_FOLLOWUP_KE of all rekeyings. RFC 9370, RFC 9242, FIPS 203."""
import unittest

import test_additional_key_exchanges
from case import IN_GUEST


@unittest.skipUnless(IN_GUEST, "strongSwan has it since its version 6: ./dev interop13")
class MlKem(test_additional_key_exchanges.AdditionalKeyExchanges):

    ike, esp = "aes256gcm16-prfsha384-x25519-ke1_mlkem768", "aes256gcm16-x25519-ke1_mlkem512"

    def setUp(self):
        super().setUp()
        for daemon in self.daemons():
            self.skip_if_unable(daemon, "ML-KEM")

    def test_agreed_on(self):
        for ike, esp, methods in (("mlkem768", "mlkem512", ("ML_KEM_768", "ML_KEM_512")),
                                  ("mlkem1024", "mlkem768", ("ML_KEM_1024", "ML_KEM_768")),
                                  ("mlkem512", "mlkem1024", ("ML_KEM_512", "ML_KEM_1024"))):
            with self.subTest(ike=ike, esp=esp):
                self.ike, self.esp = f"aes256gcm16-prfsha384-x25519-ke1_{ike}", f"aes256gcm16-x25519-ke1_{esp}"
                self.expect_agreement(methods[:1], methods[1:])
                self.assertTrue(self.initiator.terminate(ike="tunnel").ok)
                self.expect_gone()

    def test_the_default_offers_and_takes_it(self):
        """Whoever is keypactd names no proposals of IKE SAs; charon does not take one without ML-KEM."""
        def without_proposals(configuration):
            del configuration["connections"]["tunnel"]["proposals"]
        ours = {role: without_proposals for role in ("initiator", "responder") if getattr(self, role).kind.startswith("keypact")}
        self.configure(**ours)
        self.bring_up()
        for daemon in self.daemons():
            self.expect_agreed(daemon.sas()[0], "ML_KEM_768")


if __name__ == "__main__":
    unittest.main()
