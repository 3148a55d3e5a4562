"""What mobike_cases.py tells, with each daemon in both roles."""
import mobike_cases


class Mobike(mobike_cases.Mobike):
    pass
