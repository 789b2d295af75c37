"""The documented fields of each Graph edge, read from JSON, forms or the query."""

import re

from omnipub.sandbox import shapes
from omnipub.sandbox.http_exchange import SandboxRequest
from omnipub.sandbox.networks.facebook.errors import refused
from omnipub.strict_json import loads

PHOTOS_OF_A_POST = 10

CREDENTIALS = {"access_token": shapes.text(), "appsecret_proof": shapes.text(pattern="[0-9a-f]{64}")}
FEED = shapes.fields(
    {},
    CREDENTIALS
    | {
        "message": shapes.text(),
        "link": shapes.WEB_ADDRESS,
        "published": shapes.flag,
        "attached_media": shapes.rows(shapes.fields({"media_fbid": shapes.text()}), least=1, most=PHOTOS_OF_A_POST),
    },
)
PHOTO = shapes.fields(
    {},
    CREDENTIALS
    | {
        "url": shapes.WEB_ADDRESS,
        "caption": shapes.text(),
        "message": shapes.text(),
        "alt_text_custom": shapes.text(),
        "published": shapes.flag,
    },
)
_JSON_IN_FORMS = frozenset({"published", "attached_media"})
"""Fields whose values are JSON even where all other values are plain text."""


def given_fields(request: SandboxRequest) -> dict[str, object]:
    """The body's fields with JSON types, however they were sent."""
    try:
        form = request.form
        values = dict(form.values)
        if not form.typed:
            for name in _JSON_IN_FORMS & values.keys():
                values[name] = loads(str(values[name]))
    except ValueError as error:
        raise refused("parameter", str(error)) from error
    return values


def fitting_fields(request: SandboxRequest, shape: shapes.Shape) -> dict[str, object]:
    """The body's fields, which fit `shape`."""
    values = given_fields(request)
    problems = shape(values, "")
    if problems:
        raise refused("parameter", shapes.sentence(problems))
    return values


def requested_fields(request: SandboxRequest, known: frozenset[str]) -> list[str]:
    """What `fields=` asks for, all of it among `known`."""
    without_parts = re.sub(r"\{[^{}]*\}", "", request.query.get("fields", ""))
    names = [name.strip() for name in without_parts.split(",") if name.strip()]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise refused("parameter", f"fields has {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    return names


def whole_number(request: SandboxRequest, name: str, *, default: int, least: int, most: int) -> int:
    """A whole number of the query."""
    value = request.query.get(name, str(default))
    if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
        raise refused("parameter", f"{name} must be a whole number from {least} to {most}")
    return int(value)
