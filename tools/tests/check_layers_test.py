import unittest

from sample_tree import SampleTree

import check_layers


class CheckLayers(SampleTree):
    def setUp(self):
        super().setUp()
        self.copy_from_tools("layers.txt")
        self.folder("base", [])
        self.folder("proto", ["base"])
        self.folder("wire", ["base", "proto"])
        self.folder("crypto", ["base", "proto"])
        self.folder("ike/core", ["base", "proto", "wire", "crypto"])
        self.write("src/base/octets.h", "#include <vector>\n")
        self.write("src/proto/spi.h", '#include "base/octets.h"\n')
        self.write("src/crypto/prf.h", '#include "base/octets.h"\n')
        self.write("src/ike/core/job.cc", '#include "crypto/prf.h"\n#include <chrono>\n')

    def folder(self, name, depends):
        self.write(f"src/{name}/CMakeLists.txt", f"keypact_folder(NAME {name} DEPENDS {' '.join(depends)} LIBS fmt::fmt)\n")

    def check(self):
        return check_layers.check(self.root)

    def test_accepts_a_tree_that_keeps_to_its_layers(self):
        self.assert_clean(self.check())

    def test_refuses_an_include_upwards(self):
        self.write("src/base/bad.h", '#include "proto/spi.h"\n')
        self.assert_one_finding(self.check(), "src/base/bad.h:1: base may not include")

    def test_refuses_crypto_in_wire_although_it_is_of_the_same_layer(self):
        self.write("src/wire/bad.cc", '\n#include "crypto/prf.h"\n')
        self.assert_one_finding(self.check(), "src/wire/bad.cc:2: wire may not include")

    def test_refuses_an_include_of_a_header_that_does_not_exist(self):
        self.write("src/wire/bad.cc", '#include "base/nothing.h"\n')
        self.assert_one_finding(self.check(), "does not exist")

    def test_refuses_a_folder_that_the_table_lacks(self):
        self.write("src/misc/bad.cc", "\n")
        self.assert_one_finding(self.check(), "not in tools/layers.txt")

    def test_refuses_each_closed_header_in_ike(self):
        for header in ("sys/socket.h", "unistd.h", "netinet/in.h", "arpa/inet.h", "time.h", "ctime", "thread", "mutex",
                       "random", "fstream", "iostream", "filesystem", "sys/random.h", "openssl/evp.h", "spdlog/spdlog.h"):
            with self.subTest(header):
                self.write("src/ike/core/bad.h", f"#include <{header}>\n")
                self.assert_one_finding(self.check(), f"<{header}> needs the right")

    def test_refuses_each_closed_call_in_ike(self):
        for call in ("std::chrono::steady_clock::now()", 'std::getenv("HOME")', "rand()", "::time(nullptr)",
                     "std::this_thread::sleep_for(x)", "std::random_device{}", 'fopen("a", "r")'):
            with self.subTest(call):
                self.write("src/ike/core/bad.cc", f"auto f() {{ return {call}; }}\n")
                self.assert_one_finding(self.check(), "needs the right")

    def test_is_not_deceived_by_comments_and_strings(self):
        self.write("src/ike/core/fine.cc", '// #include <thread>\n/* steady_clock::now() */\nauto s = "rand()";\n')
        self.assert_clean(self.check())

    def test_lets_openssl_only_into_sources_of_crypto(self):
        self.write("src/crypto/prf.cc", "#include <openssl/evp.h>\n")
        self.assert_clean(self.check())
        self.write("src/crypto/bad.h", "#include <openssl/evp.h>\n")
        self.assert_one_finding(self.check(), "only in .cc files")

    def test_lets_tests_and_their_headers_read_files_but_keeps_these_headers_out_of_other_sources(self):
        self.write("src/wire/test_data.h", "#include <fstream>\n")
        self.write("src/wire/header_test.cc", '#include "wire/test_data.h"\n#include <fstream>\n')
        self.assert_clean(self.check())
        self.write("src/wire/header.cc", '#include "wire/test_data.h"\n')
        self.assert_one_finding(self.check(), "is for tests")

    def test_compares_depends_with_the_table(self):
        self.folder("wire", ["base", "proto", "crypto"])
        self.write("src/wire/header.cc", '#include "proto/spi.h"\n')
        self.assert_one_finding(self.check(), "wire may not depend on crypto")

    def test_refuses_an_include_that_depends_does_not_name(self):
        self.folder("wire", ["base"])
        self.write("src/wire/header.cc", '#include "proto/spi.h"\n')
        self.assert_one_finding(self.check(), "proto is not in DEPENDS")

    def test_refuses_a_table_that_leads_upwards_or_gives_ike_a_right(self):
        self.write("tools/layers.txt", "base | 0 | proto |\nproto | 1 | base |\nike/core | 5 | base | clock\n")
        findings = list(check_layers.check_table(check_layers.read_table(self.root / "tools/layers.txt")))
        self.assertEqual(len(findings), 2, findings)


if __name__ == "__main__":
    unittest.main()
