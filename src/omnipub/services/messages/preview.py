"""What each channel would be sent, and whether it would be accepted: the check of compose, with nothing stored."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from omnipub.domain.announcement import announce
from omnipub.domain.conversation import Channel, FrozenBody, Occasion
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.delivery.window import Window, end_of
from omnipub.domain.ids import Parent, ParentKind, network_of
from omnipub.domain.limits import Excess, text_counts
from omnipub.domain.message import Content, Message, checked
from omnipub.domain.timestamps import Schedule
from omnipub.errors import InvalidInputError, NotFoundError
from omnipub.services.channels.networks import unknown
from omnipub.services.channels.validate import Objection, examined
from omnipub.services.messages.create import refuse_unused_variants
from omnipub.services.messages.create_transaction import CreateTransaction
from omnipub.services.messages.read import Shown
from omnipub.storage import keys

UNBORN = Parent(kind=ParentKind.MESSAGE, id="0" * 26)
"""Stands in for a message without an id: keys made from it are another's once the message exists."""

_TIMES = frozenset({"at", "not_after"})


@dataclass(frozen=True, kw_only=True)
class Facet:
    """One channel's view of a message.

    Attributes:
        account: The network's own account id; empty if none is connected.
        text: As people will read it.
        counts: What the text has and may have, in each unit that counts.
        content: What the channel says: its own variant.
        body: The rendered request, without credentials.
        objections: What it cannot take; empty if all is well.
        fixed: A try has frozen these very bytes, so later tries send them again.
    """

    channel: str
    title: str
    account: str
    text: str
    counts: tuple[Excess, ...]
    content: Content
    body: FrozenBody
    objections: tuple[Objection, ...]
    fixed: bool = False


@dataclass(frozen=True, kw_only=True)
class Previewed:
    """A message as its channels would have it.

    Attributes:
        problems: What is wrong with the message itself, as (field, sentence).
        facets: None if the message cannot be read as it is, so that no channel could be asked.
    """

    due_at: datetime | None
    problems: tuple[tuple[str, str], ...]
    facets: tuple[Facet, ...]

    @property
    def ok(self) -> bool:
        """Whether compose would accept it."""
        return not self.problems and not any(one.objections for one in self.facets)


@dataclass(frozen=True, kw_only=True)
class Preview:
    """Renders and checks; writes nothing."""

    creation: CreateTransaction
    channels: Mapping[str, Channel]

    def new(
        self,
        *,
        owner: str,
        content: Content,
        channels: Sequence[str],
        schedule: Schedule | None = None,
        window: Window | None = None,
    ) -> Previewed:
        """What compose would say to this.

        Raises:
            InvalidInputError: No channel, unknown ones, or one twice.
        """
        missing = self._unconnected(owner, channels)
        now = self.creation.base.clock.now()
        due_at = schedule.at if schedule else now
        problems = (
            *self._unsound(content, channels),
            *self._untimely(schedule, window, now, images=bool(content.media)),
        )
        if any(field not in _TIMES for field, _ in problems):
            return Previewed(due_at=None, problems=problems, facets=())
        return Previewed(
            due_at=due_at,
            problems=problems,
            facets=tuple(
                self._new_facet(channel, content.on(channel), due_at, self._account(owner, channel), missing)
                for channel in channels
            ),
        )

    def existing(self, shown: Shown) -> Previewed:
        """What the channels of a message or certification were, or would be, sent."""
        return Previewed(
            due_at=shown.subject.schedule.at,
            problems=(),
            facets=tuple(self._facet(delivery, shown) for delivery in shown.deliveries),
        )

    def _unconnected(self, owner: str, channels: Sequence[str]) -> dict[str, str]:
        """Channels without an account, and why that matters; whatever else is wrong with the list is refused."""
        try:
            self.creation.connections(owner, channels)
        except NotFoundError:
            without = [channel for channel in channels if self.creation.accounts.find(owner, channel) is None]
            return {channel: f"No account is connected as {channel}." for channel in without}
        return {}

    def _unsound(self, content: Content, channels: Sequence[str]) -> Iterator[tuple[str, str]]:
        """What is wrong with what is said, whatever the channels can take."""
        try:
            checked(content)
        except InvalidInputError as error:
            yield from error.problems
        try:
            refuse_unused_variants(content, channels)
        except InvalidInputError as error:
            yield ("variants", error.message)

    def _untimely(
        self, schedule: Schedule | None, window: Window | None, now: datetime, *, images: bool
    ) -> Iterator[tuple[str, str]]:
        """What is wrong with when."""
        try:
            due = self.creation.schedule(schedule, now).at
        except InvalidInputError as error:
            yield ("at", error.message)
            return
        end = due + self.creation.missed_after
        try:
            if window is not None:
                end = end_of(window, due=due, now=now)
            self.creation.media_last(images=images, end=end, since=now)
        except InvalidInputError as error:
            yield ("not_after", error.message)

    def _account(self, owner: str, channel: str) -> str:
        connection = self.creation.accounts.find(owner, channel)
        return connection.account if connection else ""

    def _new_facet(
        self, name: str, content: Content, due_at: datetime, account: str, missing: Mapping[str, str]
    ) -> Facet:
        unconnected = (Objection(sentence=missing[name]),) if name in missing else ()
        return self._rendered(name, UNBORN, content, due_at, account, before=unconnected)

    def _facet(self, delivery: Delivery, shown: Shown) -> Facet:
        subject = shown.subject
        content = (
            subject.content.on(delivery.channel)
            if isinstance(subject, Message)
            else announce(subject, delivery.channel, self.channels)
        )
        fixed = delivery.frozen.body if delivery.frozen and delivery.frozen.revision == delivery.revision else None
        due_at = delivery.due_at or self.creation.base.clock.now()
        return self._rendered(delivery.channel, delivery.parent, content, due_at, delivery.account, fixed=fixed)

    def _rendered(
        self,
        name: str,
        parent: Parent,
        content: Content,
        due_at: datetime,
        account: str,
        *,
        before: tuple[Objection, ...] = (),
        fixed: FrozenBody | None = None,
    ) -> Facet:
        channel = self.channels.get(network_of(name))
        if channel is None:
            return Facet(
                channel=name,
                title=network_of(name),
                account=account,
                text=content.with_hashtags(),
                counts=(),
                content=content,
                body=fixed or {},
                objections=(*before, Objection(sentence=unknown(name))),
                fixed=fixed is not None,
            )
        occasion = Occasion(delivery_key="/".join(keys.delivery(parent, name)), due_at=due_at)
        text = channel.text(content) if fixed is None else channel.text_of(fixed)
        return Facet(
            channel=name,
            title=channel.title,
            account=account,
            text=text,
            counts=tuple(text_counts(text, channel.limits, beside_images=bool(content.media))),
            content=content,
            body=channel.render(content, occasion) if fixed is None else fixed,
            objections=(*before, *(() if fixed is not None else examined(content, channel))),
            fixed=fixed is not None,
        )
