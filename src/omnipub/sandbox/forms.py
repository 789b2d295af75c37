"""The three ways a body carries fields: JSON, url-encoded and multipart."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from omnipub.strict_json import loads

_BOUNDARY = re.compile(r'boundary="?([^";,]{1,70})"?')
_NAME = re.compile(r'\bname="([^"]*)"')
_FILE_NAME = re.compile(r"\bfilename\*?=")


@dataclass(frozen=True)
class Form:
    """Fields by name, files by name; `typed` says that values have JSON types rather than being all text."""

    values: Mapping[str, object]
    files: Mapping[str, bytes] = field(default_factory=dict)
    typed: bool = False


def read_form(content_type: str, body: bytes) -> Form:
    """The fields of `body`; an empty body has none, whatever its type.

    Raises:
        ValueError: The body is not what its content type says, or the type is none of the three.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if not body:
        return Form({})
    if kind == "application/json":
        values = loads(body)
        if not isinstance(values, dict):
            raise ValueError("The JSON body is not an object.")
        return Form(values, typed=True)
    if kind == "application/x-www-form-urlencoded":
        return Form(dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True)))
    if kind == "multipart/form-data":
        return _multipart(content_type, body)
    raise ValueError(f"A body of type '{kind}' carries no fields here; send JSON, url-encoded or multipart.")


def _multipart(content_type: str, body: bytes) -> Form:
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise ValueError("The multipart body's content type names no boundary.")
    first, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary[1].encode())
    if first.strip() or not parts or not parts[-1].startswith(b"--"):
        raise ValueError("The multipart body is cut off or does not use its boundary.")
    values: dict[str, object] = {}
    files: dict[str, bytes] = {}
    for part in parts[:-1]:
        head, gap, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(head.decode(errors="replace"))
        if not gap or name is None:
            raise ValueError("A part of the multipart body has no name.")
        if _FILE_NAME.search(head.decode(errors="replace")):
            files[name[1]] = content
        else:
            values[name[1]] = content.decode()
    return Form(values, files)
