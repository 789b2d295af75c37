"""Take the items as this code writes them into the record: `.venv/bin/python tests/compat/record.py`.

It refuses (exit status 1, nothing written) what code that knows the recorded MEANING would misread, unless MEANING
was raised. The goldens of lower numbers stay as they are: what was written then may still be in a table.
"""

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from compat.carried import carried, digests
from compat.description import described, spelled
from compat.goldens import goldens
from compat.verdict import Record, refusal, report
from omnipub.ports.table import Item
from omnipub.storage.schema import MEANING

ITEMS = Path(__file__).with_name("items.json")
GOLDENS = Path(__file__).with_name("goldens")


def recorded() -> Record:
    """The record as it stands."""
    return json.loads(ITEMS.read_text(encoding="utf-8"))


def current(shown: Sequence[Item]) -> Record:
    """The record of this code, with what it writes."""
    kinds = described(shown) | carried()
    return {
        "meaning": MEANING,
        "keys": dict(sorted((spelled() | digests()).items())),
        "items": dict(sorted(kinds.items())),
    }


def golden_files() -> dict[int, Path]:
    """The goldens of each number there ever was."""
    return {int(path.stem): path for path in sorted(GOLDENS.glob("*.jsonl"))}


def read_goldens(path: Path) -> list[Item]:
    """The items in a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> int:
    """Write the record, or say why not."""
    with tempfile.TemporaryDirectory() as work:
        shown = goldens(Path(work))
    now = current(shown)
    if ITEMS.exists():
        if refused := refusal(recorded(), now):
            print(refused, file=sys.stderr)
            return 1
        print(report(recorded(), now).partition("\n")[2].rpartition("\n")[0] or "Nothing differs.")
    write(now, shown)
    return 0


def write(now: Record, shown: Sequence[Item]) -> None:
    """Keep the record and the goldens of its number."""
    ITEMS.write_text("\n".join(_lines(now)) + "\n", encoding="utf-8")
    GOLDENS.mkdir(exist_ok=True)
    lines = "".join(f"{_line(item)}\n" for item in shown)
    (GOLDENS / f"{now['meaning']}.jsonl").write_text(lines, encoding="utf-8")


def _lines(record: Record) -> Iterator[str]:
    """The record with an attribute a line, so that a change of it reads as one."""
    yield "{"
    yield f'  "meaning": {record["meaning"]},'
    yield f'  "keys": {{\n    {_members(record["keys"], 4)}\n  }},'
    kinds = [
        f'"{name}": {{\n      {_members(parts, 6)}\n    }}' if parts else f'"{name}": {{}}'
        for name, parts in record["items"].items()
    ]
    yield '  "items": {\n    ' + ",\n    ".join(kinds) + "\n  }"
    yield "}"


def _members(parts: dict[str, object], indent: int) -> str:
    return f",\n{' ' * indent}".join(f"{_line(name)}: {_line(part)}" for name, part in parts.items())


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
