"""One command of the command line, and what the table handed it: how many items, and in what time.

Typed with the command behind it: `python bench/counted.py messages list --status failed`.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from omnipub.adapters.local.sqlite.table import SqliteTable
from omnipub_cli.__main__ import main as cli


class Told(NamedTuple):
    """What one run was handed by the table, and how long it was in it."""

    items: int
    milliseconds: float


def counted(arguments: Sequence[str]) -> int:
    """Run one command in this process and say what it was handed by the table; the child's side of `told`."""
    seen = {"items": 0, "seconds": 0.0}

    def watched(verb: Callable[..., Any], count: Callable[[Any], int]) -> Callable[..., Any]:
        def watching(*given: Any, **named: Any) -> Any:
            began = time.perf_counter()
            answer = verb(*given, **named)
            seen["seconds"] += time.perf_counter() - began
            seen["items"] += count(answer)
            return answer

        return watching

    counts: dict[str, Callable[[Any], int]] = {
        "__init__": lambda _: 0,
        "get": lambda item: int(item is not None),
        "query": lambda page: len(page.items),
        "batch_get": len,
    }
    for name, count in counts.items():
        setattr(SqliteTable, name, watched(getattr(SqliteTable, name), count))
    code = cli(arguments)
    print(json.dumps(seen), file=sys.stderr)
    return code


def told(command: Sequence[str]) -> Told:
    done = subprocess.run(
        [sys.executable, __file__, *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
    )
    assert done.returncode in {0, 1}, (command, done.stderr)
    seen = json.loads(done.stderr.splitlines()[-1])
    return Told(seen["items"], seen["seconds"] * 1000)


if __name__ == "__main__":
    sys.exit(counted(sys.argv[1:]))
