"""Ends that do not show who they are, with peers that know it."""
import unittest

import null_cases


class Null(null_cases.NullCases):
    pass


if __name__ == "__main__":
    unittest.main()
