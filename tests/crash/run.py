"""Kill `omnipub up` many times: `python tests/crash/run.py --kills 100 --deliveries 1000 [--seed S]`.

Prints a table of what came out. Exit status 1 if a promise was broken, with the offending deliveries' stories;
the room with all data is kept then.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from crash.judge import Verdict
from crash.machine import DiedError
from crash.plan import Plan, draw, every_fault
from crash.trial import NeverAtRestError, Progress, Trial

EVERY = 10
"""Seconds between two lines of progress where no terminal shows it in place."""


class Ticker:
    """Says on standard error how far the trial is."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._began = self._last = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._began

    def __call__(self, progress: Progress) -> None:
        """Show it, in place on a terminal, else now and then."""
        live = sys.stderr.isatty()
        if not live and time.monotonic() - self._last < EVERY:
            return
        self._last = time.monotonic()
        line = f"{progress.kills} of {len(self._plan.lives)} kills, {progress.messages} messages, {self.seconds:.0f} s"
        line += f", {progress.restless} deliveries on their way" if progress.restless else ""
        sys.stderr.write(f"\r{line}\033[K" if live else f"{line}\n")


def report(plan: Plan, progress: Progress, verdict: Verdict, seconds: float) -> str:
    """The final table."""
    head = ("network", "published", "unconfirmed, out", "unconfirmed, not out", "sent again under one id")
    rows = [head, *(tuple(map(str, row)) for row in verdict.rows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    facts = [
        f"seed {plan.seed}: {plan.deliveries:,} deliveries of {progress.messages:,} messages in {seconds:.0f} s",
        f"{progress.kills} kills: {progress.killed_unborn} before it ran, {progress.cut_off} amid a request",
        f"{verdict.died} deliveries were met by a kill while somebody was at them",
        f"{verdict.stopped} that could be found out were left to a person, after three deaths or eight looks each",
        f"{len(verdict.broken)} promises broken",
    ]
    return "\n".join([*lines, "", *facts])


def main() -> int:
    """Run the trial asked for."""
    parser = argparse.ArgumentParser(prog="tests/crash/run.py", description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=_positive, default=100, metavar="N", help="default: 100")
    parser.add_argument("--deliveries", type=_positive, default=1000, metavar="N", help="default: 1000")
    parser.add_argument("--seed", type=int, default=int(time.time()), metavar="S", help="default: a new one")
    parser.add_argument("--accounts", type=_positive, default=4, metavar="N", help="of each network; default: 4")
    parser.add_argument("--clients", type=_positive, default=8, metavar="N", help="that ask at a time; default: 8")
    parser.add_argument("--longest", type=float, default=6.0, metavar="SECONDS", help="of a life; default: 6")
    asked = parser.parse_args()
    plan = draw(
        asked.seed,
        kills=asked.kills,
        deliveries=asked.deliveries,
        faults=every_fault(asked.seed),
        accounts=asked.accounts,
        seconds=(0.1, max(0.2, asked.longest)),
        unborn=0.1,
        hasty=0.25,
    )
    room = Path(tempfile.mkdtemp(prefix="omnipub-crash-"))
    ticker = Ticker(plan)
    with Trial(plan=plan, room=room, clients=asked.clients, tell=ticker) as trial:
        try:
            verdict = trial.run()
        except (DiedError, NeverAtRestError, AssertionError) as error:
            print(f"\nseed {plan.seed} after {ticker.seconds:.0f} s: {error}\nAll data: {room}")
            return 1
        print(f"\n{report(plan, trial.progress, verdict, ticker.seconds)}")
        for one in verdict.broken:
            print(f"\n{one.channel} of message {one.message}: {one.how}")
            if one.message is not None:
                print(trial.story(one.message))
    if verdict.broken:
        print(f"\nAll data: {room}")
        return 1
    shutil.rmtree(room)
    return 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
