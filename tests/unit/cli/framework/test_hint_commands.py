import shlex

import pytest

from omnipub.hints import Action, Hint, SubjectGroup
from omnipub_cli.framework.context import Call
from omnipub_cli.framework.hint_commands import WORDS, typed, worded

ID = "01KB0CVP6ZJ7X3Q5N8T4W2E9HD"


def test_the_command_line_has_a_command_for_every_action() -> None:
    assert set(WORDS) == set(Action)
    assert len(WORDS) > 1


@pytest.mark.parametrize(
    ("hint", "line"),
    [
        (Hint(action=Action.SHOW, id=ID), f"omnipub messages show {ID}"),
        (Hint(action=Action.SHOW, id=ID, group=SubjectGroup.CERTIFICATION), f"omnipub certs show {ID}"),
        (Hint(action=Action.RETRY, id=ID), f"omnipub messages retry {ID}"),
        (Hint(action=Action.RETRY, id=ID, channel="facebook:a"), f"omnipub messages retry {ID} --channel facebook:a"),
        (Hint(action=Action.CONNECT), "omnipub connections connect CHANNEL --account ID"),
        (
            Hint(
                action=Action.CONNECT, channel="bluesky", account="a'b", title="A B", url="https://x.example", owner="u"
            ),
            "omnipub connections connect bluesky --account 'a'\"'\"'b' --title 'A B' --url https://x.example --owner u",
        ),
        (Hint(action=Action.RESUME, scope="account:facebook/1#ada"), "omnipub resume 'account:facebook/1#ada'"),
        (Hint(action=Action.START, live=True), "omnipub up --live"),
        (Hint(action=Action.TRY_ACCOUNT, channel="webhook"), "omnipub messages create 'A test' --to webhook --wait"),
        (
            Hint(action=Action.MOVE_AWAY, data="/a b", file="/a b/table.db"),
            "mkdir -p '/a b'/damaged && mv '/a b/table.db'* '/a b'/damaged/",
        ),
    ],
)
def test_a_hint_is_worded_as_a_command_for_a_shell(hint: Hint, line: str) -> None:
    assert typed(hint) == line


def test_a_hint_is_typed_where_the_call_was() -> None:
    call = Call(data="a b")
    assert call.command_of(Hint(action=Action.SHOW, id=ID)) == f"omnipub messages show {ID} --data 'a b'"
    assert call.command_of(Hint(action=Action.RESTORE, data="/c")) == "omnipub table restore FILE --data /c"
    assert call.command_of(Hint(action=Action.SHOW_SPACE, data="/c")) == "df -h /c"


def test_an_account_names_its_owner_only_where_that_is_somebody_else() -> None:
    hint = Hint(action=Action.TEST_ACCOUNT, channel="facebook", owner="ada")
    assert shlex.split(Call().command_of(hint))[-2:] == ["--owner", "ada"]
    assert shlex.split(Call().on_behalf_of("eve").command_of(hint)).count("--owner") == 1
    assert Call().on_behalf_of("ada").command_of(hint) == "omnipub connections test facebook --owner ada"
    own = Hint(action=Action.TEST_ACCOUNT, channel="facebook", owner=Call().owner)
    assert Call().command_of(own) == "omnipub connections test facebook"


def test_a_command_that_comes_last_is_free_of_quotes_and_others_are_not() -> None:
    show = Hint(action=Action.SHOW, id=ID)
    assert worded(["Wait."]) == "Wait."
    assert worded([show]) == f"See where it is: omnipub messages show {ID}"
    assert worded(["Wait.", show]) == f"Wait. See where it is: omnipub messages show {ID}"
    assert worded([show, "Wait."]) == f"See where it is: `omnipub messages show {ID}`. Wait."
    both = worded([Hint(action=Action.ADOPT, when="If it is old"), Hint(action=Action.ADOPT_SAME)])
    assert both == "If it is old: `omnipub table adopt`. If only the evidence was lost: `omnipub table adopt --same`."
