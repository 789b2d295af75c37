"""What a row asks for: its content, when, and the key under which it is created once."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from omnipub.domain.delivery.window import Window, window_of
from omnipub.domain.message import Content, MediaReference, Message
from omnipub.domain.timestamps import Fold, Schedule, schedule_at
from omnipub.errors import InvalidInputError, NotFoundError
from omnipub.services.bulk.row import Picture, Row, RowProblem, object_of
from omnipub.services.messages.create_transaction import Created, IdempotencyKey
from omnipub.services.messages.read import Shown

KEY_CHARACTERS = 200

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class PlannedRow:
    """A row that can be read; `there` is what was created of it before."""

    row: Row
    content: Content
    schedule: Schedule | None
    window: Window | None
    idempotency: IdempotencyKey
    there: Created | None = None


@dataclass(kw_only=True)
class Keys:
    """The keys of a file so far, with their lines, and how often each row without one came."""

    lines: dict[str, int] = field(default_factory=dict)
    unnamed: Counter[str] = field(default_factory=Counter)

    def problems(self, row: Row) -> Iterator[RowProblem]:
        """What is wrong with the row's key."""
        if len(row.key) > KEY_CHARACTERS or not row.key.isprintable():
            yield problem(row, "key", f"A key has 1 to {KEY_CHARACTERS} printable characters.")
        first = self.lines.setdefault(row.key, row.line) if row.key else row.line
        if first != row.line:
            yield problem(row, "key", f"The row in line {first} has this key too.")

    def of(self, row: Row, content: Content) -> IdempotencyKey:
        """The row's own, or one made from what it says."""
        body: dict[str, Any] = object_of(replace(row, key="", images=()))
        body |= {"images": [[one.key, one.alt] for one in content.media]}
        if row.key:
            return IdempotencyKey.of(f"import:{row.key}", body)
        digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        self.unnamed[digest] += 1  # the same row twice is two messages, in this import and when it is repeated
        return IdempotencyKey.of(f"import/{digest}/{self.unnamed[digest]}", body)


def plan(row: Row, keys: Keys, describe: Callable[[Picture], MediaReference]) -> PlannedRow | list[RowProblem]:
    """The row as it would be created, or what is wrong with it by itself.

    Args:
        row: The row.
        keys: Those of the rows before it.
        describe: The reference of an image, with its alt text.
    """
    problems = list(keys.problems(row))

    def tried(name: str, read: Callable[[], _T], words: str = "") -> _T | None:
        try:
            return read()
        except (InvalidInputError, NotFoundError) as error:
            problems.append(problem(row, name, f"{words}{error.message} {error.hint}".strip()))
            return None

    media = [tried("images", partial(describe, one), f"{one.file}: ") for one in row.images]
    schedule = tried("at", lambda: _schedule(row))
    window = tried("not_after", lambda: _window(row))
    if problems:
        return problems
    content = Content(
        text=row.text,
        link=row.link,
        link_title=row.link_title,
        hashtags=row.hashtags,
        media=tuple(one for one in media if one is not None),
        variants=row.variants,
    )
    return PlannedRow(row=row, content=content, schedule=schedule, window=window, idempotency=keys.of(row, content))


def is_said_by(shown: Shown, planned: PlannedRow) -> bool:
    """Whether a message has the row's content, moment, channels and, if the row names one, window."""
    subject = shown.subject
    return (
        isinstance(subject, Message)
        and subject.content == planned.content
        and subject.channels == planned.row.channels
        and planned.schedule is not None
        and subject.schedule.at == planned.schedule.at
        and _has_window(shown, planned.window)
    )


def problem(row: Row, name: str, sentence: str) -> RowProblem:
    """What is wrong with a field of the row."""
    return RowProblem(line=row.line, field=name, sentence=sentence)


def _has_window(shown: Shown, window: Window | None) -> bool:
    if window is None:
        return True
    end = shown.subject.schedule.at + window if isinstance(window, timedelta) else window
    return any(delivery.not_after == end for delivery in shown.deliveries)


def _schedule(row: Row) -> Schedule | None:
    if not row.at:
        if (row.zone or row.fold) and not row.not_after:
            raise InvalidInputError("There is a zone or a fold, and no time that it belongs to.")
        return None
    if row.fold not in {"", *Fold}:
        raise InvalidInputError(f"'{row.fold}' is not a fold; it is {' or '.join(Fold)}.")
    return schedule_at(row.at, zone=row.zone or None, fold=Fold(row.fold) if row.fold else None)


def _window(row: Row) -> Window | None:
    fold = Fold(row.fold) if row.fold in set(Fold) else None  # a wrong one is said of `at`
    return window_of(row.not_after, zone=row.zone or None, fold=fold) if row.not_after else None
