"""Sixteen clients at one real `up`; `tests/crowd/run.py` is the long form."""

from datetime import timedelta
from pathlib import Path

from crowd.run import trial


def test_requests_of_many_clients_at_once_are_never_mixed_up(tmp_path: Path) -> None:
    assert trial(tmp_path, clients=16, requests=150, patience=timedelta(seconds=60)) == []
