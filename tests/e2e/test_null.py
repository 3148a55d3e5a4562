"""Ends that do not show who they are, between two keypactd."""
import unittest

import null_cases


class Null(null_cases.NullCases):
    pass


if __name__ == "__main__":
    unittest.main()
