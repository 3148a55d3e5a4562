"""A Child SA that both ends rekey because of what it carried, under a ping that loses nothing."""
from lab import wait_for
from steady import SteadyCase


class Volume(SteadyCase):

    def test_counted_by_both_ends(self):
        def change(configuration):
            configuration["connections"]["tunnel"]["children"]["net"].update(rekey_packets=100, life_packets=5000, rand_packets=20)
        self.configure(both=change)
        self.bring_up()
        with self.without_loss():
            now = wait_for(self.agreed, "the tunnel")
            for number in range(3):
                now = wait_for(lambda before=now: self.is_new("child", before), f"rekeying {number}", 20, 0.05)
        self.expect_one_of_each()
