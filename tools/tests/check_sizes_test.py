import unittest

from sample_tree import SampleTree

import check_sizes


def body(lines):
    return "  x = {1};\n" * lines


class CheckSizes(SampleTree):
    def check(self):
        return check_sizes.check(self.root)

    def test_accepts_what_is_at_the_limit(self):
        self.write("src/a.cc", "\n" * 500 + "void f() {\n" + body(68) + "}\n")
        self.write("tools/a.py", "def f():\n" + "    pass\n" * 69)
        self.write("dev", "echo\n" * 600)
        self.assert_clean(self.check())

    def test_refuses_a_file_of_601_lines(self):
        for path in ("src/a.h", "tools/a.py", "tests/a.sh", "dev", "CMakeLists.txt"):
            with self.subTest(path):
                self.write(path, "\n" * 601)
                self.assert_one_finding(self.check(), f"{path}: 601 lines")
                (self.root / path).unlink()

    def test_refuses_a_function_of_71_lines_wherever_it_stands(self):
        for before, after in (("void f() {\n", "}\n"),
                              ("namespace a {\nclass B final : public C {\n public:\n  int f(int a = 3) const {\n", "}\n};\n}\n"),
                              ("template <class T>\n", "}\n"),
                              ("bool operator==(A, B) {\n", "}\n"),
                              ("auto f = [](int x) {\n", "};\n"),
                              ('extern "C" {\nint f(void) {\n', "}\n}\n"),
                              ("TEST(Suite, Name) {\n", "}\n"),
                              ("struct A f(B b) {\n", "}\n")):
            with self.subTest(before):
                opening = before + ("T f(T t) {\n" if before.startswith("template") else "")
                self.write("src/a.cc", opening + body(70) + after)
                self.assert_one_finding(self.check(), "limit of a function")

    def test_takes_a_long_table_or_class_for_no_function(self):
        for head in ("constexpr Entry kTable[] = {\n", "enum class A : int {\n", "class A : public B<int()> {\n",
                     "struct C {\n", "const std::map<int, F(int)> m = {\n"):
            with self.subTest(head):
                self.write("src/a.cc", head + "  // line\n" * 100 + "};\n")
                self.assert_clean(self.check())

    def test_is_not_deceived_by_braces_in_comments_strings_and_directives(self):
        self.write("src/a.cc", 'void f() {\n  g("}", \'}\', 1\'000);  // }\n  /* } */\n#define X }\n  R"(})";\n' + body(70) + "}\n")
        self.assert_one_finding(self.check(), "src/a.cc:1: f has 76 lines")

    def test_refuses_a_long_python_function(self):
        self.write("tools/a.py", "class A:\n    def f(self):\n" + "        pass\n" * 70)
        self.assert_one_finding(self.check(), "tools/a.py:2: f has 71 lines")


if __name__ == "__main__":
    unittest.main()
