"""Which part of the sandbox answers a path: a network, the control plane, or the wall."""

from pathlib import Path

from omnipub.sandbox import fault_effects, wall
from omnipub.sandbox.control_plane import PREFIX, Control
from omnipub.sandbox.faults import Orders
from omnipub.sandbox.http_exchange import RefusalError, SandboxAnswer, SandboxRequest
from omnipub.sandbox.image_uploads import Pictures
from omnipub.sandbox.ledger import Ledger
from omnipub.sandbox.network import SandboxState
from omnipub.sandbox.registry import DIALECTS
from omnipub.sandbox.sqlite_file import SqliteFile
from omnipub.sandbox.tokens import Grants


class Routes:
    """Everything behind one data directory."""

    def __init__(self, directory: Path) -> None:
        self._database = SqliteFile(directory)
        self._stock = SandboxState(
            ledger=Ledger(self._database), pictures=Pictures(self._database), grants=Grants(self._database)
        )
        self._orders = Orders()
        self._control = Control(stock=self._stock, orders=self._orders, dialects=DIALECTS)

    def answer(self, request: SandboxRequest, line: fault_effects.ClientLine) -> SandboxAnswer | fault_effects.Silence:
        """Answer a request, or say how to end its connection without one."""
        first = request.path[0]
        if first in DIALECTS:
            return fault_effects.serve(DIALECTS[first], request, stock=self._stock, orders=self._orders, line=line)
        try:
            if first == PREFIX:
                return self._control.answer(request)
            return wall.answer(request, self._stock, DIALECTS)
        except RefusalError as refusal:
            return refusal.answer

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()
