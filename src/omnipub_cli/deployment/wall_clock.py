"""The clock of deployments: this moment, and waiting."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def wait(seconds: float) -> None:
    """Sleep."""
    time.sleep(seconds)
