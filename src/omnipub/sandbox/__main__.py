"""Start the sandbox: `python -m omnipub.sandbox --data DIR [--port N] [--exit-with-parent]`."""

import argparse
import json
import os
import signal
import sys
from pathlib import Path
from threading import Event, Thread

from omnipub import private_files
from omnipub.adapters.local.lock import TAKEN, LockTakenError, locked
from omnipub.sandbox.http_server import SandboxServer

LOCK = "sandbox.lock"
PATIENCE = 2.0
"""Seconds; the sandbox of an `up` that was killed needs a moment to notice."""


def main() -> None:
    """Serve until told to end; the first line on stdout is {"url": ...}."""
    parser = argparse.ArgumentParser(prog="python -m omnipub.sandbox", description="Networks on this machine.")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="where the count is kept")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="0 takes any free port (default)")
    parser.add_argument("--exit-with-parent", action="store_true", help="end when stdin ends")
    arguments = parser.parse_args()

    ended = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    private_files.directory(arguments.data)
    try:
        with locked(arguments.data / LOCK, patience=PATIENCE):
            _serve(arguments, ended)
    except LockTakenError:
        sys.stderr.write(f"A sandbox already runs on {arguments.data}. Stop it, or name another directory.\n")
        sys.exit(TAKEN)


def _serve(arguments: argparse.Namespace, ended: Event) -> None:
    server = SandboxServer(arguments.data, arguments.port)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    if arguments.exit_with_parent:
        Thread(target=_wait_for_parent, args=(ended,), daemon=True).start()
    print(json.dumps({"url": server.url}), flush=True)  # noqa: T201 - how a parent learns the port
    ended.wait()
    server.shutdown()
    server.server_close()


def _wait_for_parent(ended: Event) -> None:
    """The end of stdin is the one sign that also a killed parent gives."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    ended.set()


if __name__ == "__main__":
    main()
