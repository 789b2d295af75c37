"""The whole system on one machine, running: gateway, engines, and beside them the sandbox."""

import os
import threading
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Self

import omnipub.adapters.http.loopback  # noqa: F401  the first post does not wait for this
from omnipub.adapters.local.place import DirectoryPlace, state_of
from omnipub.adapters.local.sqlite.delay import SqliteDelay
from omnipub.adapters.local.sqlite.stream import SqliteStream
from omnipub.adapters.system.clock import SystemClock
from omnipub.adapters.system.threads import WorkerPoolThreads
from omnipub.adapters.system.worker_pool import WorkerPool
from omnipub.config import Mode, Settings
from omnipub.errors import ConflictError, GateClosedError, OmnipubError
from omnipub.handlers import delay_consumer, scheduler, worker
from omnipub.handlers.api import app
from omnipub.handlers.api.hint_sentences import sentence
from omnipub.names import LOCAL_OWNER
from omnipub.onebox.data_directory import RunningInstance, alone, api_token, note_running, now_text, sound
from omnipub.onebox.delay_timer import DelayTimer
from omnipub.onebox.file_permissions import mend
from omnipub.onebox.gateway import Gateway
from omnipub.onebox.loops import Loops
from omnipub.onebox.notice_loop import NoticeLoop
from omnipub.onebox.sandbox_process import SandboxProcess, connect_all
from omnipub.onebox.storage_alert import Say
from omnipub.onebox.stream_consumer import Given
from omnipub.onebox.tick_timer import TickTimer
from omnipub.services.accounts.secret_url_migration import SecretUrlMigration
from omnipub.services.notify.notices import Words
from omnipub.wiring.assemble import System
from omnipub.wiring.local import one_machine

SIGNAL_SECONDS = 0.5
"""So late a signal is noticed at most."""

PATIENCE = timedelta(seconds=30)
"""How long a stop waits for what is being sent. What is cut off then is found out after the restart."""


class OneMachine:
    """The system on one machine. Start it, use its address, stop it; or use it in a `with`.

    Attributes:
        address: Where the API listens.
        token: What the API asks for as Authorization: Bearer.
        sandbox_url: Where the sandbox answers; empty when live.
        system: The services.
        mended: How many files an earlier release had left open to others, and that are closed now.
    """

    address: str
    token: str
    sandbox_url: str
    system: System
    mended: int = 0

    def __init__(
        self,
        settings: Settings,
        *,
        port: int = 0,
        sandbox_port: int = 0,
        sandbox_url: str = "",
        clock: SystemClock | None = None,
        say: Say = lambda _: None,
        words: Words = sentence,
    ) -> None:
        """Nothing runs yet.

        Args:
            settings: Of the data directory.
            port: Of the API; 0 for any.
            sandbox_port: Of the sandbox; 0 for the one it had before, or any.
            sandbox_url: A sandbox that runs already; else one is started beside the system.
            clock: Another clock than the machine's.
            say: Told when storage is in trouble, and when that is over.
            words: How a notice words what to do next.
        """
        self._settings = settings
        self._clock = clock or SystemClock()
        self._say = say
        self._words = words
        self._port = port
        self._sandbox_port = sandbox_port
        self.sandbox_url = sandbox_url
        self._open = ExitStack()
        self._ended = threading.Event()

    def start(self) -> None:
        """Start everything, or nothing.

        Raises:
            ConflictError: Another one runs on this data directory, or the port is taken.
        """
        try:
            self._start()
        except BaseException:
            self._open.close()
            raise

    def stop(self) -> None:
        """Stop cleanly: no new work, what is being sent ends, files are closed."""
        self._open.close()
        self._ended.set()

    def wait(self) -> None:
        """Return when it has been stopped.

        It waits in short pieces. A signal that another thread receives does not end a wait of the main thread. And
        Python runs its handler only there.
        """
        while not self._ended.wait(SIGNAL_SECONDS):
            pass

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self) -> None:
        data = Path(self._settings.data)
        self._open.enter_context(alone(data))
        self.mended = mend(data, state_of(self._settings))
        sound(data)
        if self._settings.mode is Mode.SANDBOX and not self.sandbox_url:
            sandbox = SandboxProcess(data / "sandbox", self._sandbox_port)
            sandbox.start()
            self._open.callback(sandbox.stop)
            self.sandbox_url = sandbox.url
        pool: WorkerPool[Given] = WorkerPool(slots=self._settings.slots)
        settings = replace(self._settings, sandbox_url=self.sandbox_url)
        self.system = one_machine(settings, clock=self._clock, threads=WorkerPoolThreads(pool))
        self._open.callback(self.system.close)
        try:
            self.system.gate.enter()
        except GateClosedError:
            NoticeLoop(self.system, self._words).once()
            raise
        # What was copied while it ran is behind from its end on, not from the next start only.
        self._open.callback(self._leave)
        SecretUrlMigration(accounts=self.system.accounts).of(LOCAL_OWNER)
        if self.sandbox_url:
            connect_all(self.system, self.sandbox_url)
        self.token = api_token(data)
        gateway = self._listen()
        self._turn(pool)
        serving = threading.Thread(target=gateway.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        serving.start()
        self._open.callback(gateway.server_close)
        self._open.callback(gateway.shutdown)
        note_running(
            data,
            RunningInstance(
                pid=os.getpid(),
                address=self.address,
                mode=self._settings.mode,
                since=now_text(),
                sandbox_url=self.sandbox_url,
            ),
        )

    def _stop_engines(self, engines: Loops) -> None:
        place = self.system.world.place
        if not engines.stop(patience=PATIENCE) and isinstance(place, DirectoryPlace):
            place.keep_until_exit()  # what is still being sent is not dead, and a start would take it for that

    def _heard(self, notices: NoticeLoop, trouble: OmnipubError | None) -> None:
        notices.storage(trouble)
        self._say(trouble)

    def _leave(self) -> None:
        with suppress(OmnipubError):  # the next start moves the epoch as well
            self.system.gate.move()

    def _listen(self) -> Gateway:
        try:
            gateway = Gateway(app.build(self.system), self.token, self._port)
        except OSError as error:
            raise ConflictError(
                f"Port {self._port} on 127.0.0.1 is taken.", hint="Choose another with --port, or 0 for any."
            ) from error
        self.address = gateway.address
        return gateway

    def _turn(self, pool: WorkerPool[Given]) -> None:
        stream, delay = self.system.world.stream, self.system.world.delay
        if not (isinstance(stream, SqliteStream) and isinstance(delay, SqliteDelay)):
            raise AssertionError("one machine has its stream and its delay queue in SQLite")  # noqa: TRY004  a broken promise of ours, not a wrong argument
        notices = NoticeLoop(self.system, self._words)
        engines = Loops(
            stream=stream,
            timer=DelayTimer(delay, delay_consumer.build(self.system), now=self._clock.now, lead=self._settings.lead),
            worker=worker.build(self.system),
            scheduler=scheduler.build(self.system),
            pool=pool,
            tick_timer=TickTimer(self._clock.now),
            say=lambda trouble: self._heard(notices, trouble),
        )
        engines.start()
        self._open.callback(self._stop_engines, engines)
        notices.start()
        self._open.callback(notices.stop)
        self._open.callback(self._clock.stop)
