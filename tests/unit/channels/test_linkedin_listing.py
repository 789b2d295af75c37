"""A look at an organisation's posts while others post, edit and delete between its requests."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnipub.channels.networks.linkedin import listing as linkedin_listing
from omnipub.channels.networks.linkedin.channel import LinkedIn
from omnipub.channels.networks.linkedin.listing import MOVED, OVERLAP, PAGE_SIZE, POSTS_AT_MOST, STEP, TOO_MANY
from omnipub.domain.conversation import Account, Request, Response, Secret
from omnipub.domain.delivery.outcome import Sighting
from omnipub.domain.timestamps import milliseconds

ORGANISATION = "urn:li:organization:5583111"
COMPANY = Account(id=ORGANISATION, base_url=LinkedIn.base_url, token=Secret("AQXdSP_W41_UPs5ioT"))
SINCE = datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Kept:
    """A post of the organisation."""

    number: int
    created: datetime
    modified: datetime

    @property
    def urn(self) -> str:
        return f"urn:li:share:{self.number}"

    def element(self) -> dict[str, Any]:
        return {
            "id": self.urn,
            "commentary": rf"Hi \({self.number}\)",
            "createdAt": milliseconds(self.created - EPOCH),
            "lastModifiedAt": milliseconds(self.modified - EPOCH),
        }


@dataclass
class Organisation:
    """What LinkedIn lists, last modified first; `hidden` posts take a place and are not shown."""

    posts: list[Kept] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    now: datetime = SINCE + timedelta(hours=2)

    @classmethod
    def with_posts(cls, count: int, *, old: int = 0) -> "Organisation":
        """`count` posts since the try, and `old` from before."""
        moments = [SINCE + timedelta(seconds=number + 1) for number in range(count)]
        moments += [SINCE - timedelta(days=1, seconds=number) for number in range(old)]
        return cls(posts=[Kept(number, at, at) for number, at in enumerate(moments, 1)])

    def listing(self) -> list[Kept]:
        return sorted(self.posts, key=lambda post: (post.modified, post.number), reverse=True)

    def answer(self, request: Request) -> Response:
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
        assert query["sortBy"] == "LAST_MODIFIED"
        start, count = int(query["start"]), int(query["count"])
        shown = self.listing()[start : start + count]
        return Response(
            status=200, body={"elements": [post.element() for post in shown if post.number not in self.hidden]}
        )

    def delete(self, place: int) -> None:
        listing = self.listing()
        if listing:
            self.posts.remove(listing[place % len(listing)])

    def touch(self, place: int) -> None:
        listing = self.listing()
        if listing:
            self.now += timedelta(seconds=1)
            post = listing[place % len(listing)]
            self.posts.remove(post)
            self.posts.append(replace(post, modified=self.now))

    def post(self, _place: int) -> None:
        self.now += timedelta(seconds=1)
        self.posts.append(Kept(10_000 + len(self.posts), self.now, self.now))


def look(there: Organisation, between: Callable[[int], None] = lambda _number: None) -> tuple[list[Request], Sighting]:
    """A look; `between` happens before each request but the first."""
    talk = LinkedIn().look_up(COMPANY, SINCE)
    requests = [next(talk)]
    while True:
        answer = there.answer(requests[-1])
        between(len(requests))
        try:
            requests.append(talk.send(answer))
        except StopIteration as end:
            return requests, end.value


def is_complete(sighting: Sighting) -> bool:
    return sighting.reaches_back_to is not None and not sighting.doubt


def test_one_page_that_reaches_back_is_one_request() -> None:
    requests, sighting = look(Organisation.with_posts(3, old=5))
    (request,) = requests
    assert request.headers["X-RestLi-Method"] == "FINDER"
    asked = parse_qs(urlsplit(request.url).query)
    assert (asked["author"], asked["q"], asked["start"]) == ([ORGANISATION], ["author"], ["0"])
    assert [post.text for post in sighting.posts[:3]] == ["Hi (3)", "Hi (2)", "Hi (1)"]
    assert sighting.reaches_back_to == SINCE


def test_pages_overlap_and_the_top_is_read_once_more() -> None:
    requests, sighting = look(Organisation.with_posts(PAGE_SIZE + 20, old=40))
    starts = [parse_qs(urlsplit(request.url).query)["start"] for request in requests]
    assert starts == [["0"], [str(STEP)], ["0"]]
    assert is_complete(sighting)
    assert len({post.network_id for post in sighting.posts}) == len(sighting.posts) >= PAGE_SIZE + 20


@pytest.mark.parametrize("count", [101, 300, 700])
def test_more_than_a_hundred_posts_since_the_try_can_be_looked_up(count: int) -> None:
    _, sighting = look(Organisation.with_posts(count, old=5))
    assert is_complete(sighting)
    assert {f"urn:li:share:{number}" for number in range(1, count + 1)} <= {post.network_id for post in sighting.posts}


def test_beyond_the_bound_a_look_says_so_and_proves_nothing() -> None:
    requests, sighting = look(Organisation.with_posts(POSTS_AT_MOST + PAGE_SIZE))
    assert sighting.doubt == TOO_MANY
    assert len(requests) == linkedin_listing.PAGES_AT_MOST


def test_an_old_post_that_was_edited_just_now_does_not_end_a_look() -> None:
    there = Organisation.with_posts(1, old=1)
    there.touch(1)
    _, sighting = look(there)
    assert is_complete(sighting)
    assert [post.network_id for post in sighting.posts] == ["urn:li:share:1", "urn:li:share:2"]


def test_deletions_that_pull_our_post_over_the_edge_do_not_hide_it() -> None:
    there = Organisation.with_posts(PAGE_SIZE + 30, old=5)
    ours = there.listing()[PAGE_SIZE].urn  # the first of the next page, if pages did not overlap

    def delete(number: int) -> None:
        for place in range(3 if number == 1 else 0):
            there.delete(place)

    _, sighting = look(there, delete)
    assert is_complete(sighting)
    assert ours in {post.network_id for post in sighting.posts}


def test_more_deletions_than_pages_overlap_make_a_look_unclear() -> None:
    there = Organisation.with_posts(PAGE_SIZE + 60, old=5)

    def delete(number: int) -> None:
        for _ in range(OVERLAP + 5 if number == 1 else 0):
            there.delete(0)

    _, sighting = look(there, delete)
    assert sighting.doubt == MOVED


def test_an_edit_that_takes_our_post_to_the_top_does_not_hide_it() -> None:
    there = Organisation.with_posts(PAGE_SIZE + 30, old=5)
    ours = there.listing()[PAGE_SIZE + 10].urn

    def touch(number: int) -> None:
        if number == 1:
            there.touch(PAGE_SIZE + 10)

    _, sighting = look(there, touch)
    assert is_complete(sighting)
    assert ours in {post.network_id for post in sighting.posts}


def test_so_many_edits_that_the_top_is_another_make_a_look_unclear() -> None:
    there = Organisation.with_posts(2 * PAGE_SIZE, old=5)

    def touch(number: int) -> None:
        for _ in range(PAGE_SIZE + 1 if number == 2 else 0):
            there.touch(2 * PAGE_SIZE - 1)

    _, sighting = look(there, touch)
    assert sighting.doubt == MOVED


ACTS = st.lists(st.tuples(st.sampled_from(["delete", "touch", "post"]), st.integers(0, 200)), max_size=12)


@settings(max_examples=300, deadline=None)
@given(
    count=st.integers(0, 130),
    old=st.integers(0, 40),
    hidden=st.sets(st.integers(1, 130), max_size=6),
    acts=st.lists(ACTS, max_size=6),
)
def test_a_look_that_calls_itself_complete_saw_every_post_that_is_there(
    count: int, old: int, hidden: set[int], acts: list[list[tuple[str, int]]]
) -> None:
    there = Organisation.with_posts(count, old=old)
    there.hidden = hidden
    before = {post.number for post in there.posts if post.created >= SINCE} - hidden

    def change(number: int) -> None:
        for act, place in acts[number - 1] if number <= len(acts) else []:
            getattr(there, act)(place)

    _, sighting = look(there, change)
    if is_complete(sighting):
        still_there = {post.urn for post in there.posts if post.number in before}
        assert still_there <= {post.network_id for post in sighting.posts}
