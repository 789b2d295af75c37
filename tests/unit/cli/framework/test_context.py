import shlex

import pytest

from omnipub.errors import NotFoundError
from omnipub.services.accounts.accounts import needed
from omnipub_cli.app import load
from omnipub_cli.framework.context import Call
from omnipub_cli.framework.hint_commands import worded
from omnipub_cli.framework.lazy_group import LazyGroup


@pytest.mark.parametrize(
    ("hint", "placed"),
    [
        ("`omnipub messages list` shows what there is.", "`omnipub messages list --data 'a b'` shows what there is."),
        ("See it: omnipub certs show 1", "See it: omnipub certs show 1 --data 'a b'"),
        ("Do `omnipub up`, then `omnipub pause`.", "Do `omnipub up --data 'a b'`, then `omnipub pause --data 'a b'`."),
        ("See `omnipub messages list --help`.", "See `omnipub messages list --help`."),
        ("Start it: omnipub up --data 'a b'", "Start it: omnipub up --data 'a b'"),
        ("There is nothing of omnipub here.", "There is nothing of omnipub here."),
        ("", ""),
    ],
)
def test_the_commands_of_a_hint_are_typed_on_the_data_directory_that_was_named(hint: str, placed: str) -> None:
    assert Call(data="a b").placed(hint) == placed
    assert Call().placed(hint) == hint


def test_how_a_missing_account_is_connected_is_parsed_as_it_stands() -> None:
    with pytest.raises(NotFoundError) as missing:
        needed(None, "facebook:other")
    _, group, name, *arguments = shlex.split(worded(missing.value.hints).partition(": ")[2])
    command = load(group)
    assert isinstance(command, LazyGroup)
    parsed = command.load(name).make_context(name, arguments).params
    assert (parsed["channel"], parsed["account"]) == ("facebook:other", "ID")
