"""What staying_cases.py tells, between two keypactd, and start actions that keep trying."""
import staying_cases
from lab import wait_for


class StayingUp(staying_cases.Staying):

    def test_a_start_action_goes_on_until_the_peer_is_there(self):
        self.responder.stop()
        self.load_one(self.initiator, self.with_actions(start_action="start"))
        wait_for(lambda: "IKE_SA_INIT" in self.initiator.log_text(), "an attempt")
        self.responder.start()
        self.load_one(self.responder)
        self.wait_until_up(30)
