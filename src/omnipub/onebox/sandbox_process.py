"""The sandbox beside the system: its process, and one connected account on each of its networks."""

import json
import secrets
import shlex
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from omnipub import private_files
from omnipub.adapters.local.lock import TAKEN
from omnipub.config import variable
from omnipub.domain.conversation import Request, Secret
from omnipub.domain.ids import network_of
from omnipub.errors import ConfigurationError, ConflictError
from omnipub.names import LOCAL_OWNER
from omnipub.strict_json import loads
from omnipub.wiring.assemble import System

STARTS_WITHIN = 20
_CREATED = 201


class SandboxProcess:
    """The sandbox as a process of its own, which ends with us and whose count is on disk."""

    def __init__(self, data: Path, port: int = 0) -> None:
        self._data = data
        self._port = port
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> None:
        """Start it, on the port it had before if that is free."""
        note = private_files.directory(self._data) / "port"
        before = self._port or (int(note.read_text()) if note.exists() else 0)
        for port in dict.fromkeys((before, 0)):
            if self._try(port):
                private_files.file(note).write_text(self.url.rpartition(":")[2])
                return
            if self._port:
                break
        raise ConfigurationError(
            "The sandbox did not start.",
            hint=f"See why: {shlex.quote(sys.executable)} -m omnipub.sandbox --data {shlex.quote(str(self._data))}",
        )

    def stop(self) -> None:
        """End it."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process = None

    def _try(self, port: int) -> bool:
        command = [sys.executable, "-m", "omnipub.sandbox", "--data", str(self._data), "--port", str(port)]
        self._process = subprocess.Popen(  # noqa: S603  our own module
            [*command, "--exit-with-parent"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # Ctrl-C in the terminal is for us; we end the sandbox ourselves
        )
        line = self._process.stdout.readline() if self._process.stdout else ""
        try:
            self.url = loads(line, lenient=True)["url"]
        except (ValueError, KeyError):
            taken = self._process.wait(STARTS_WITHIN) == TAKEN if not line else False
            self.stop()
            if taken:
                raise ConflictError(
                    f"A sandbox already runs on {self._data}.",
                    hint=f"Stop it, or use it: set {variable('sandbox_url')} to its address, http://127.0.0.1:PORT.",
                ) from None
            return False
        return True


def connect_all(system: System, url: str) -> None:
    """Connect the local owner to one account of each network, with tokens made for this start.

    A name that stands for an account of the owner's own is left to it.
    """
    for network, channel in system.channels.items():
        account = channel.sandbox_account
        known = system.accounts.find(LOCAL_OWNER, network)
        if known is not None and account.id not in {known.account, *known.also}:
            continue
        connect(system, url, channel=network, account=account.id, title=account.title or f"Sandbox {channel.title}")


def connect(
    system: System,
    url: str,
    *,
    channel: str,
    account: str,
    title: str = "",
    owner: str = LOCAL_OWNER,
    ask: bool = False,
) -> None:
    """Register an account at the sandbox and connect an owner to it, the local one unless another is named.

    With `ask` the sandbox says who the account is, as its network would.
    """
    name = network_of(channel)
    network = system.channels[name]
    token = network.sandbox_account.token(secrets.token_bytes(32))
    _open(system, url, {"network": name, "account": account, "token": token})
    base = f"{url}/{name}" if network.base_url else f"{url}/{name}/{account}"
    identity = system.connecting.identity(channel, account, Secret(token), base_url=base) if ask else None
    system.accounts.connect(
        owner=owner,
        channel=channel,
        account=account,
        title=title or (identity.title if identity else ""),
        network_id=identity.id if identity else "",
        token=Secret(token),
        base_url=base,
        named=True,
    )


def _open(system: System, url: str, account: dict[str, str]) -> None:
    """Open an account at the sandbox, the way posts go to it.

    On AWS it has no address of its own.
    """
    request = Request(method="POST", url=f"{url}/_sandbox/accounts", json=account, total_timeout=STARTS_WITHIN)
    answer = system.world.send.send(request, system.world.media.bytes_of)
    if answer.status != _CREATED:
        raise ConfigurationError(f"The sandbox did not open an account: it answered {answer.status}.")


def control(url: str, what: str, order: dict[str, Any] | None = None, *, method: str | None = None) -> Any:
    """One call of the sandbox's control plane; its JSON answer. `method` is POST with an order and GET without."""
    data = None if order is None else json.dumps(order).encode()
    request = urllib.request.Request(  # noqa: S310  the sandbox's own address
        f"{url}/_sandbox/{what}", data=data, headers={"Content-Type": "application/json"}, method=method
    )
    with urllib.request.urlopen(request, timeout=STARTS_WITHIN) as answer:  # noqa: S310  likewise
        return loads(answer.read(), lenient=True)
