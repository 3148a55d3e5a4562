"""What many_cases.py tells, with each daemon in both roles."""
import many_cases


class Many(many_cases.Many):
    pass
