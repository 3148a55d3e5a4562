import unittest

from sample_tree import SampleTree

import check_words


class CheckWords(SampleTree):
    def setUp(self):
        super().setUp()
        self.copy_from_tools("words.txt")

    def check(self):
        return check_words.check(self.root)

    def test_accepts_ordinary_text_and_the_words_of_rfcs(self):
        self.write("src/a.cc", "// The issuer of a certificate; session resumption; a TLS session; EAP session.\n"
                               "mktemp -d /tmp/keypact.XXXXXX; ./build; $root/tmp/a; pki --issue\n")
        self.write("LICENSE", "any issue\n")
        self.assert_clean(self.check())

    def test_refuses_each_forbidden_word(self):
        for word in ("TODO", "FIXME", "xxx", "a stub", "placeholder", "not implemented", "unimplemented", "/work/main",
                     "/home/u", "/root/x", "/tmp/name", "helper", "agents", "session", "issue 2", "CEO", "Founder"):
            with self.subTest(word):
                self.write("src/a.cc", f"int x;\nint y;  // {word}\n")
                self.assert_one_finding(self.check(), "src/a.cc:2: ")

    def test_refuses_a_forbidden_word_beside_an_allowed_one(self):
        self.write("docs/a.md", "session resumption of a session\n")
        self.assert_one_finding(self.check(), "docs/a.md:1")

    def test_refuses_a_forbidden_word_in_a_name(self):
        self.write("src/helper/a.cc", "\n")
        self.assert_one_finding(self.check(), "the name contains 'helper'")

    def test_lets_code_have_names_that_prose_may_not_have(self):
        self.write("src/a.cc", "auto session = accept();\nuse(session);  // of the peer\n")
        self.assert_clean(self.check())
        self.write("docs/a.md", "this session\n")
        self.assert_one_finding(self.check(), "docs/a.md:1")


if __name__ == "__main__":
    unittest.main()
