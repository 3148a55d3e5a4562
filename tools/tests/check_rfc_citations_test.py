import unittest

from sample_tree import SampleTree

import check_rfc_citations

RFC = """
Table of Contents

   1.  Introduction ....................................................3
       1.1.  Requirements Language .....................................3
   2.  Protocol Details ................................................4
   Appendix A.  Examples ...............................................9

1.  Introduction
1.1.  Requirements Language

   1.  a numbered list
2.  Protocol Details
2.1.  3072-bit Groups
3.  an item of a list at the margin

Appendix A.  Examples
A.1.  First
"""


class CheckRfcCitations(SampleTree):
    def setUp(self):
        super().setUp()
        self.write("rfc/rfc7296.txt", RFC)
        self.write("docs/rfc-sections.txt", "4303 1 2 2.1\n")
        check_rfc_citations.regenerate(self.root / "rfc", self.root / "docs/rfc-sections.txt")
        (self.root / "rfc/rfc7296.txt").unlink()

    def check(self, text):
        self.write("src/a.cc", text)
        return check_rfc_citations.check(self.root)

    def test_finds_the_sections_and_keeps_rfcs_whose_text_is_absent(self):
        known = check_rfc_citations.read_sections(self.root / "docs/rfc-sections.txt")
        self.assertEqual(known, {4303: ["1", "2", "2.1"], 7296: ["1", "1.1", "2", "2.1", "A", "A.1"]})

    def test_accepts_sections_that_exist(self):
        self.assert_clean(self.check("// RFC 7296 §1.1, §2 and §A.1; RFC 7296 §1-2. RFC 4303 §2.1: x. RFC 9999 in general\n"))

    def test_refuses_a_section_that_does_not_exist(self):
        for text in ("RFC 7296 §3", "RFC 7296 §2.1.1", "RFC 7296 §B", "RFC 7296 §1, §2.9", "RFC 7296 §1 to §4",
                     "RFC 7296 §1-2.7", "RFC 7296 §1.1,\n// §2.2"):
            with self.subTest(text):
                self.assert_one_finding(self.check(f"\n// {text}.\n"), "src/a.cc:2: RFC 7296 has no §")

    def test_refuses_a_section_of_an_rfc_that_is_not_listed(self):
        self.assert_one_finding(self.check("// RFC 9999 §1\n"), "RFC 9999 is not listed")

    def test_refuses_other_spellings(self):
        for text in ("RFC7296 §1", "RFC 7296, §1", "RFC 7296 section 1.1", "RFC 7296 (Section 1)", "RFC-7296 §1",
                     "RFC 7296 Appendix A", "RFC 7296 §x"):
            with self.subTest(text):
                self.assert_one_finding(self.check(f"// {text}\n"), "write 'RFC 7296 §2.8.1'")


if __name__ == "__main__":
    unittest.main()
