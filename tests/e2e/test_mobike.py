"""What mobike_cases.py tells, between two keypactd."""
import mobike_cases


class Mobike(mobike_cases.Mobike):
    pass
