"""Whether the request that publishes may still leave: asked directly before it, after everything that came before.

Between a claim and its request images are uploaded, sessions opened, tokens renewed, and machines freeze. Meanwhile
somebody else may have gone on from the claim, and people may have paused or called off.
"""

from dataclasses import dataclass
from datetime import timedelta

from omnipub.domain.delivery.model import Delivery
from omnipub.domain.delivery.outcome import CALLED_OFF, CLAIM_LOST, NOT_READ, PAUSED, WINDOW_OVER, Outcome, TryEnd
from omnipub.errors import OmnipubError
from omnipub.ports.clock import Clock
from omnipub.services.pauses.pauses import Pauses
from omnipub.services.protocol.store import DeliveryStore

FRESH = timedelta(seconds=1)
"""So long what a first claim rests on counts as just read."""


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """Asks."""

    recording: DeliveryStore
    pauses: Pauses
    clock: Clock

    def of(self, claim: Delivery) -> Outcome | None:
        """Why the request of this claim must not leave; None if it may."""
        if claim.lease is None:
            raise AssertionError("a claim has a lease")
        if claim.attempts > 1 or self.clock.now() - claim.lease.started_at > FRESH:
            try:
                stop = self._read_again(claim, claim.lease.claim_id)
            except OmnipubError as error:
                return _stop(NOT_READ, f"Whether it may still go out could not be read. {error.message}")
            if stop is not None:
                return stop
        # Read last, as reading takes time.
        over = claim.is_past_window(self.clock.now())
        return _stop(WINDOW_OVER, "Its window was over before its request could leave.") if over else None

    def _read_again(self, claim: Delivery, claim_id: str) -> Outcome | None:
        pause = self.pauses.of(claim)
        there = self.recording.read(claim)  # last, for this is what two posts would come of
        if there is None or there.lease is None or there.lease.claim_id != claim_id:
            return _stop(CLAIM_LOST, "Somebody else has gone on from this try.")
        if there.cancel_asked:
            return _stop(CALLED_OFF, "It was called off before its request left.")
        return None if pause is None else _stop(PAUSED, pause.sentence)


def _stop(code: str, sentence: str) -> Outcome:
    return Outcome(ended=TryEnd.NOT_SENT, code=code, sentence=sentence)
