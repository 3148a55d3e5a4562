"""What nat_cases.py tells, with each daemon in both roles."""
import nat_cases


class Nat(nat_cases.Nat):
    pass


class BothBehindNats(nat_cases.BothBehindNats):
    pass


class TwoBehindOneNat(nat_cases.TwoBehindOneNat):
    pass


class ForcedEncapsulation(nat_cases.ForcedEncapsulation):
    pass
