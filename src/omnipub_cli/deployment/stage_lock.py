"""One lock per stage: whoever changes the stage holds an object in CDK's bucket, and renews it.

A lock that is not renewed any more was left by a run that was killed. It may be taken over. Its age is measured by the
store's own clock, so that clocks of two machines need not agree.
"""

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from omnipub.domain.timestamps import to_text
from omnipub.errors import ConflictError, OmnipubError
from omnipub.strict_json import loads
from omnipub_cli.deployment.ports import HeldObject, ObjectStore

NAME = "lock/holder.json"
RENEW_EVERY = 30.0
LIFE = 120.0
"""Seconds after which a lock that was not renewed belongs to nobody."""

LOOK_EVERY = 5.0


@dataclass(kw_only=True)
class StageLock:
    """The lock of one stage, as one run sees it.

    Attributes:
        by: Whose credentials these are.
        what: What the run does, in words that follow `is being`: deployed, rolled back, destroyed.
        wait: Sleeps so many seconds.
    """

    store: ObjectStore
    stage: str
    by: str
    what: str
    now: Callable[[], datetime]
    wait: Callable[[float], None]
    say: Callable[[str], None]
    _tag: str = ""
    _writes: int = 0
    _holder: dict[str, Any] = field(default_factory=dict)
    _writing: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock while the body runs.

        Raises:
            ConflictError: Another run holds it.
        """
        run = secrets.token_hex(8)
        self._holder = {"by": self.by, "what": self.what, "at": to_text(self.now()), "run": run}
        self._take()
        ended = threading.Event()
        renewing = threading.Thread(target=self._renew, args=(ended,), name="stage lock", daemon=True)
        renewing.start()
        try:
            yield
        finally:
            ended.set()
            renewing.join(timeout=RENEW_EVERY)
            self._release()

    def confirm(self) -> None:
        """Renew the lock now: asked before anything is changed.

        Raises:
            ConflictError: Another run has it, because this one did not renew it for too long.
        """
        with self._writing:
            tag = self._write(self._tag)
            if tag is None:
                raise ConflictError(
                    f"Another run took the lock of stage {self.stage} while this one stood still; nothing more is "
                    "begun.",
                    hint=f"See what goes on: omnipub status --stage {self.stage}",
                )
            self._tag = tag

    def _take(self) -> None:
        last_tag = ""
        while True:
            there = self.store.held(NAME)
            if there is None or _is_free(there) or there.age >= LIFE:
                if there and not _is_free(there):
                    self.say(f"{_who(there)} has not renewed its lock for {there.age:.0f} s: it is taken over.")
                tag = self._write(there.tag if there else "")
                if tag is not None:
                    self._tag = tag
                    return
                continue  # somebody was faster: look who
            if last_tag and there.tag != last_tag:
                raise ConflictError(
                    f"Stage {self.stage} is being {_document(there).get('what', 'changed')}: {_who(there)} still runs. "
                    "Nothing was changed.",
                    hint=f"Wait for its end, then type the same again: omnipub status --stage {self.stage}",
                )
            if not last_tag:
                self.say(f"{_who(there)} holds stage {self.stage}; looking whether it still runs …")
            last_tag = there.tag
            self.wait(LOOK_EVERY)

    def _write(self, tag: str, *, free: bool = False) -> str | None:
        """Write the lock on the condition of its tag; its new tag, None if somebody else has written it.

        S3's tag is a digest of the body: so each body is another one. A write whose answer was lost and that was sent
        again meets its own tag; what is there then tells.
        """
        self._writes += 1
        body = json.dumps({**self._holder, "write": self._writes, "free": free})
        written = self.store.swap(NAME, body, tag=tag)
        if written is None:
            there = self.store.held(NAME)
            return there.tag if there and there.body == body else None
        return written

    def _renew(self, ended: threading.Event) -> None:
        while not ended.wait(RENEW_EVERY):
            try:
                self.confirm()
            except ConflictError:
                return  # what comes next confirms it, and hears it then
            except OmnipubError:
                continue  # AWS did not answer; four of these have to fail before the lock is anybody's

    def _release(self) -> None:
        """Leave the lock to the next run; one that somebody took over is theirs."""
        try:
            with self._writing:
                self._write(self._tag, free=True)
        except OmnipubError:
            self.say(f"The lock of stage {self.stage} could not be given back; it ends by itself in {LIFE:.0f} s.")


def _document(there: HeldObject) -> dict[str, Any]:
    return dict(loads(there.body, lenient=True))


def _is_free(there: HeldObject) -> bool:
    return bool(_document(there).get("free"))


def _who(there: HeldObject) -> str:
    holder = _document(there)
    return f"The run that {holder.get('by', 'somebody')} began at {holder.get('at', 'an unknown time')}"
