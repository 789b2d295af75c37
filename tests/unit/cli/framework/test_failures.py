import errno
import inspect
import json
from collections.abc import Callable
from typing import Any

import pytest

import omnipub.errors as ours
from omnipub_cli.framework.exit_codes import MEANINGS, ExitCode
from omnipub_cli.framework.failures import TABLE, judged


def test_every_error_of_ours_has_a_row_or_speaks_as_a_parent_that_has_one() -> None:
    classes = [cls for _, cls in inspect.getmembers(ours, inspect.isclass) if issubclass(cls, ours.OmnipubError)]
    named = {kind for kind, _, _ in TABLE if issubclass(kind, ours.OmnipubError)} - {ours.OmnipubError}
    assert [cls.__name__ for cls in classes if not named & set(cls.__mro__)] == ["OmnipubError"]


def test_no_row_is_hidden_by_an_earlier_one() -> None:
    for number, (kind, _, _) in enumerate(TABLE):
        assert not any(issubclass(kind, earlier) for earlier, _, _ in TABLE[:number]), kind


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        (ours.InvalidInputError("no"), 2, "invalid_input"),
        (ours.NotFoundError("no"), 3, "not_found"),
        (ours.ConflictError("no"), 4, "conflict"),
        (ours.IllegalTransitionError("no"), 4, "illegal_transition"),
        (ours.KeyReusedError("no"), 4, "key_reused"),
        (ours.UnavailableError("no"), 5, "unavailable"),
        (ConnectionRefusedError(111, "Connection refused"), 5, "unavailable"),
        (OSError(errno.ENAMETOOLONG, "File name too long", "x" * 999), 2, "invalid_input"),
        (IsADirectoryError(errno.EISDIR, "Is a directory", "/"), 2, "invalid_input"),
        (ours.ConfigurationError("no"), 6, "configuration"),
        (ours.OmnipubError("no"), 1, "omnipub"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (KeyError("x"), 1, "unexpected"),
    ],
)
def test_the_exit_code_says_what_kind_of_error_it_was(error: BaseException, code: int, kind: str) -> None:
    assert (judged(error).code, judged(error).kind) == (code, kind)


def test_exit_codes_are_a_contract() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "OK": 0,
        "FAILURE": 1,
        "USAGE": 2,
        "NOT_FOUND": 3,
        "CONFLICT": 4,
        "UNAVAILABLE": 5,
        "CONFIGURATION": 6,
        "PAUSED": 7,
        "NOT_BUILT": 8,
        "INTERRUPTED": 130,
        "PIPE_CLOSED": 141,
    }


def test_every_exit_code_has_its_meaning_in_words() -> None:
    assert list(MEANINGS) == list(ExitCode)
    assert all(words.endswith(".") for words in MEANINGS.values())


def test_a_problem_that_repeats_the_sentence_is_said_once() -> None:
    error = ours.InvalidInputError("Bad.", problems=[("type", "Bad."), ("day", "Worse.")])
    assert judged(error).problems == [("day", "Worse.")]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise ZeroDivisionError("division by zero\nand a second line")

    monkeypatch.setattr("omnipub.services.channels.catalog.catalogue", breaks)


@pytest.mark.usefixtures("broken")
def test_an_unexpected_error_is_one_sentence_and_how_to_see_more(run: Callable[..., Any]) -> None:
    ran = run("certs", "types")
    assert ran.code == 1
    assert ran.err == (
        "error: omnipub made a mistake: ZeroDivisionError: division by zero\n"
        "hint: Run it again with OMNIPUB_DEBUG=1 to see where, and report that.\n"
    )


@pytest.mark.usefixtures("broken")
def test_debug_shows_the_traceback(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNIPUB_DEBUG", "1")
    assert "Traceback" in run("certs", "types").err


@pytest.mark.usefixtures("broken")
def test_an_unexpected_error_with_json_is_json(run: Callable[..., Any]) -> None:
    assert json.loads(run("certs", "types", "--json").err)["error"]["type"] == "unexpected"
