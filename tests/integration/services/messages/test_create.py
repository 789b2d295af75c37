"""Composing: all or nothing, once per idempotency key, refused with what would have been allowed."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from omnipub.adapters.local.sqlite.table import SqliteTable
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content, Variant
from omnipub.domain.timestamps import Schedule
from omnipub.errors import ConflictError, InvalidInputError, KeyReusedError, NotFoundError, UnavailableError
from omnipub.ports.table import Write
from omnipub.services.messages.create_transaction import IdempotencyKey
from omnipub.services.messages.read import Viewer
from support.world import OWNER, START, TestBed, make_bed

BODY = {"text": "Hello", "channels": ["looked", "blind"]}


class DyingTable(SqliteTable):
    """A table whose answers get lost, or whose caller dies right after a commit."""

    lose_answer_with: BaseException | None = None

    def transact(self, writes: Sequence[Write]) -> None:
        super().transact(writes)
        if self.lose_answer_with is not None and len(writes) > 1:
            error, self.lose_answer_with = self.lose_answer_with, None
            raise error


def compose(bed: TestBed, *, key: str | None = None, body: object = None, text: str = "Hello") -> tuple[str, bool]:
    made = bed.system.compose.message(
        owner=OWNER,
        content=Content(text=text),
        channels=["looked", "blind"],
        idempotency=IdempotencyKey.of(key, body or BODY) if key else None,
    )
    return made.id, made.replayed


def messages(bed: TestBed) -> int:
    return len(bed.system.lists.page(ParentKind.MESSAGE, Viewer(owner=OWNER)).rows)


def test_the_same_key_and_body_give_the_same_answer_and_one_message(bed: TestBed) -> None:
    first, replayed = compose(bed, key="k-1")
    again, replayed_again = compose(bed, key="k-1")
    assert (first, replayed, replayed_again) == (again, False, True)
    assert messages(bed) == 1


def test_the_same_key_with_another_body_is_refused(bed: TestBed) -> None:
    compose(bed, key="k-1")
    with pytest.raises(KeyReusedError):
        compose(bed, key="k-1", body={"text": "Other"})
    assert messages(bed) == 1


def test_without_a_key_two_requests_are_two_messages(bed: TestBed) -> None:
    assert compose(bed)[0] != compose(bed)[0]
    assert messages(bed) == 2


class ApiKilledError(BaseException):
    """The process ends."""


@pytest.mark.parametrize("death", [ApiKilledError(), UnavailableError("The answer was lost.")])
def test_an_api_killed_between_commit_and_answer_and_asked_again_makes_one_message(
    tmp_path: Path, death: BaseException
) -> None:
    table = DyingTable(tmp_path / "table.db")
    bed = make_bed(tmp_path, table=table)
    table.lose_answer_with = death
    with pytest.raises(type(death)):
        compose(bed, key="k-1")
    message, replayed = compose(bed, key="k-1")
    assert replayed
    assert messages(bed) == 1
    bed.pass_time(START + timedelta(minutes=2))
    shown = bed.system.showing.one(Parent(kind=ParentKind.MESSAGE, id=message), Viewer(owner=OWNER))
    assert [delivery.status for delivery in shown.deliveries] == ["published", "published"]
    assert bed.network.texts() == ["Hello", "Hello"]
    bed.close()


def test_a_commit_whose_answer_was_lost_inside_the_client_is_recognised(tmp_path: Path) -> None:
    """The SDK retries a write that had succeeded: the condition fails, but the write id is ours."""

    class RetryingTable(SqliteTable):
        def transact(self, writes: Sequence[Write]) -> None:
            super().transact(writes)
            if len(writes) > 1:
                super().transact(writes)

    bed = make_bed(tmp_path, table=RetryingTable(tmp_path / "table.db"))
    _, replayed = compose(bed)
    assert not replayed
    assert messages(bed) == 1
    bed.close()


def test_what_the_stream_lost_waits_in_the_delay_queue_and_is_at_last_found_by_a_tick(bed: TestBed) -> None:
    bed.stream.losing = True
    compose(bed)
    assert len(bed.delay.named) == 2
    bed.delay.named.clear()
    bed.stream.losing = False
    bed.pass_time(START + timedelta(minutes=2))
    assert len(bed.network.posts) == 2


@pytest.mark.parametrize(
    ("content", "channels", "field"),
    [
        (Content(text=" "), ["looked"], "text"),
        (Content(text="x" * 1001), ["looked"], "channels.looked"),
        (Content(text="x", hashtags=("no hash",)), ["looked"], "hashtags"),
        (Content(text="x", link="ftp://x"), ["looked"], "link"),
        (Content(text="x", variants={"looked": Variant(text="y" * 1001)}), ["looked"], "channels.looked"),
    ],
)
def test_content_that_cannot_go_out_is_refused_naming_the_field(
    bed: TestBed, content: Content, channels: list[str], field: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        bed.system.compose.message(owner=OWNER, content=content, channels=channels)
    assert field in [name for name, _ in refused.value.problems]
    assert messages(bed) == 0


@pytest.mark.parametrize(
    ("channels", "error"),
    [
        ([], InvalidInputError),
        (["looked", "looked"], InvalidInputError),
        (["myspace"], InvalidInputError),
        (["looked:events"], NotFoundError),
        (["LOOKED"], InvalidInputError),
    ],
)
def test_channels_that_cannot_be_meant_are_refused(bed: TestBed, channels: list[str], error: type[Exception]) -> None:
    with pytest.raises(error):
        bed.system.compose.message(owner=OWNER, content=Content(text="x"), channels=channels)


def test_a_variant_for_a_channel_that_is_not_chosen_is_refused(bed: TestBed) -> None:
    content = Content(text="x", variants={"blind": Variant(text="y")})
    with pytest.raises(InvalidInputError, match="variant for blind"):
        bed.system.compose.message(owner=OWNER, content=content, channels=["looked"])


@pytest.mark.parametrize("ahead", [timedelta(minutes=-2), timedelta(days=900)])
def test_a_time_in_the_past_or_absurdly_far_is_refused(bed: TestBed, ahead: timedelta) -> None:
    at = START + ahead
    schedule = Schedule(at=at, local=at.isoformat(), zone="UTC")
    with pytest.raises(InvalidInputError):
        bed.system.compose.message(owner=OWNER, content=Content(text="x"), channels=["looked"], schedule=schedule)


def test_another_owners_message_is_not_found_but_an_operator_sees_it(bed: TestBed) -> None:
    message, _ = compose(bed)
    parent = Parent(kind=ParentKind.MESSAGE, id=message)
    with pytest.raises(NotFoundError):
        bed.system.showing.one(parent, Viewer(owner="somebody-else"))
    assert bed.system.showing.one(parent, Viewer(owner="somebody-else", operator=True)).subject.id == message


def test_lists_page_newest_first_without_gaps_or_repeats(bed: TestBed) -> None:
    made = []
    for number in range(7):
        bed.clock.advance(seconds=1)
        made.append(compose(bed, text=f"number {number}")[0])
    for viewer in (Viewer(owner=OWNER), Viewer(owner="x", operator=True)):
        seen, cursor = [], None
        while True:
            page = bed.system.lists.page(ParentKind.MESSAGE, viewer, limit=3, after=cursor)
            seen += [row.parent.id for row in page.rows]
            cursor = page.cursor
            if cursor is None:
                break
        assert seen == made[::-1]


def test_an_account_is_connected_once_under_one_name(bed: TestBed) -> None:
    from omnipub.domain.conversation import Secret

    with pytest.raises(ConflictError):
        bed.system.accounts.connect(owner=OWNER, channel="looked:second", account="acc-looked", token=Secret("t"))
    with pytest.raises(ConflictError):
        bed.system.accounts.connect(owner=OWNER, channel="looked", account="another", token=Secret("t"))
