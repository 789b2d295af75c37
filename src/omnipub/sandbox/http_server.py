"""The sandbox over HTTP: reads requests, writes answers, and cuts connections where a fault says so."""

from pathlib import Path

from omnipub.loopback import server as loopback
from omnipub.loopback.connection import ClientConnection, ServerOptions
from omnipub.loopback.exchange import Head, Reply, pairs_of, problem
from omnipub.loopback.locks import Locks
from omnipub.sandbox.control_plane import PREFIX
from omnipub.sandbox.fault_effects import Silence
from omnipub.sandbox.http_exchange import SandboxAnswer, SandboxRequest, segments
from omnipub.sandbox.network import SandboxState
from omnipub.sandbox.routes import Routes
from omnipub.sandbox.sqlite_file import SqliteFile
from omnipub.sandbox.sqlite_images import SqlitePictures
from omnipub.sandbox.sqlite_ledger import SqliteLedger
from omnipub.sandbox.sqlite_tokens import SqliteGrants

BODY_BYTES = 64 * 1024 * 1024

CONNECTIONS = 512
"""At once; whoever is left hanging by order holds one."""

_READING = frozenset({"GET", "HEAD"})


class SandboxServer(loopback.LoopbackServer):
    """The sandbox on one port of this machine; `url` is where."""

    def __init__(
        self, directory: Path, port: int = 0, *, connections: int = CONNECTIONS, state: SandboxState | None = None
    ) -> None:
        self._file = SqliteFile(directory)
        self.routes = Routes(state or in_file(self._file))
        super().__init__(port, connections=connections)
        self._locks = Locks(self.server_port)

    def server_close(self) -> None:
        """Let go of the port and of the file."""
        super().server_close()
        self._file.close()

    def manner(self) -> ServerOptions:
        """What is done with requests."""
        return ServerOptions(
            name="omnipub-sandbox", most_bytes=BODY_BYTES, judge=self._refusal, answer=self._answer, broke=self.broke
        )

    def _refusal(self, head: Head) -> Reply | None:
        """Web pages are kept out of all of it.

        What changes the sandbox must be JSON, which no form can send.
        """
        refused = self._locks.refusal(head)
        if refused is not None:
            return refused
        if segments(head.path)[0] == PREFIX and head.method not in _READING and not _is_json(head):
            return problem(415, "Not JSON", "Send Content-Type: application/json.")
        return None

    def _answer(self, head: Head, body: bytes, connection: ClientConnection) -> Reply | None:
        request = SandboxRequest(
            method=head.method,
            path=segments(head.path),
            query=dict(pairs_of(head.query)),
            headers=head.headers,
            body=body,
            base_url=self.url,
        )
        answer = self.routes.answer(request, connection)
        if isinstance(answer, SandboxAnswer):
            return Reply(status=answer.status, headers=answer.headers, body=answer.body)
        if answer is Silence.RESET:
            connection.reset()
        return None


def in_file(file: SqliteFile) -> SandboxState:
    """The sandbox's state in one SQLite file."""
    return SandboxState(ledger=SqliteLedger(file), pictures=SqlitePictures(file), grants=SqliteGrants(file))


def _is_json(head: Head) -> bool:
    """Whether a body is announced as JSON; a request without one passes."""
    kind = head.headers.get("content-type", "").partition(";")[0].strip().lower()
    bodied = bool(head.headers.get("content-length", "0").strip("0")) or "transfer-encoding" in head.headers
    return kind == "application/json" or not (kind or bodied)
