"""Whether lists, looks and the running system cost the same however many messages there are.

Tables of several sizes are seeded (8 KB of disk a message are asked for beforehand, and given back at the end).
Every case is a fresh process; rounds go through all cases and sizes in turn after one warm-up round, so that a
machine whose speed drifts disturbs them alike. Printed of each case: the median at the smallest size and, for
the others, the median over the rounds of the ratio to the smallest in the same round; then, from two more runs of
each, the items that it was handed and the milliseconds that it spent in the table, first with none of the file in
the page cache, then with what it needs. At last `omnipub up` runs on the smallest and the largest, asked for lists
all the while: how long it takes to be ready, and the memory of its process and of the sandbox's.

    .venv/bin/python bench/scale.py [--sizes 1000,100000,1000000] [--rounds 7] [--data DIR] [--up-minutes 3]
"""

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from counted import Told, told
from omnipub.adapters.local.sqlite.table import SqliteTable
from omnipub.domain.timestamps import from_text
from omnipub.names import SEED_OWNER
from omnipub.onebox.data_directory import TABLE
from omnipub.storage import keys
from resident import omnipub, up

BYTES_A_MESSAGE = 8 * 1024

LISTS: Sequence[tuple[str, ...]] = (
    (),
    ("--limit", "100"),
    *(
        ("--status", status)
        for status in ("scheduled", "held", "failed", "missed", "published", "draft", "cancelled", "partially_failed")
    ),
    ("--channel", "facebook"),
    ("--owner", SEED_OWNER),
    ("--since", "{since}", "--until", "{until}"),
    ("--status", "failed", "--channel", "facebook"),
    ("--status", "published", "--channel", "facebook", "--since", "{since}"),
    ("--owner", SEED_OWNER, "--status", "failed", "--channel", "facebook"),
    ("--channel", "facebook", "--since", "{since}", "--until", "{until}"),
)
CASES: Sequence[tuple[str, ...]] = (
    *(("messages", "list", *narrowed) for narrowed in LISTS),
    ("messages", "show", "{id}"),
    ("messages", "stuck"),
    ("certs", "list"),
    ("certs", "list", "--status", "published"),
    ("schedule", "list"),
    ("schedule", "list", "--channel", "facebook", "--owner", SEED_OWNER),
    ("connections", "list"),
    ("doctor",),
    ("table", "stats"),
)


def seeded(folder: Path, size: int) -> dict[str, str]:
    """What stands in place of the braces of the cases, the same in every table of one day; seeds what is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    there = _seed_of(folder)
    if there is None or there["messages"] != size or not (folder / "whole").exists():
        free = shutil.disk_usage(folder).free
        assert free > size * BYTES_A_MESSAGE, f"{size:,} messages need {size * BYTES_A_MESSAGE:,} bytes of {free:,}"
        began = time.monotonic()
        subprocess.run(omnipub("table", "seed", "--messages", str(size), "--yes", "--data", str(folder)), check=True)
        (folder / "whole").touch()
        there = _seed_of(folder)
        assert there is not None
        print(f"{size:,} messages seeded in {time.monotonic() - began:.0f} s, {_size(folder):,} bytes", flush=True)
    as_of = from_text(there["as_of"])
    return {
        "since": (as_of - timedelta(days=60)).isoformat(),
        "until": (as_of - timedelta(days=30)).isoformat(),
    }


def _seed_of(folder: Path) -> dict[str, Any] | None:
    table = SqliteTable(folder / TABLE)
    try:
        return table.get(keys.seed())
    finally:
        table.close()


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file())


def once(command: Sequence[str]) -> float:
    began = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    # `doctor` ends with 1 if it has something to say.
    assert done.returncode in {0, 1}, (command, done.stderr)
    return (time.perf_counter() - began) * 1000


def forget(folder: Path) -> None:
    """Take the table out of the page cache, as after a restart of the machine."""
    with (folder / TABLE).open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def lists(folders: dict[int, Path], words: dict[str, str], rounds: int, only: str) -> None:
    told_of = [case for case in CASES if " ".join(case).startswith(only)]
    cases = [tuple(word.format(**words) for word in case) for case in told_of]
    taken: dict[tuple[str, ...], dict[int, list[float]]] = {case: {size: [] for size in folders} for case in cases}
    for number in range(rounds + 1):
        for case in cases:
            for size, folder in folders.items():
                milliseconds = once(omnipub(*case, "--data", str(folder)))
                if number:
                    taken[case][size].append(milliseconds)
    small, *larger = folders
    print(
        f"\n| command | ms at {small:,} | {' | '.join(f'ratio at {size:,}' for size in larger)} | items read | "
        "ms in the table, cold | warm |"
    )
    print("|---" * (5 + len(larger)) + "|")
    for case, shown in zip(cases, told_of, strict=True):
        first = taken[case][small]
        ratios = [
            statistics.median(one / base for one, base in zip(taken[case][size], first, strict=True)) for size in larger
        ]
        cold: list[Told] = []
        warm: list[Told] = []
        for folder in folders.values():
            forget(folder)
            for into in (cold, warm):
                into.append(told([*case, "--data", str(folder)]))
        cells = [
            f"`{' '.join(shown)}`",
            f"{statistics.median(first):.0f}",
            *(f"{ratio:.2f}" for ratio in ratios),
            ", ".join(f"{one.items:,}" for one in warm),
            *(", ".join(f"{one.milliseconds:.0f}" for one in side) for side in (cold, warm)),
        ]
        print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,100000,1000000")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="", help="cases that begin so, e.g. 'messages list --status'")
    parser.add_argument("--data", type=Path, help="keep the tables here, and use those that are there")
    parser.add_argument("--up-minutes", type=float, default=3)
    arguments = parser.parse_args()
    sizes = sorted(int(one) for one in arguments.sizes.split(","))
    with tempfile.TemporaryDirectory() as temporary:
        folders = {size: (arguments.data or Path(temporary)) / str(size) for size in sizes}
        (words,) = {tuple(seeded(folder, size).items()) for size, folder in folders.items()}
        first = subprocess.run(
            omnipub(
                "messages", "list", "--quiet", "--limit", "1", "--status", "published", "--data", str(folders[sizes[0]])
            ),
            capture_output=True,
            text=True,
            check=True,
        )
        if arguments.rounds:
            # Of one seed and day, the larger tables hold what the smaller ones hold.
            lists(folders, {**dict(words), "id": first.stdout.strip()}, arguments.rounds, arguments.only)
        for size in dict.fromkeys((sizes[0], sizes[-1])) if arguments.up_minutes else ():
            print(f"\n{size:,} messages")
            up(folders[size], arguments.up_minutes)


if __name__ == "__main__":
    main()
