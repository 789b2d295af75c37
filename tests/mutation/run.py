"""Take each condition out and look whether a test notices: `python tests/mutation/run.py [PART OF A PATH …]`.

Covers `domain`, `services`, `storage` and `adapters`. Survivors must stand in accepted.json with a reason. Exit
status 1 if one does not, or if the list names what is noticed or gone.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import asdict
from itertools import accumulate
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from mutation.conditions import Mutant, mutants

ROOT = Path(__file__).parent.parent.parent
CACHE = ROOT / ".cache" / "mutation"
ACCEPTED = Path(__file__).with_name("accepted.json")
ROOMS = ("domain", "services", "storage", "adapters", "seed")
TESTS = (
    "tests/unit/domain",
    "tests/unit/seed",
    "tests/unit/storage",
    "tests/unit/services",
    "tests/unit/channels",
    "tests/unit/adapters",
    "tests/contract",
    "tests/integration/services",
    "tests/integration/handlers",
    "tests/integration/adapters",
    "tests/integration/channels/test_checks_against_sandbox.py",
    "tests/simulation",
)
"""What runs in one process and soon. The command line's and the machine's tests run processes: they take no part."""

PATIENCE = 3
"""So many seconds of tests are run for a mutant, the shortest first."""


def pytest(asked: dict[str, str]) -> None:
    """Run pytest with the plugin."""
    environment = os.environ | {
        "OMNIPUB_MUTATION": json.dumps(asked | {"root": str(ROOT)}),
        "PYTHONPATH": str(ROOT / "tests"),
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "mutation.plugin", "-p", "no:cacheprovider", "--timeout=0"]
    done = subprocess.run([*command, *TESTS], cwd=ROOT, env=environment, check=False)  # noqa: S603  our own tests
    if done.returncode:
        raise SystemExit("The tests fail by themselves." if "map" in asked else "The mutants could not be run.")


def chosen(parts: list[str]) -> list[Mutant]:
    """The mutants of the files whose path has one of `parts` in it; all without any."""
    files = sorted(file for room in ROOMS for file in (ROOT / "src/omnipub" / room).rglob("*.py"))
    some = [file for file in files if not parts or any(part in file.as_posix() for part in parts)]
    return [mutant for file in some for mutant in mutants(ROOT, file)]


def run(found: list[Mutant], *, fresh: bool) -> dict[str, list[Mutant]]:
    """What became of them: `noticed`, `survived`, `untested`, `unreached` or `broken` → mutants."""
    CACHE.mkdir(parents=True, exist_ok=True)
    known, work, results = CACHE / "map.json", CACHE / "work.json", CACHE / "results.json"
    if fresh or not known.exists():
        pytest({"map": str(known)})
    there = json.loads(known.read_text())
    covering = [_soonest(there["lines"].get(one.file, {}).get(str(one.line), []), there["took"]) for one in found]
    tested = [(one, numbers) for one, numbers in zip(found, covering, strict=True) if numbers]
    work.write_text(
        json.dumps(
            {
                "mutants": [asdict(one) for one, _ in tested],
                "tests": [[there["tests"][number] for number in numbers] for _, numbers in tested],
                "seconds": [sum(there["took"][number] for number in numbers) for _, numbers in tested],
            }
        )
    )
    pytest({"work": str(work), "results": str(results)})
    ended: dict[str, list[Mutant]] = {
        "untested": [one for one, numbers in zip(found, covering, strict=True) if not numbers]
    }
    for (one, _), end in zip(tested, json.loads(results.read_text()), strict=True):
        ended.setdefault(end, []).append(one)
    return ended


def _soonest(numbers: list[int], took: list[float]) -> list[int]:
    """Of tests in the order of their length those that end within PATIENCE together, and the first in any case."""
    spent = list(accumulate(took[number] for number in numbers))
    return [number for place, number in enumerate(numbers) if place == 0 or spent[place] <= PATIENCE]


def judged(ended: dict[str, list[Mutant]], accepted: dict[str, str], *, whole: bool) -> int:
    """Print what is to be done; 1 if there is anything."""
    open_ = [one for end in ("survived", "untested", "broken") for one in ended.get(end, [])]
    new = [one for one in open_ if one.name not in accepted]
    for one in sorted(new, key=lambda one: (one.file, one.line)):
        print(f"{one.file}:{one.line} {one.function}: {one.text} -> {one.kind}")
    stale = sorted(set(accepted) - {one.name for one in open_}) if whole else []
    for name in stale:
        print(f"accepted, but noticed or gone: {name}")
    for line in table(ended, accepted):
        print(line)
    print(f"\n{len(new)} to be done, {len(open_) - len(new)} accepted with a reason, {len(stale)} stale")
    return int(bool(new or stale))


def table(ended: dict[str, list[Mutant]], accepted: dict[str, str]) -> list[str]:
    """What became of each package's mutants, as a table; of what survived, what has a reason counts as accepted."""
    counts: dict[str, Counter[str]] = {}
    for end, some in ended.items():
        for one in some:
            open_ = end in {"survived", "untested", "broken"}
            named = "accepted" if open_ and one.name in accepted else end
            counts.setdefault(package(one), Counter())[named] += 1
    lines = ["", "| package | mutants | noticed | accepted | survive | no test reaches |", "|---|---|---|---|---|---|"]
    for name, count in sorted(counts.items()):
        survive = count["survived"] + count["broken"]
        mutants_ = count.total() - count["unreached"]
        lines.append(
            f"| {name} | {mutants_} | {count['noticed']} | {count['accepted']} | {survive} | {count['untested']} |"
        )
    return lines


def package(mutant: Mutant) -> str:
    """The package of a mutant's file, of two levels at most: `storage`, `services/protocol`."""
    return "/".join(mutant.file.split("/")[2:-1][:2])


def main() -> int:
    """Run the mutants asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", help="parts of paths: only files that have one of them")
    parser.add_argument("--same-tests", action="store_true", help="tests did not change: use the last map of lines")
    asked = parser.parse_args()
    accepted: dict[str, str] = json.loads(ACCEPTED.read_text())
    ended = run(chosen(asked.parts), fresh=not asked.same_tests)
    return judged(ended, accepted, whole=not asked.parts)


if __name__ == "__main__":
    sys.exit(main())
