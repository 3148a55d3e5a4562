"""What redirect_cases.py tells, between two keypactd."""
import redirect_cases


class Redirect(redirect_cases.Redirect):
    pass
