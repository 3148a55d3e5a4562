import unittest

from sample_tree import SampleTree

import check_interop

LISTS = """
if(TARGET keypactd)
  set(few tunnel.ipv4_over_ipv4 tunnel.ipv6_over_ipv6)
  foreach(peer libreswan strongswan-kernel)
    keypact_guest_cases(a.${peer} keypact ${peer} ${few} --more certificates)
  endforeach()
  keypact_guest_cases(b openiked keypact-kernel delete)
endif()
"""


class CheckInterop(SampleTree):
    def setUp(self):
        super().setUp()
        self.write("tests/interop/CMakeLists.txt", LISTS)
        for theme, names in {"tunnel": ("ipv4_over_ipv4", "ipv6_over_ipv6"), "delete": ("ike_sa", "further_child_sa"),
                             "certificates": ("rekeyed",)}.items():
            self.write(f"tests/interop/test_{theme}.py", "".join(f"    def test_{name}(self):\n" for name in names))

    def check(self, **cells):
        """Of a document whose cells are right but those that are given: matter="cell | cell"."""
        columns = ("libreswan responds", "openiked initiates")
        right = {"tunnel, IPv4": "shown | why", "tunnel, IPv6": "shown | why", "certificates": "shown | why", "deleted": "why | shown"}
        rows = {matter: "why | why" for matter in check_interop.MATTERS} | right | cells
        text = "\n".join(["| what | " + " | ".join(columns) + " |", "| --- | --- | --- |",
                          *(f"| {matter} | {cells} |" for matter, cells in rows.items() if cells)])
        return check_interop.complaints(text + "\n", check_interop.listed_cases(self.root))

    def test_accepts_what_the_lists_have(self):
        self.assertEqual(self.check(), [])

    def test_refuses_what_no_list_has(self):
        (complaint,) = self.check(restart="shown | why")
        self.assertIn("'restart', libreswan responds: says 'shown', no case is listed", complaint)

    def test_refuses_a_reason_where_a_case_is(self):
        (complaint,) = self.check(certificates="why | why")
        self.assertIn("'certificates', libreswan responds: says 'why', a case is listed", complaint)

    def test_refuses_a_missing_row_and_an_empty_cell(self):
        self.assertEqual(self.check(traps=None), ["no row 'traps'"])
        self.assertEqual(len(self.check(traps="why |")), 1)

    def test_a_case_that_the_peer_skips_shows_nothing(self):
        self.assertNotIn("delete.further_child_sa", check_interop.columns(check_interop.listed_cases(self.root), "openiked")[1])


if __name__ == "__main__":
    unittest.main()
