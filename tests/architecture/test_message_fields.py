"""A field of a message's content stands everywhere that a message is written or read."""

import inspect
from collections.abc import Set as AbstractSet
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from omnipub.domain.message import Content, Variant
from omnipub.handlers.api.models import MessageBody, VariantBody
from omnipub.services.bulk.row import FIELDS, Row
from omnipub.services.messages.message_json import ContentJson, VariantJson
from omnipub_cli.app import load
from omnipub_cli.commands.messages import create, edit

ROOT = Path(__file__).parents[2]
SCHEMAS: dict[str, Any] = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text(encoding="utf-8"))["components"][
    "schemas"
]
CONTENT = {field.name for field in fields(Content)}
VARIANT = {field.name for field in fields(Variant)}

IN_ROWS = {"media": "images"}
"""Field → the column of a file that has it under another name."""

IN_COMMANDS = {"media": "image", "hashtags": "hashtag", "variants": "variant"}
"""Field → the option that gives it, once for each of several."""


def in_rows(names: AbstractSet[str]) -> set[str]:
    return {IN_ROWS.get(name, name) for name in names}


def parameters(command: Any) -> set[str]:
    """What a command takes."""
    return set(inspect.signature(command).parameters)


PLACES = {
    "the JSON of a message": (CONTENT, set(ContentJson.__annotations__)),
    "the JSON of a variant": (VARIANT, set(VariantJson.__annotations__)),
    "the body of POST /messages": (CONTENT, set(MessageBody.model_fields)),
    "a variant in a body": (VARIANT, set(VariantBody.model_fields)),
    "the description of a body": (CONTENT, set(SCHEMAS["Message"]["properties"])),
    "the description of a variant": (VARIANT, set(SCHEMAS["Variant"]["properties"])),
    "a row of a file": (in_rows(CONTENT), {field.name for field in fields(Row)}),
    "the columns of a file": (in_rows(CONTENT), set(FIELDS)),
    "messages create": ({IN_COMMANDS.get(name, name) for name in CONTENT}, parameters(create.create)),
    "messages edit": ({IN_COMMANDS.get(name, name) for name in CONTENT}, parameters(edit.edit)),
}
"""Place → the fields that must be there, and those that are."""


@pytest.mark.parametrize("place", PLACES)
def test_each_field_of_a_content_is_there(place: str) -> None:
    wanted, there = PLACES[place]
    assert wanted - there == set()


def test_the_commands_that_are_read_are_those_that_are_typed() -> None:
    assert {"create", "edit"} <= set(load("messages").commands)  # type: ignore[attr-defined]
