"""Tell people what needs them: after each look, who was not told is told, and what failed is tried again."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.notice import Cause, Phase, claimed, failed, finished, seen, taken, unseen
from omnipub.domain.notice_grouping import due_groups
from omnipub.domain.timestamps import from_text
from omnipub.errors import OmnipubError
from omnipub.hints import Hint
from omnipub.log_events import LogEvent
from omnipub.ports.notifier import Notifier
from omnipub.ports.table import ConditionFailedError, Delete
from omnipub.services.base import Base
from omnipub.services.health.finding import Finding
from omnipub.services.notify.causes import RULES, FoundCause, causes_in
from omnipub.services.notify.composing import notice_of, notice_of_nothing
from omnipub.storage import access, keys, paging
from omnipub.storage.items import cause_item, cause_of
from omnipub.storage.schema import BY_STATUS_OR_OWNER
from omnipub.storage.write_ids import put, replacing

REREADS = 5

Words = Callable[[Hint], str]
"""Words a hint for whoever is told."""


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
        causes = {one.name: one for one in current if one is not None}
        worded = {name: _worded(one, words) for name, one in nexts.items()}
        report = RoundReport(causes=len(found))
        for target in _failing_last(targets, current):
            for phase, group in due_groups([*causes.values()], target, self.base.clock.now(), patience=_patience):
                if until is not None and self.base.clock.now() >= until:
                    return report
                mine = self._claimed(group, target)
                if not mine:
                    continue
                why = self.sent(mine, target, phase, worded)
                causes |= {one.name: one for one in self._concluded(mine, target, phase, why)}
                report = replace(report, taken=report.taken + (not why), failed=report.failed + bool(why))
                if why:
                    break  # what fails once would hold up whoever comes after it once for each notice
        return report

    def all(self) -> Sequence[Cause]:
        """Every cause that is told, or whose end is."""
        return [cause_of(item) for item in paging.items(self.base.table, access.causes())]

    def test(self, target: str) -> str:
        """Send one target a notice of nothing, to see whether it arrives; what it answered.

        Raises:
            OmnipubError: It was not taken.
        """
        token, now = self.base.chance.token(), self.base.clock.now()
        return self.notifier.send(target, notice_of_nothing(token, now=now, origin=self.origin))

    def sent(self, causes: Sequence[Cause], target: str, phase: Phase, nexts: Mapping[str, str]) -> str:
        """Send one notice of causes of one kind; why it was not taken, or "" if it was."""
        kind = causes[0].kind
        notice = notice_of(causes, target, phase, nexts=nexts, now=self.base.clock.now(), origin=self.origin)
        try:
            self.notifier.send(target, notice)
        except OmnipubError as error:
            self.base.journal.note(LogEvent.NOTICE_FAILED, target=target, kind=kind, why=error.message)
            return error.message
        self.base.journal.note(LogEvent.NOTICE_TAKEN, target=target, kind=kind, phase=phase.value)
        return ""

    def broke(self, error: Exception) -> None:
        """Note that a round ended before its end; the next one goes on."""
        why = error.message if isinstance(error, OmnipubError) else f"{type(error).__name__}, a mistake of ours"
        self.base.journal.note(LogEvent.NOTICE_FAILED, target="", kind="", why=why)

    def _claimed(self, causes: Iterable[Cause], target: str) -> list[Cause]:
        """Those that nobody else tells the target of at this moment."""
        chance, now = self.base.chance.share(), self.base.clock.now()
        mine = []
        for cause in causes:
            with suppress(ConditionFailedError):
                mine.append(self._write(cause, claimed(cause, target, now, chance=chance)))
        return mine

    def _concluded(self, causes: Iterable[Cause], target: str, phase: Phase, why: str) -> Iterator[Cause]:
        """The causes after one target was told of them, or was not."""
        for cause in causes:
            after = self._concluded_one(cause, target, phase, why)
            if after is not None:
                yield after

    def _concluded_one(self, cause: Cause, target: str, phase: Phase, why: str) -> Cause | None:
        """None if it cannot be written: it is told once more later, under the same id."""
        mine = cause
        for _ in range(REREADS):
            after = failed(mine, target, why) if why else taken(mine, target, phase, self.base.clock.now())
            try:
                return self._write(mine, after)
            except ConditionFailedError:
                item = self.base.table.get(keys.cause(cause.name))
                if item is None:
                    break
                mine = cause_of(item)
        return None

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


def _failing_last(targets: Sequence[str], causes: Iterable[Cause | None]) -> list[str]:
    """Who did not take the last notice comes last: it may hang, and nobody has to wait for it."""
    failing = {told.target for cause in causes if cause is not None for told in cause.told if told.sentence}
    return sorted(targets, key=lambda target: target in failing)


def _patience(cause: Cause) -> timedelta:
    rule = RULES.get(cause.kind)
    return rule.patience if rule else timedelta(0)


def _worded(next_: Hint | str, words: Words) -> str:
    return words(next_) if isinstance(next_, Hint) else next_
