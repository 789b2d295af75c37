import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from omnipub.adapters.local.media import DirectoryMedia
from omnipub.errors import InvalidInputError
from omnipub_cli.framework import inputs
from omnipub_cli.output.output import Output


class Stdin(io.TextIOWrapper):
    def __init__(self, data: bytes, *, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(data), encoding="utf-8")
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    return lambda data, **options: monkeypatch.setattr("sys.stdin", Stdin(data, **options))


def test_a_dash_reads_standard_input_without_its_last_line_end(stdin: Callable[..., None]) -> None:
    stdin("Grüße\n\nzwei\n".encode())
    assert inputs.text_of("-", Output()) == "Grüße\n\nzwei"


def test_text_that_is_not_utf_8_is_refused(stdin: Callable[..., None]) -> None:
    stdin(b"\xff\xfe")
    with pytest.raises(InvalidInputError, match="not UTF-8"):
        inputs.text_of("-", Output())


def test_a_token_comes_from_standard_input_if_asked_for(stdin: Callable[..., None]) -> None:
    stdin(b" secret \n")
    assert inputs.secret(from_stdin=True, prompt="") == "secret"


def test_an_empty_token_is_refused(stdin: Callable[..., None]) -> None:
    stdin(b"\n")
    with pytest.raises(InvalidInputError, match="empty"):
        inputs.secret(from_stdin=True, prompt="")


def test_without_a_terminal_a_token_is_not_asked_for(stdin: Callable[..., None]) -> None:
    stdin(b"secret")
    with pytest.raises(InvalidInputError) as refused:
        inputs.secret(from_stdin=False, prompt="")
    assert "--token-stdin" in refused.value.hint


def test_on_a_terminal_the_token_is_asked_for_hidden(
    stdin: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin(b"", terminal=True)
    monkeypatch.setattr("getpass.getpass", lambda prompt: f"typed after {prompt}")
    assert inputs.secret(from_stdin=False, prompt="Token") == "typed after Token"


def test_a_local_time_without_a_zone_is_refused_with_this_machines_zone(zone: Callable[[str], None]) -> None:
    zone("Europe/Berlin")
    with pytest.raises(InvalidInputError) as refused:
        inputs.schedule("2026-12-01T09:00", "", None)
    assert refused.value.hint == "Add --zone Europe/Berlin (this machine's zone)."


def test_a_time_with_a_zone_is_that_local_time() -> None:
    schedule = inputs.schedule("2026-12-01 09:00", "Europe/Berlin", None)
    assert schedule is not None
    assert schedule.at == datetime(2026, 12, 1, 8, tzinfo=UTC)


def test_the_later_of_two_equal_local_times_can_be_meant() -> None:
    schedule = inputs.schedule("2026-10-25T02:30", "Europe/Berlin", "later")
    assert schedule is not None
    assert schedule.at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_a_span_from_now_needs_no_zone() -> None:
    schedule = inputs.schedule("+2h", "", None)
    assert schedule is not None
    assert timedelta(hours=2) - (schedule.at - datetime.now(UTC)) < timedelta(seconds=5)
    assert schedule.zone == "UTC"


def test_a_relative_local_time_without_a_zone_is_refused_with_this_machines_zone(zone: Callable[[str], None]) -> None:
    zone("Europe/Berlin")
    with pytest.raises(InvalidInputError) as refused:
        inputs.schedule("tomorrow 9:00", "", None)
    assert refused.value.hint == "Add --zone Europe/Berlin (this machine's zone)."


def test_the_last_moment_may_be_named_by_its_day() -> None:
    local = datetime.now(ZoneInfo("Europe/Berlin")) + timedelta(days=1)
    window = inputs.window("tomorrow 17:30", "Europe/Berlin", None)
    assert window == local.replace(hour=17, minute=30, second=0, microsecond=0)


def test_a_window_counts_from_the_due_moment_and_never_from_now() -> None:
    with pytest.raises(InvalidInputError, match="counts from now") as refused:
        inputs.window("+2h", "", None)
    assert "--not-after 2h" in refused.value.hint


@pytest.mark.parametrize(("text", "ago"), [("today", 0), ("Yesterday", 1)])
def test_a_day_may_be_named_by_its_distance(text: str, ago: int) -> None:
    assert inputs.day_of(text, "--earned-on") == inputs.today() - timedelta(days=ago)


def test_no_time_means_now() -> None:
    assert inputs.schedule("", "", None) is None


@pytest.mark.parametrize(("zone_", "fold", "option"), [("Europe/Berlin", None, "--zone"), ("", "later", "--fold")])
def test_what_explains_a_time_needs_one(zone_: str, fold: str | None, option: str) -> None:
    with pytest.raises(InvalidInputError, match=option):
        inputs.schedule("", zone_, fold)


def test_a_bound_without_an_offset_is_meant_in_this_machines_zone(zone: Callable[[str], None]) -> None:
    zone("Europe/Berlin")
    assert inputs.moment_of("2026-12-01", "--since") == datetime(2026, 11, 30, 23, tzinfo=UTC)


def test_more_alt_texts_than_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="2 alt texts for 1 images"):
        inputs.images([str(tmp_path / "a.png")], ["one", "two"], DirectoryMedia(tmp_path))


def test_an_image_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"a\.png"):
        inputs.images([str(tmp_path / "a.png")], [], DirectoryMedia(tmp_path))


def test_a_variant_may_contain_an_equals_sign() -> None:
    assert inputs.variants(["facebook=1+1=2"])["facebook"].text == "1+1=2"


@pytest.mark.parametrize("given", [["facebook"], ["facebook=a", "facebook=b"], ["Face Book=a"]])
def test_a_variant_that_makes_no_sense_is_refused(given: list[str]) -> None:
    with pytest.raises(InvalidInputError):
        inputs.variants(given)
