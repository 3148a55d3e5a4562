"""What redirect_cases.py tells, with each daemon in both roles."""
import redirect_cases


class Redirect(redirect_cases.Redirect):
    pass
