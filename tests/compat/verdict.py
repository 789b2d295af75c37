"""How two records of the items differ, and whether code that knows the one may work on what the other wrote.

Rules of this room:
1. Compatible is what the earlier code ignores without harm and the later code reads as it was: an attribute that may
   be absent, another kind of item, another key. Everything else is not.
2. What is not compatible needs a higher MEANING, and nothing else excuses it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Record = Mapping[str, Any]
"""`meaning`: the number; `keys`: function → how it spells; `items`: kind → path → attribute."""

COMMAND = ".venv/bin/python tests/compat/record.py"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One: where, what, and why it matters; `why` is empty if it is compatible."""

    where: str
    what: str
    why: str = ""

    @property
    def compatible(self) -> bool:
        return not self.why


def differences(then: Record, now: Record) -> list[Difference]:
    """Everything that differs, in the order of its names."""
    return [*_keys(then["keys"], now["keys"]), *_kinds(then["items"], now["items"])]


def refusal(then: Record, now: Record) -> str:
    """Why `now` may not take the place of `then`; empty if it may."""
    if now["meaning"] < then["meaning"]:
        return f"MEANING went down from {then['meaning']} to {now['meaning']}: a number is never used twice."
    wrong = [one for one in differences(then, now) if not one.compatible]
    if not wrong or now["meaning"] > then["meaning"]:
        return ""
    return "\n".join(
        [
            "Incompatible with what is written already:",
            *(f"  {one.where}: {one.what}. {one.why}" for one in wrong),
            "Make it compatible (a new optional attribute beside the old one), or raise MEANING in",
            "src/omnipub/storage/schema.py, say in docs/decisions how what is there is brought over, and then type:",
            f"  {COMMAND}",
        ]
    )


def report(then: Record, now: Record) -> str:
    """What to do about a record that is not up to date; empty if it is."""
    if refused := refusal(then, now):
        return refused
    lines = [f"  {one.where}: {one.what}." for one in differences(then, now)]
    if now["meaning"] != then["meaning"]:
        lines.append(f"  MEANING was raised from {then['meaning']} to {now['meaning']}.")
    if not lines:
        return ""
    first = "Compatible, or excused by the raised number. Take it into the record:"
    return "\n".join([first, *lines, f"  {COMMAND}"])


def _keys(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Difference]:
    for name in sorted({*then, *now}):
        where = f"key {name}"
        if name not in then:
            yield Difference(where=where, what=f"is new: {now[name]}")
        elif name not in now:
            yield Difference(where=where, what="is gone", why="Nobody finds what stands under it any more.")
        elif then[name] != now[name]:
            what = f"is spelled {now[name]}, not {then[name]} any more"
            yield Difference(where=where, what=what, why="Neither finds what the other wrote.")


def _kinds(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    for name in sorted({*then, *now}):
        if name not in then:
            yield Difference(where=name, what="is a new kind of item")
        elif name not in now:
            yield Difference(where=name, what="is gone", why="Earlier code reads it.")
        else:
            yield from _attributes(name, then[name], now[name])


def _attributes(kind: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    for path in sorted({*then, *now}):
        where = f"{kind}.{path}"
        if path not in now:
            if not _inside(path, set(then) - set(now)):
                why = "Earlier code takes it for absent, and what is there already is dropped."
                yield Difference(where=where, what="is gone", why=why)
        elif path not in then:
            if not _inside(path, set(now) - set(then)):
                yield _new(where, now[path])
        else:
            yield from _changed(where, then[path], now[path])


def _inside(path: str, others: set[str]) -> bool:
    """Whether something around it is among the others, and says it all."""
    return any(path != other and path.startswith((f"{other}.", f"{other}[")) for other in others)


def _new(where: str, attribute: Mapping[str, Any]) -> Difference:
    if attribute.get("required"):
        return Difference(where=where, what="is new and required", why="Items that are there already do not have it.")
    return Difference(where=where, what="is new and may be absent")


def _changed(where: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Difference]:
    if then["is"] != now["is"]:
        why = "Neither reads what the other wrote."
        yield Difference(where=where, what=f"is a {now['is']}, not a {then['is']} any more", why=why)
        return
    before, after = set(then.get("values", ())), set(now.get("values", ()))
    for word in sorted(after - before):
        yield Difference(where=where, what=f"may be '{word}'", why="Earlier code cannot read an item that says so.")
    for word in sorted(before - after):
        yield Difference(where=where, what=f"cannot be '{word}' any more", why="Items that are there already say so.")
    if then.get("told_by") != now.get("told_by"):
        what = f"is left out where {now.get('told_by', 'nothing')} says it"
        yield Difference(where=where, what=what, why="The other code does not look there.")
    if then.get("null") != now.get("null"):
        may = "may" if now.get("null") else "may not"
        yield Difference(where=where, what=f"{may} be null", why="The other code does not expect that.")
    if then.get("required") and not now.get("required"):
        yield Difference(where=where, what="may be absent", why="Earlier code cannot read an item without it.")
    elif now.get("required") and not then.get("required"):
        yield Difference(where=where, what="is required", why="Items that are there already may not have it.")
    elif then.get("absent") != now.get("absent"):
        what = f"absent means {now.get('absent')!r}, not {then.get('absent')!r} any more"
        yield Difference(where=where, what=what, why="The same item means something else to each.")
