"""The `Place` port: what every place of a table keeps, in memory, on one machine and on AWS."""

from collections.abc import Callable
from pathlib import Path

import pytest

from omnipub.adapters.local import evidence as evidence_file
from omnipub.adapters.local.place import SEATS, DirectoryPlace
from omnipub.errors import ConflictError, UnavailableError
from omnipub.ports.place import ClaimRecord, Evidence, Place
from omnipub_cli.framework.hint_commands import worded
from support.places import FakePlace, SharedPlace, SharedState

Make = Callable[[], Place]
"""Another process at the same place."""


def claim(number: int, attempt: int = 1) -> ClaimRecord:
    return ClaimRecord(pk=f"MSG#{number}", sk="CHANNEL#blind", attempt=attempt, claim_id=f"c-{number}-{attempt}")


@pytest.fixture(params=["on one machine", "on a shelf"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    if request.param == "on a shelf":
        shelf = SharedState()
        return lambda: SharedPlace(shelf)
    (tmp_path / "data").mkdir()
    return lambda: DirectoryPlace(tmp_path / "data", tmp_path / "state")


@pytest.fixture(params=["on one machine", "on a shelf", "as on AWS"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    (tmp_path / "data").mkdir(exist_ok=True)
    made: dict[str, Place] = {
        "on one machine": DirectoryPlace(tmp_path / "data", tmp_path / "state"),
        "on a shelf": SharedPlace(),
        "as on AWS": FakePlace(),
    }
    return made[request.param]


def test_a_place_that_was_never_used_knows_nothing(place: Place) -> None:
    assert not place.has_run()
    assert place.evidence("seat-" + "0" * 32) is None
    assert place.evidence("../../etc/passwd") is None
    assert place.boot == 0


def test_the_highest_epoch_stays(place: Place) -> None:
    identity = place.fresh(0)
    for epoch, highest in ((1, 1), (7, 7), (3, 7), (8, 8)):
        place.remember(identity, epoch)
        assert place.evidence(identity) == Evidence(epoch=highest)
    assert place.has_run()


def test_a_process_that_has_begun_takes_claims(place: Place) -> None:
    identity = place.fresh(0)
    place.begin(identity, epoch=1, boot=1)
    place.claimed(claim(1))
    assert place.boot == (1 if place.exclusive else 0)


def test_claims_are_known_to_others_newest_first_and_since_an_epoch(make: Make) -> None:
    one, other = make(), make()
    identity = one.fresh(0)
    one.begin(identity, epoch=1, boot=1)
    for number in range(10):
        one.claimed(claim(number))
        one.remember(identity, number + 2)
    assert list(one.latest(identity, at_most=5)) == []  # its own are in its table
    assert list(other.latest(identity, at_most=3)) == [claim(9), claim(8), claim(7)]
    assert set(other.claims(identity, since=8)) >= {claim(number) for number in (7, 8, 9)}
    assert claim(0) not in set(other.claims(identity, since=8))
    assert list(other.claims(identity, since=0)) == [claim(number) for number in range(10)]


def test_who_does_not_work_here_takes_no_claims(make: Make) -> None:
    place = make()
    place.fresh(0)
    with pytest.raises(UnavailableError):
        place.claimed(claim(1))


def test_one_process_works_at_a_time(make: Make) -> None:
    one, other = make(), make()
    identity = one.fresh(0)
    one.begin(identity, epoch=1, boot=1)
    with pytest.raises(ConflictError):
        other.hold(identity)
    one.close()  # type: ignore[attr-defined]
    other.hold(identity)


def test_who_joins_takes_claims_without_a_boot(make: Make) -> None:
    one, guest = make(), make()
    identity = one.fresh(0)
    one.begin(identity, epoch=1, boot=1)
    guest.join(identity)
    guest.claimed(claim(1))
    assert guest.boot == 0
    assert list(make().latest(identity, at_most=9)) == [claim(1)]


def test_a_successor_counts_once_it_has_begun(make: Make) -> None:
    place = make()
    before = place.fresh(0)
    place.begin(before, epoch=4, boot=1)
    place.claimed(claim(1))
    after = place.fresh(4)
    place.succeed(before, after)
    known = make().evidence(before)
    assert known is not None
    assert known.successor == ""
    place.begin(after, epoch=5, boot=2)
    place.claimed(claim(2))
    known = make().evidence(before)
    assert known is not None
    assert known.successor == after
    assert list(make().claims(before, since=0)) == [claim(1), claim(2)]
    with pytest.raises(ConflictError):
        make().hold(before)  # its successor is at work


def test_a_copy_in_another_directory_may_not_join(tmp_path: Path) -> None:
    for name in ("data", "copy"):
        (tmp_path / name).mkdir()
    one = DirectoryPlace(tmp_path / "data", tmp_path / "state")
    identity = one.fresh(0)
    one.begin(identity, epoch=1, boot=1)
    copy = DirectoryPlace(tmp_path / "copy", tmp_path / "state")
    with pytest.raises(ConflictError, match=str(tmp_path / "data")):
        copy.join(identity)


def test_evidence_is_bounded_and_says_how_far_it_reaches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_file, "CLAIMS_AT_MOST", 30)
    monkeypatch.setattr(evidence_file, "DROPPED", 10)
    (tmp_path / "data").mkdir()
    place = DirectoryPlace(tmp_path / "data", tmp_path / "state")
    identity = place.fresh(0)
    place.begin(identity, epoch=1, boot=1)
    for number in range(1, 101):
        place.claimed(claim(number))
        place.remember(identity, number + 1)
        left = list(place.claims(identity, since=0))
        assert len(left) < 40
        known = place.evidence(identity)
        assert known is not None
        all_since = {claim(one) for one in range(max(1, known.reach), number)}
        assert set(place.claims(identity, since=known.reach)) >= all_since
    assert known.reach > 50


def test_a_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    before = DirectoryPlace(tmp_path / "data", tmp_path / "state")
    identity = before.fresh(0)
    before.close()
    (tmp_path / "state" / SEATS / f"{identity}.db").write_bytes(b"no database" * 500)
    with pytest.raises(UnavailableError) as caught:
        DirectoryPlace(tmp_path / "data", tmp_path / "state").evidence(identity)
    assert "table adopt --same" in worded(caught.value.hints)


def test_locks_that_are_kept_outlive_the_seat(tmp_path: Path) -> None:
    """A thread that still sends is not dead, though its system is closed."""
    (tmp_path / "data").mkdir()
    place = DirectoryPlace(tmp_path / "data", tmp_path / "state")
    identity = place.fresh(0)
    place.begin(identity, epoch=1, boot=1)
    place.keep_until_exit()
    place.close()
    with pytest.raises(ConflictError):
        DirectoryPlace(tmp_path / "data", tmp_path / "state").hold(identity)
    with pytest.raises(UnavailableError):
        place.claimed(claim(1))
