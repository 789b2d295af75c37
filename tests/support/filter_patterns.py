"""CloudWatch's filter patterns for JSON lines, as far as the stacks use them: comparisons, `&&`, `||`, brackets.

As in CloudWatch, a comparison with a field that is absent is false, and `&&` binds closer than `||`.
"""

import json
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:(?P<sign>\(|\)|&&|\|\||>=|<=|!=|=|>|<)|\$\.(?P<field>[\w.]+)|"(?P<text>[^"]*)"|(?P<number>-?\d+))"""
)
_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def matches(pattern: str, line: str) -> bool:
    """Whether a log line is matched by `{ … }`; a line that is no JSON object never is."""
    try:
        said = json.loads(line)
    except ValueError:
        return False
    if not isinstance(said, dict):
        return False
    if not pattern.startswith("{ ") or not pattern.endswith(" }"):
        raise ValueError(f"no pattern for JSON: {pattern}")
    tokens = _tokens(pattern[2:-2])
    verdict = _either(tokens, said)
    if tokens:
        raise ValueError(f"left over in {pattern}: {tokens}")
    return verdict


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(text.rstrip()):
        token = _TOKEN.match(text, at)
        if token is None:
            raise ValueError(f"unreadable: {text[at:]}")
        kind = str(token.lastgroup)
        found.append((kind, token[kind]))
        at = token.end()
    return found


def _either(tokens: list[tuple[str, str]], said: Mapping[str, Any]) -> bool:
    verdict = _both(tokens, said)
    while tokens and tokens[0] == ("sign", "||"):
        tokens.pop(0)
        verdict = _both(tokens, said) or verdict
    return verdict


def _both(tokens: list[tuple[str, str]], said: Mapping[str, Any]) -> bool:
    verdict = _one(tokens, said)
    while tokens and tokens[0] == ("sign", "&&"):
        tokens.pop(0)
        verdict = _one(tokens, said) and verdict
    return verdict


def _one(tokens: list[tuple[str, str]], said: Mapping[str, Any]) -> bool:
    kind, text = tokens.pop(0)
    if (kind, text) == ("sign", "("):
        verdict = _either(tokens, said)
        if tokens.pop(0) != ("sign", ")"):
            raise ValueError("a bracket is not closed")
        return verdict
    if kind != "field":
        raise ValueError(f"a comparison begins with a field, not with {text}")
    (_, sign), (value_kind, value) = tokens.pop(0), tokens.pop(0)
    there = said.get(text)
    wanted: Any = int(value) if value_kind == "number" else value
    if isinstance(there, bool) or not isinstance(there, int | float if value_kind == "number" else str):
        return False
    return _SIGNS[sign](there, wanted)
