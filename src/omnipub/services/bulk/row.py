"""A message as a row: the one shape that import reads and export writes, in CSV and in JSON lines.

In CSV a cell holds text; `channels` and `hashtags` are separated by commas, `variants` and several `images` are JSON.
A spreadsheet would take a cell that begins like a formula for one. Such a cell is written with an apostrophe in front,
which reading takes away again.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from omnipub.domain.message import Variant
from omnipub.strict_json import loads

FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "key": "names the row: imported again under the same key, it creates nothing",
        "text": "what is said",
        "link": "an http(s) address",
        "link_title": "the title of the link's card",
        "hashtags": "with or without #, separated by commas; in JSON a list",
        "channels": "facebook, linkedin:team …, separated by commas; in JSON a list",
        "at": "when, in ISO 8601; empty means now, which is said before it is done",
        "zone": "the IANA zone of a local time in `at`",
        "fold": "earlier or later, if clocks go back and that local time happens twice",
        "not_after": "begin by then, or miss it: 2h (after it is due), or a time like `at`",
        "images": 'a file name, or JSON: ["a.png", {"file": "b.png", "alt": "what it shows"}]',
        "variants": 'what single channels say, as JSON: {"linkedin": "text"}; or {"text", "link", "hashtags"} each',
    }
)
"""Field → what it holds, in the order of the columns; only `channels` is always needed."""

_LISTS = frozenset({"hashtags", "channels"})
_JSON = frozenset({"images", "variants"})
_VARIANT = ("text", "link", "hashtags")
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")  # noqa: RUF001  spreadsheets take the wide ones too
_NOT_UTF8 = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True)
class Picture:
    """An image of a row: a file's name, or `sha256:` and the key of one that is stored."""

    file: str
    alt: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One message of a file, as it is written there; `line` is where it begins."""

    line: int = 0
    key: str = ""
    text: str = ""
    link: str = ""
    link_title: str = ""
    hashtags: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    at: str = ""
    zone: str = ""
    fold: str = ""
    not_after: str = ""
    images: tuple[Picture, ...] = ()
    variants: Mapping[str, Variant] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RowProblem:
    """What keeps a row from being imported; `field` is empty where it is the whole row."""

    line: int
    field: str
    sentence: str


def row_of(line: int, fields: Mapping[str, Any]) -> Row | list[RowProblem]:
    """The row that an object of FIELDS describes, or everything that is wrong with it."""
    problems = [
        RowProblem(line=line, field=name, sentence=f"There is no such field. There are: {', '.join(FIELDS)}.")
        for name in fields
        if name not in FIELDS
    ]
    values: dict[str, Any] = {}
    for name in FIELDS:
        try:
            values[name] = _READ.get(name, _text)(fields.get(name))
        except ValueError as error:
            problems.append(RowProblem(line=line, field=name, sentence=str(error)))
    return problems or Row(line=line, **values)


def cells_of(row: Row) -> list[str]:
    """The row as cells, one for each of FIELDS."""
    document = object_of(row)
    cells = []
    for name in FIELDS:
        value = document.get(name, "")
        if name in _LISTS:
            value = ",".join(value)
        elif name in _JSON and value:
            value = json.dumps(value, ensure_ascii=False)
        cells.append(f"'{value}" if _FORMULA.match(value) else value)
    return cells


def fields_in(cells: Mapping[str, str]) -> dict[str, Any]:
    """The object that cells describe, by the names of their columns.

    Raises:
        ValueError: A cell with JSON holds none; (column, why) are its arguments.
    """
    document: dict[str, Any] = {}
    for name, cell in cells.items():
        value = cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
        if name in _JSON and value.lstrip()[:1] in {"[", "{"}:
            try:
                document[name] = loads(value)
            except ValueError as error:
                raise ValueError(name, f"It is not JSON: {error}.") from error
        elif value:
            document[name] = value
    return document


def object_of(row: Row) -> dict[str, Any]:
    """The row as an object of FIELDS, without what is empty."""
    document: dict[str, Any] = {name: getattr(row, name) for name in FIELDS if name not in {*_LISTS, *_JSON}}
    document |= {name: list(getattr(row, name)) for name in _LISTS}
    document["images"] = [{"file": one.file} | ({"alt": one.alt} if one.alt else {}) for one in row.images]
    document["variants"] = {channel: _variant_object(one) for channel, one in row.variants.items()}
    return {name: document[name] for name in FIELDS if document[name]}


def _variant_object(variant: Variant) -> dict[str, Any]:
    document = {"text": variant.text, "link": variant.link, "hashtags": variant.hashtags}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in document.items()
        if value is not None
    }


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError("It must be a text.")  # noqa: TRY004  wrong values of any kind are one error here
    if _NOT_UTF8.search(value):
        raise ValueError(
            "It has bytes that are not UTF-8, or half a character. Save the file as UTF-8; in Excel as 'CSV UTF-8'."
        )
    return value


def _word(value: object) -> str:
    return _text(value).strip()


def _list(value: object) -> tuple[str, ...]:
    parts: Iterable[object] = value.split(",") if isinstance(value, str) else [] if value is None else value  # type: ignore[assignment]  # judged next
    if not isinstance(parts, list):
        raise ValueError("It must be a list of texts, or one text with commas.")  # noqa: TRY004  likewise
    texts = [_text(part).strip() for part in parts]
    if isinstance(value, str) and not any(texts):
        return ()
    if not all(texts):
        raise ValueError("A part of it is empty; write a,b without a comma to spare.")
    return tuple(texts)


def _hashtags(value: object) -> tuple[str, ...]:
    return tuple(tag.removeprefix("#") for tag in _list(value))


def _images(value: object) -> tuple[Picture, ...]:
    listed = [value] if isinstance(value, str) else [] if value is None else value
    if not isinstance(listed, list):
        raise ValueError('It must be file names, or {"file", "alt"} each.')  # noqa: TRY004  likewise
    return tuple(_picture(one) for one in listed)


def _picture(value: object) -> Picture:
    document = {"file": value} if isinstance(value, str) else value
    if not isinstance(document, dict) or set(document) - {"file", "alt"} or not _text(document.get("file")):
        raise ValueError('An image is a file name, or {"file", "alt"}.')
    return Picture(file=_text(document["file"]), alt=_text(document.get("alt")))


def _variants(value: object) -> dict[str, Variant]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError('It must be JSON: {"linkedin": "text"}.')  # noqa: TRY004  likewise
    return {_text(channel): _variant(variant) for channel, variant in value.items()}


def _variant(value: object) -> Variant:
    if isinstance(value, str):
        return Variant(text=_text(value))
    if not isinstance(value, dict) or set(value) - set(_VARIANT):
        raise ValueError(f"A variant is a text, or an object with some of {', '.join(_VARIANT)}.")
    return Variant(
        text=None if value.get("text") is None else _text(value["text"]),
        link=None if value.get("link") is None else _text(value["link"]),
        hashtags=None if value.get("hashtags") is None else _hashtags(value["hashtags"]),
    )


_READ: Mapping[str, Any] = MappingProxyType(
    dict.fromkeys(("key", "at", "zone", "fold", "not_after"), _word)
    | {"hashtags": _hashtags, "channels": _list, "images": _images, "variants": _variants}
)
