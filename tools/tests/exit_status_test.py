import subprocess
import sys
import unittest

from sample_tree import TOOLS, SampleTree

import check_interop

TABLE = "| what | libreswan responds |\n| --- | --- |\n"
BAD_SAMPLES = {
    "layers": '#include <thread>\n',
    "sizes": "\n" * 601,
    "rfc_citations": "// RFC 7296 §9.9\n",
    "words": "// fixme\n",
    "interop": TABLE,
}


class ExitStatus(SampleTree):
    def run_check(self, name):
        command = [sys.executable, "-B", str(TOOLS / f"check_{name}.py"), "--root", str(self.root)]
        return subprocess.run(command, capture_output=True, check=False).returncode

    def test_each_check_ends_with_0_on_a_good_tree_and_with_1_on_its_bad_sample(self):
        self.copy_from_tools("layers.txt")
        self.copy_from_tools("words.txt")
        self.write("docs/rfc-sections.txt", "7296 1\n")
        self.write("src/ike/core/CMakeLists.txt", "keypact_folder(NAME ike/core)\n")
        self.write("tests/interop/CMakeLists.txt", "if(TARGET keypactd)\nendif()\n")
        good = {"interop": TABLE + "".join(f"| {matter} | why |\n" for matter in check_interop.MATTERS)}
        self.assertEqual(set(BAD_SAMPLES), {path.stem[len("check_"):] for path in TOOLS.glob("check_*.py")})
        for name, sample in BAD_SAMPLES.items():
            with self.subTest(name):
                path = "docs/interop.md" if name in good else "src/ike/core/a.cc"
                self.write(path, good.get(name, "int x;\n"))
                self.assertEqual(self.run_check(name), 0)
                self.write(path, sample)
                self.assertEqual(self.run_check(name), 1)


if __name__ == "__main__":
    unittest.main()
