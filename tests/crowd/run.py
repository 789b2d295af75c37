"""Many clients at one `omnipub up`: `python tests/crowd/run.py --clients 32 --requests 1000`.

Each request has its own Idempotency-Key and body, every fifth an image, and is sent again once all were answered.
Exit status 1 if a request was refused, two were mixed up, or the networks count anything but one post for each.
"""

import argparse
import shutil
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from crash.machine import Machine
from crowd.crowd import Address, broken, come_to_rest, publish


def main() -> int:
    """Run the crowd asked for."""
    parser = argparse.ArgumentParser(prog="tests/crowd/run.py", description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=32, metavar="N", help="default: 32")
    parser.add_argument("--requests", type=int, default=1000, metavar="N", help="default: 1000")
    asked = parser.parse_args()
    room = Path(tempfile.mkdtemp(prefix="omnipub-crowd-"))
    began = time.monotonic()
    told = trial(room, clients=asked.clients, requests=asked.requests, patience=timedelta(minutes=10))
    print("\n".join(told))
    print(f"{asked.requests:,} requests of {asked.clients} clients, each twice, in {time.monotonic() - began:.0f} s")
    print(f"{len(told)} promises broken" + (f"; all data: {room}" if told else ""))
    if not told:
        shutil.rmtree(room)
    return int(bool(told))


def trial(room: Path, *, clients: int, requests: int, patience: timedelta) -> list[str]:
    """Start `up` in a room of its own, let the crowd at it, and end it; each promise that was broken."""
    machine = Machine(room / "data", {})
    machine.start()
    try:
        machine.wait_until_it_runs()
        where = Address(api=machine.address, token=machine.token, sandbox=machine.sandbox)
        answered = publish(where, clients=clients, requests=requests)
        come_to_rest(where, requests, patience=patience)
        told = broken(where, answered)
    finally:
        machine.kill()
        machine.bury()
    if errors := machine.errors.read_text():
        told.append(f"`up` wrote to standard error: {errors[:500]}")
    return told


if __name__ == "__main__":
    sys.exit(main())
