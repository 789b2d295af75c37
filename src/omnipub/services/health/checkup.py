"""What can be wrong with a stage, read from its table: each finding with what to do next.

Every read is bounded, so that a table of millions is looked at as fast as a small one. A count that was
broken off says so.
"""

from dataclasses import dataclass
from datetime import datetime

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.timestamps import from_text
from omnipub.hints import Action, Hint
from omnipub.services.base import Base
from omnipub.services.health.backlog import Backlog
from omnipub.services.health.blocked_accounts import BlockedAccounts
from omnipub.services.health.finding import COUNTED_AT_MOST, Finding, Health, fine
from omnipub.services.protocol.enqueue import HORIZON
from omnipub.services.protocol.gate import WITHOUT_EVIDENCE, Gate
from omnipub.services.scheduling.dispatch import ALARMING_SILENCE, TICK_EVERY, Dispatch
from omnipub.storage import keys

START = Hint(action=Action.START)
RUN_NOW = Hint(action=Action.RUN_NOW)

LEFT_TO_PEOPLE = {
    Status.UNCONFIRMED: ("Nothing is in doubt.", "May be out or not, and a person decides: {}."),
    Status.FAILED: ("Nothing has failed.", "Failed, and waiting to be sent again or put away: {}."),
    Status.MISSED: ("Nothing was missed.", "Missed, and waiting to be sent after all or put away: {}."),
}
"""State → what is said where nothing has it, and where something has."""


@dataclass(frozen=True, kw_only=True)
class Checkup:
    """Looks."""

    base: Base
    backlog: Backlog
    dispatch: Dispatch
    gate: Gate
    hindrances: BlockedAccounts

    def look(self, owner: str, *, running: bool, start: Hint = START) -> list[Finding]:
        """Everything the table tells, and what an owner has to do.

        Args:
            owner: Who looks, an operator: their own accounts are looked at, and everybody's that something is held for.
            running: Whether anything works on the table at this moment.
            start: What to do so that something does.
        """
        beat = self.dispatch.last_beat()
        holds = self.hindrances.holds()
        return [
            self._gate(),
            self._scheduler(beat, start=None if running else start),
            self._clock(beat),
            self._due(RUN_NOW if running else start, running=running),
            self._publishing(RUN_NOW if running else start),
            *self.hindrances.held(holds),
            *self.hindrances.paused(),
            *self.hindrances.versions(),
            *self.hindrances.resting(),
            *self.hindrances.unusable(holds, owner),
            *self.hindrances.tokens(),
            *(self._left(status) for status in LEFT_TO_PEOPLE),
        ]

    def _gate(self) -> Finding:
        why = self.gate.why_closed()
        if why is not None:
            lost = " If only its evidence was lost, add --same." if why in WITHOUT_EVIDENCE else ""
            what = f"{self.gate.sentence(why)}{lost}"
            return Finding(name="gate", health=Health.BAD, what=what, next=Hint(action=Action.ADOPT))
        return fine("gate", "The table is the one that sent from here last, as far as its evidence tells.")

    def _scheduler(self, beat: datetime | None, *, start: Hint | None) -> Finding:
        if beat is not None and self.base.clock.now() - beat <= ALARMING_SILENCE:
            served = self.dispatch.last_served()
            if served is not None and beat - served > ALARMING_SILENCE:
                what = "The scheduler runs, but the stream or the delay queue refuses what it puts, since then."
                return Finding(
                    name="scheduler", health=Health.BAD, what=what, at=served, next=Hint(action=Action.STREAM_STATS)
                )
            return fine("scheduler", "The scheduler ran last.", beat)
        # Where nothing runs, silence is what that means; what it costs is said by what is due.
        health = Health.WARN if start or beat is None else Health.BAD
        what = "The scheduler is silent since then." if beat else "The scheduler has never run."
        return Finding(name="scheduler", health=health, what=what, at=beat, next=start or "")

    def _clock(self, beat: datetime | None) -> Finding:
        """A cursor is at most a horizon ahead of the clock that wrote it.

        More means that the clock went back.
        """
        now = self.base.clock.now()
        item = self.base.table.get(keys.cursor())
        newest = max([*([from_text(item["at"]) - HORIZON] if item else []), *([beat] if beat else []), now])
        if newest <= now + TICK_EVERY:
            return fine("clock", "The clock has not gone back.")
        what = "The clock went back: the scheduler has already worked at that moment."
        return Finding(name="clock", health=Health.BAD, what=what, at=newest, elsewhere="timedatectl")

    def _due(self, remedy: Hint, *, running: bool) -> Finding:
        """Where nothing runs, the first that is due is late already; else the next tick takes it."""
        now = self.base.clock.now()
        overdue = self.backlog.of(Status.SCHEDULED, at_most=COUNTED_AT_MOST).until(now)
        if not overdue.waiting:
            return fine("due", "Nothing is overdue.")
        oldest = overdue.waiting[0].at
        what = f"Due and not dispatched yet: {overdue.counted}, the oldest since then."
        if running and now - oldest <= ALARMING_SILENCE:
            return fine("due", what, oldest)
        what += "" if running else " Nothing runs, so nobody publishes it."
        return Finding(name="due", health=Health.BAD, what=what, at=oldest, next=remedy, count=len(overdue))

    def _publishing(self, remedy: Hint) -> Finding:
        pile = self.backlog.of(Status.PUBLISHING, at_most=COUNTED_AT_MOST)
        stuck = pile.until(self.base.clock.now() - ALARMING_SILENCE)
        if not stuck.waiting:
            return fine("publishing", f"Being published: {pile.counted}.")
        what = f"Past their lease, and nobody has looked what became of them: {stuck.counted}."
        at, count = stuck.waiting[0].at, len(stuck)
        return Finding(name="publishing", health=Health.BAD, what=what, at=at, next=remedy, count=count)

    def _left(self, status: Status) -> Finding:
        pile = self.backlog.of(status, at_most=COUNTED_AT_MOST)
        nothing, something = LEFT_TO_PEOPLE[status]
        if not pile.waiting:
            return fine(status.value, nothing)
        what = something.format(pile.counted)
        return Finding(
            name=status.value,
            health=Health.WARN,
            what=what,
            at=pile.waiting[0].at,
            next=Hint(action=Action.LIST_STUCK),
            count=len(pile),
        )
