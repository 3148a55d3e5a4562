"""What wishes_cases.py tells, between two keypactd."""
import wishes_cases


class Wishes(wishes_cases.Wishes):
    pass
