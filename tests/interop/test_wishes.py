"""What wishes_cases.py tells, with each daemon in both roles."""
import wishes_cases


class Wishes(wishes_cases.Wishes):
    pass
