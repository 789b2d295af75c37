"""Records of options as parameters of a command."""

import inspect
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
import typer

from omnipub_cli.framework.option_groups import spread

Name = Annotated[str, typer.Option("--name", help="Whose.")]


@dataclass(frozen=True, kw_only=True)
class Whose:
    ids: Annotated[list[str] | None, typer.Argument()] = None
    name: Name = "nobody"


@spread
def act(context: str, whose: Whose, *, loudly: bool = False) -> tuple[Any, ...]:
    """Act."""
    return context, whose, loudly


def test_the_fields_stand_where_the_record_stood() -> None:
    found = inspect.signature(act).parameters
    assert list(found) == ["context", "ids", "name", "loudly"]
    assert found["name"].default == "nobody"
    assert found["name"].annotation == Name
    assert act.__doc__ == "Act."


def test_the_function_is_given_the_record() -> None:
    assert act(context="c", ids=["1"], name="ada", loudly=True) == ("c", Whose(ids=["1"], name="ada"), True)


def test_every_parameter_is_given_as_typer_does() -> None:
    with pytest.raises(KeyError, match="ids"):
        act(context="c", name="ada")
