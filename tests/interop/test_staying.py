"""What staying_cases.py tells, with each daemon in both roles."""
import staying_cases


class Staying(staying_cases.Staying):
    pass
