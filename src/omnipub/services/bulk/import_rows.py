"""Rows become messages: every row is checked first, then each is created under its own key.

A row's key is an idempotency key, and a row without one is named by what it says. Whatever ended an import half-way,
importing the same file again creates the rest and nothing twice. That holds for as long as such keys are remembered. A
key that is the id of a message here stands for that message: what was exported is not doubled.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from omnipub.domain.ids import Parent, ParentKind, checked_id
from omnipub.domain.images import referred
from omnipub.domain.message import MediaReference
from omnipub.domain.timestamps import to_text
from omnipub.errors import ConflictError, InvalidInputError, KeyReusedError, NotFoundError
from omnipub.ports.media import Media
from omnipub.services.bulk.plan import Keys, PlannedRow, is_said_by, plan, problem
from omnipub.services.bulk.row import Picture, Row, RowProblem
from omnipub.services.messages.create import CreateMessage
from omnipub.services.messages.create_transaction import Created
from omnipub.services.messages.preview import Preview
from omnipub.services.messages.read import ReadMessages, Viewer

STORED = "sha256:"
"""How an image that is stored already is named, in place of a file."""

Pictures = Callable[[str], bytes]
"""The bytes of the file of that name; raises InvalidInputError if it cannot be read."""


@dataclass(frozen=True, kw_only=True)
class ImportRows:
    """Checks and creates rows of one owner."""

    compose: CreateMessage
    preview: Preview
    showing: ReadMessages
    media: Media

    def planned(
        self, rows: Iterable[Row | list[RowProblem]], *, owner: str, viewer: Viewer, pictures: Pictures
    ) -> Iterator[PlannedRow | list[RowProblem]]:
        """Each row as it would be created, or everything that is wrong with it; nothing is stored."""
        keys = Keys()
        for row in rows:
            plans = row if isinstance(row, list) else plan(row, keys, lambda one: self._picture(one, pictures))
            yield plans if isinstance(plans, list) else self._judged(plans, owner, viewer)

    def create(self, planned: PlannedRow, *, owner: str, pictures: Pictures, name: str) -> Created:
        """Create the message of a row as part of the import `name`, or find what its key created before.

        Raises:
            OmnipubError: What was true when it was planned no longer is; nothing was created.
        """
        if planned.there is not None:
            return planned.there
        for reference, picture in zip(planned.content.media, planned.row.images, strict=True):
            if not picture.file.startswith(STORED) and self.media.keep(pictures(picture.file)).key != reference.key:
                raise ConflictError(f"The image {picture.file} was changed meanwhile.", hint="Import the file again.")
        return self.compose.message(
            owner=owner,
            content=planned.content,
            channels=planned.row.channels,
            schedule=planned.schedule,
            window=planned.window,
            idempotency=planned.idempotency,
            imported=name,
        )

    def _judged(self, planned: PlannedRow, owner: str, viewer: Viewer) -> PlannedRow | list[RowProblem]:
        """The row if its message is there already, or if compose would accept it."""
        row = planned.row
        try:
            there = self._there(planned, owner, viewer)
            if there is not None:
                return replace(planned, there=there)
            found = self.preview.new(
                owner=owner,
                content=planned.content,
                channels=row.channels,
                schedule=planned.schedule,
                window=planned.window,
            )
        except (ConflictError, KeyReusedError) as error:
            return [problem(row, "key", error.message)]
        except InvalidInputError as error:
            return [problem(row, "channels", f"{error.message} {error.hint}".strip())]
        problems = [problem(row, name, sentence) for name, sentence in found.problems]
        problems += [
            problem(row, f"channels.{facet.channel}", objection.sentence)
            for facet in found.facets
            for objection in facet.objections
        ]
        return problems or planned

    def _there(self, planned: PlannedRow, owner: str, viewer: Viewer) -> Created | None:
        """What an earlier import created of the row, or the message that it was exported from.

        Raises:
            KeyReusedError: The key stood for another row in an earlier import.
            ConflictError: It is the id of a message that says something else.
        """
        try:
            earlier = self.compose.creation.earlier(owner, planned.idempotency)
        except KeyReusedError as error:
            raise KeyReusedError("This key stood for another row in an earlier import; use a new one.") from error
        return earlier or self._exported_from(planned, viewer)

    def _exported_from(self, planned: PlannedRow, viewer: Viewer) -> Created | None:
        try:
            shown = self.showing.one(Parent(kind=ParentKind.MESSAGE, id=checked_id(planned.row.key)), viewer)
        except (InvalidInputError, NotFoundError):
            return None
        if not is_said_by(shown, planned):
            raise ConflictError(
                f"The message {shown.parent.id} is here and says something else: edit it, or give the row another key."
            )
        schedule = shown.subject.schedule
        return Created(
            kind=ParentKind.MESSAGE,
            id=shown.parent.id,
            due_at=to_text(schedule.at),
            zone=schedule.zone,
            channels=tuple(shown.subject.channels),
            replayed=True,
        )

    def _picture(self, picture: Picture, pictures: Pictures) -> MediaReference:
        if not picture.file.startswith(STORED):
            return replace(referred(pictures(picture.file)), alt=picture.alt)
        try:
            return replace(self.media.describe(picture.file.removeprefix(STORED)), alt=picture.alt)
        except NotFoundError as error:
            raise NotFoundError("It is not stored here.", hint="Export it with --images DIR.") from error
