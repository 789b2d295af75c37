"""The forms in which a secret may come back: as it is, encoded, or behind escapes of some notation.

Two directions. `forms` encodes a secret as base64 and hexadecimal digits. `views` takes escapes out of a text (percent
signs, JSON, HTML), as often as they were put on. It keeps where each byte stood.
"""

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

ROUNDS = 4
"""So many layers of escapes are taken off."""

_ESCAPE = re.compile(
    rb"%u(?P<percent_u>[0-9A-Fa-f]{4})"
    rb"|%(?P<percent>[0-9A-Fa-f]{2})"
    rb"|\\u\{?(?P<json>[0-9A-Fa-f]{4})\}?"
    rb"|\\x(?P<hex>[0-9A-Fa-f]{2})"
    rb"|\\(?P<mark>[\"'\\/])"
    rb"|&#(?P<decimal>[0-9]{1,7});?"
    rb"|&#[xX](?P<entity>[0-9A-Fa-f]{1,6});?"
    rb"|&(?P<name>[a-z]{2,6});"
)

_ENTITIES = {
    b"amp": b"&",
    b"lt": b"<",
    b"gt": b">",
    b"quot": b'"',
    b"apos": b"'",
    b"sol": b"/",
    b"equals": b"=",
    b"plus": b"+",
    b"colon": b":",
    b"period": b".",
    b"lowbar": b"_",
    b"nbsp": b" ",
}

_SIGNIFICANT = re.compile(rb"[0-9A-Za-z\x80-\xff]")


@dataclass(frozen=True, slots=True)
class View:
    """Bytes of a text, read in some way; `spans` tells for each byte which characters it was read from."""

    data: bytes
    spans: Sequence[tuple[int, int]]

    def squeezed(self) -> "View":
        """Only letters and digits, all small."""
        kept = [(match[0].lower(), self.spans[match.start()]) for match in _SIGNIFICANT.finditer(self.data)]
        return View(b"".join(byte for byte, _ in kept), [span for _, span in kept])


def forms(secret: bytes) -> Iterator[bytes]:
    """A secret as it is, as base64 wherever it stands among other bytes, and as hexadecimal digits."""
    yield secret
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + secret + bytes(2))
        # The digits that depend on the secret alone: its neighbours share the others.
        inner = encoded[-(-before * 8 // 6) : (before + len(secret)) * 8 // 6]
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))
    yield secret.hex().encode()
    yield secret.hex().upper().encode()


def squeezed(data: bytes) -> bytes:
    """Only letters and digits, all small."""
    return b"".join(_SIGNIFICANT.findall(data)).lower()


def views(text: str) -> Iterator[View]:
    """The text as it stands, then without one layer of escapes after the other."""
    data = bytearray()
    spans: list[tuple[int, int]] = []
    for at, mark in enumerate(text):
        encoded = mark.encode("utf-8", "surrogatepass")
        data += encoded
        spans += [(at, at + 1)] * len(encoded)
    view = View(bytes(data), spans)
    yield view
    for _ in range(ROUNDS):
        before, view = view, _unescaped(view)
        if view.data == before.data:
            return
        yield view


def _unescaped(view: View) -> View:
    data = bytearray()
    spans: list[tuple[int, int]] = []
    end = 0
    for match in _ESCAPE.finditer(view.data):
        read = _meant(match)
        if read is None:
            continue
        data += view.data[end : match.start()] + read
        spans += view.spans[end : match.start()]
        spans += [(view.spans[match.start()][0], view.spans[match.end() - 1][1])] * len(read)
        end = match.end()
    return View(bytes(data + view.data[end:]), [*spans, *view.spans[end:]])


def _meant(match: re.Match[bytes]) -> bytes | None:
    kind, digits = match.lastgroup, match[match.lastgroup or 0]
    match kind:
        case "percent" | "hex":
            return bytes([int(digits, 16)])
        case "mark":
            return digits
        case "name":
            return _ENTITIES.get(digits)
        case _:
            number = int(digits, 10 if kind == "decimal" else 16)
            return chr(number).encode("utf-8", "surrogatepass") if number <= 0x10FFFF else None  # noqa: PLR2004 - the last character
