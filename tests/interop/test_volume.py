"""What volume_cases.py tells, with each daemon in both roles."""
import volume_cases


class Volume(volume_cases.Volume):
    pass
