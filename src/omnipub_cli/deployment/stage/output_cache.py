"""What was last seen of stages, in this user's cache: names change only by a deployment."""

import json
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from omnipub import user_directories
from omnipub.strict_json import loads
from omnipub_cli.deployment.stage.stack_outputs import Outputs
from omnipub_cli.deployment.wall_clock import now as this_moment

LIFE = timedelta(minutes=5)
"""What was seen longer ago is asked for again."""


class OutputCache:
    """The copy of one stage's outputs; a cache that cannot be written is none, and nothing else is lost."""

    def __init__(
        self,
        *,
        account: str,
        region: str,
        stage: str,
        now: Callable[[], datetime] = this_moment,
        home: Path | None = None,
    ) -> None:
        self._file = (home or user_directories.cache() / "stages") / f"{account}-{region}-{stage}.json"
        self._now = now

    def read(self) -> Outputs | None:
        """What was seen in the last minutes; None if nothing was, or it cannot be read."""
        try:
            document = loads(self._file.read_text(), lenient=True)
            age = self._now() - datetime.fromisoformat(document["at"])
            outputs = {
                str(short): {str(k): str(v) for k, v in values.items()} for short, values in document["outputs"].items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return outputs if timedelta(0) <= age < LIFE else None

    def write(self, outputs: Outputs) -> None:
        """Keep what was seen now; the file is there whole or as it was before."""
        document = {
            "at": self._now().isoformat(),
            "outputs": {short: dict(values) for short, values in outputs.items()},
        }
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, aside = tempfile.mkstemp(prefix=".", dir=self._file.parent)
            try:
                with os.fdopen(handle, "w") as file:
                    json.dump(document, file)
                Path(aside).replace(self._file)
            finally:
                Path(aside).unlink(missing_ok=True)

    def drop(self) -> None:
        """Forget it."""
        with suppress(OSError):
            self._file.unlink(missing_ok=True)
