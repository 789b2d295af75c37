"""Run many histories: `python tests/simulation/run.py 100000` (or FIRST LAST); a failing seed tells its story.

Spread over the machine's cores. Exit status 1 if any promise was broken.
"""

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from simulation.history import BrokenPromiseError, History

PORTION = 50


def portion(seeds: range) -> list[tuple[int, str]]:
    """The seeds of a portion that break a promise, with their stories."""
    broken = []
    for seed in seeds:
        try:
            History(seed).run()
        except BrokenPromiseError as error:
            broken.append((seed, str(error)))
    return broken


def main() -> int:
    """Run the seeds asked for."""
    numbers = [int(argument) for argument in sys.argv[1:]] or [1000]
    first, last = (0, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1])
    portions = [range(start, min(start + PORTION, last)) for start in range(first, last, PORTION)]
    began, count, broken = time.monotonic(), 0, 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for seeds, found in zip(portions, pool.map(portion, portions), strict=True):
            count += len(seeds)
            broken += len(found)
            for seed, story in found:
                print(f"seed {seed}: {story}\n")
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{count:,} histories, {broken} broken, {time.monotonic() - began:.0f} s")
    print(f"{count:,} histories, {broken} broken, {time.monotonic() - began:.0f} s")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
