"""A small tree in a temporary directory, for the tests of the checks."""
import pathlib
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOOLS))


class SampleTree(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)

    def write(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def copy_from_tools(self, name):
        self.write(f"tools/{name}", (TOOLS / name).read_text(encoding="utf-8"))

    def assert_one_finding(self, findings, part):
        findings = list(findings)
        self.assertEqual(len(findings), 1, findings)
        self.assertIn(part, findings[0])

    def assert_clean(self, findings):
        self.assertEqual(list(findings), [])
