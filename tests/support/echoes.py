"""How a hostile server may write down a secret that it was sent, and what is left of one in a text."""

import base64
import html
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from urllib.parse import quote, quote_plus

PIECE = 8

WAYS: Mapping[str, Callable[[str], str]] = {
    "plain": str,
    "capitals": str.upper,
    "percent": lambda secret: quote(secret, safe=""),
    "percent in small letters": lambda secret: "".join(f"%{byte:02x}" for byte in secret.encode()),
    "percent in capitals": lambda secret: "".join(f"%{byte:02X}" for byte in secret.encode()),
    "percent twice": lambda secret: quote(quote(secret, safe=""), safe=""),
    "form": quote_plus,
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64 after one byte": lambda secret: base64.b64encode(b":" + secret.encode()).decode(),
    "base64 of a pair": lambda secret: base64.b64encode(b"me:" + secret.encode()).decode(),
    "base64 for addresses": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
    "base64 for addresses, of a pair": lambda secret: base64.urlsafe_b64encode(b"k=" + secret.encode()).decode(),
    "percent of base64": lambda secret: quote(base64.b64encode(b"?" + secret.encode()).decode(), safe=""),
    "JSON": lambda secret: json.dumps(secret).replace("/", "\\/"),
    "unicode escapes": lambda secret: "".join(f"\\u{ord(mark):04x}" for mark in secret),
    "entities": lambda secret: "".join(f"&#{ord(mark)};" for mark in secret),
    "entities in hexadecimal": lambda secret: "".join(f"&#x{ord(mark):X};" for mark in secret),
    "HTML": html.escape,
    "hexadecimal": lambda secret: secret.encode().hex(),
    "hexadecimal in capitals": lambda secret: secret.encode().hex().upper(),
    "without its middle": lambda secret: f"{secret[:5]}…{secret[-5:]}",
    "with stars": lambda secret: f"{secret[:7]}*****",
    "without its end": lambda secret: secret[: len(secret) // 2],
    "without its beginning": lambda secret: secret[len(secret) // 2 :],
    "a piece inside a word": lambda secret: f"id-{secret[3:11]}-x",
    "in two lines": lambda secret: secret[:9] + "\n" + secret[9:],
    "spaced": lambda secret: " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
}


def traces(text: str, secret: str) -> list[str]:
    """Pieces of a secret that stand in a text, in any of the ways."""
    found = []
    for way, write in WAYS.items():
        written = write(secret)
        if way in {"without its middle", "with stars", "a piece inside a word"}:
            pieces = [written] if way == "without its middle" else []
        elif way == "in two lines":
            continue
        else:
            size = PIECE + 2 if way == "spaced" else PIECE  # of the secret itself
            pieces = [written[at : at + size] for at in range(len(written) - size + 1)]
        stands = _pieces(text).__contains__ if pieces and len(pieces[0]) == PIECE else text.__contains__
        found += [f"{way}: {piece}" for piece in pieces if stands(piece) and piece.strip("%0123456789;&#xu\\ ")]
    return found


@lru_cache(maxsize=1)
def _pieces(text: str) -> frozenset[str]:
    """All that stands in a text: a long one is searched for thousands of pieces."""
    return frozenset(text[at : at + PIECE] for at in range(len(text) - PIECE + 1))
