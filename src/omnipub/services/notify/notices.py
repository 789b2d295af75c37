"""Tell people what needs them: after each look, who was not told is told, and what failed is tried again."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.notice import Cause, Notice, Phase, claimed, due, failed, finished, seen, taken, unseen
from omnipub.domain.timestamps import from_text, to_text
from omnipub.errors import OmnipubError
from omnipub.hints import Hint
from omnipub.log_events import LogEvent
from omnipub.ports.notifier import Notifier
from omnipub.ports.table import ConditionFailedError, Delete
from omnipub.services.base import Base
from omnipub.services.health.finding import Finding
from omnipub.services.notify.causes import RULES, FoundCause, causes_in
from omnipub.storage import access, keys, paging
from omnipub.storage.items import cause_item, cause_of
from omnipub.storage.schema import BY_STATUS_OR_OWNER
from omnipub.storage.write_ids import put, replacing

REREADS = 5

Words = Callable[[Hint], str]
"""Words a hint for whoever is told."""

OVER = "This is over; nothing is left to do. It was: "


@dataclass(frozen=True, kw_only=True)
class RoundReport:
    """What a round did: causes that last, notices taken and failed."""

    causes: int = 0
    taken: int = 0
    failed: int = 0


@dataclass(frozen=True, kw_only=True)
class Notices:
    """Tells."""

    base: Base
    notifier: Notifier
    origin: str
    alarmed: bool

    def round(
        self, look: Callable[[], Iterable[Finding]], words: Words, *, until: datetime | None = None
    ) -> RoundReport:
        """Look once, and tell whoever is to be told of what was found, or of what is over.

        Without a target nothing is looked at: the first one that is set is told of what there is then.

        Args:
            look: A check-up of the system.
            words: How a hint is worded for people.
            until: After this moment no notice is begun; the next round sends what is left.

        Raises:
            UnavailableError: Storage is in trouble.
        """
        targets = tuple(self.notifier.targets())
        if not targets:
            return RoundReport()
        now = self.base.clock.now()
        found = causes_in(look(), now, newest=self._newest, alarmed=self.alarmed)
        known = {one.name: one for one in self.all()}
        nexts = {one.cause.name: one.next for one in found}
        current = [self._seen(known.get(one.cause.name), one) for one in found]
        current += [self._unseen(one, targets) for name, one in known.items() if name not in nexts]
        report = RoundReport(causes=len(found))
        for cause in current:
            for target in targets:
                if cause is None or (until is not None and self.base.clock.now() >= until):
                    break
                phase = due(cause, target, self.base.clock.now(), patience=_patience(cause))
                if phase is not None:
                    cause, done = self._told(cause, target, phase, _worded(nexts.get(cause.name, ""), words))  # noqa: PLW2901  as it is now
                    report = replace(report, taken=report.taken + done, failed=report.failed + (not done))
        return report

    def all(self) -> Sequence[Cause]:
        """Every cause that is told, or whose end is."""
        return [cause_of(item) for item in paging.items(self.base.table, access.causes())]

    def test(self, target: str) -> None:
        """Send one target a notice of nothing, to see whether it arrives.

        Raises:
            OmnipubError: It was not taken.
        """
        now = self.base.clock.now()
        notice = Notice(
            id=self.base.chance.token(),
            phase=Phase.TEST,
            kind="test",
            title="A test: notices arrive",
            what="Somebody asked for this notice, to see whether it arrives. Nothing is the matter.",
            next="",
            at=now,
            first=None,
            origin=self.origin,
        )
        self.notifier.send(target, notice)

    def notice(self, cause: Cause, target: str, phase: Phase, next_: str) -> Notice:
        """What one target is told of a cause."""
        over = phase is Phase.OVER
        rule = RULES.get(cause.kind)
        told = cause.of(target).at
        parts = (cause.name, to_text(cause.first), phase.value, to_text(told) if told else "", target)
        return Notice(
            id=hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32],
            phase=phase,
            kind=cause.kind,
            title=rule.title if rule else cause.kind,
            what=f"{OVER}{cause.what}" if over else cause.what,
            next="" if over else next_,
            at=self.base.clock.now(),
            first=cause.first,
            origin=self.origin,
        )

    def sent(self, cause: Cause, target: str, phase: Phase, next_: str) -> str:
        """Send; why it was not taken, or "" if it was."""
        try:
            self.notifier.send(target, self.notice(cause, target, phase, next_))
        except OmnipubError as error:
            self.base.journal.note(LogEvent.NOTICE_FAILED, target=target, kind=cause.kind, why=error.message)
            return error.message
        self.base.journal.note(LogEvent.NOTICE_TAKEN, target=target, kind=cause.kind, phase=phase.value)
        return ""

    def _told(self, cause: Cause, target: str, phase: Phase, next_: str) -> tuple[Cause | None, bool]:
        """The cause after one target was told, or was not; None if somebody else tells it at this moment."""
        chance = self.base.chance.share()
        try:
            mine = self._write(cause, claimed(cause, target, self.base.clock.now(), chance=chance))
        except ConditionFailedError:
            return None, False
        why = self.sent(cause, target, phase, next_)
        for _ in range(REREADS):
            now = self.base.clock.now()
            after = failed(mine, target, why) if why else taken(mine, target, phase, now)
            try:
                return self._write(mine, after), not why
            except ConditionFailedError:
                item = self.base.table.get(keys.cause(cause.name))
                if item is None:
                    break
                mine = cause_of(item)
        return None, not why  # told once more later, under the same id

    def _seen(self, known: Cause | None, found: FoundCause) -> Cause | None:
        cause = seen(known, found.cause)
        if known is not None and cause == known:
            return known
        try:
            return self._write(known, cause)
        except ConditionFailedError:
            return None  # another round writes it at this moment

    def _unseen(self, known: Cause, targets: tuple[str, ...]) -> Cause | None:
        now = self.base.clock.now()
        cause = unseen(known, now)
        try:
            if finished(cause, targets, now):
                self.base.table.transact([Delete(key=keys.cause(known.name), condition=replacing(known.version))])
                return None
            return self._write(known, cause) if cause != known else known
        except ConditionFailedError:
            return None

    def _write(self, before: Cause | None, after: Cause) -> Cause:
        version = before.version if before else 0
        written = replace(after, version=version + 1, write_id=self.base.chance.token())
        put(self.base.table, cause_item(written), replacing(version or None))
        return written

    def _newest(self, status: str) -> datetime | None:
        """Since when the youngest delivery has a status."""
        found = [
            from_text(keys.moment_of(item[BY_STATUS_OR_OWNER.sort]))
            for shard in self.base.shards.count(self.base.clock.now()).all()
            for item in self.base.table.query(access.latest_with_status(Status(status), shard, limit=1)).items
        ]
        return max(found, default=None)


def _patience(cause: Cause) -> timedelta:
    rule = RULES.get(cause.kind)
    return rule.patience if rule else timedelta(0)


def _worded(next_: Hint | str, words: Words) -> str:
    return words(next_) if isinstance(next_, Hint) else next_
