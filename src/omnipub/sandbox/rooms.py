"""Which part of the sandbox answers a path: a network, the control plane, or the wall."""

from pathlib import Path

from omnipub.sandbox import bluesky, facebook, linkedin, telegram, trouble, wall, webhook
from omnipub.sandbox.control import PREFIX, Control
from omnipub.sandbox.database import Database
from omnipub.sandbox.dialect import Stock
from omnipub.sandbox.exchange import Answer, RefusalError, Request
from omnipub.sandbox.faults import Orders
from omnipub.sandbox.grants import Grants
from omnipub.sandbox.ledger import Ledger
from omnipub.sandbox.pictures import Pictures

DIALECTS = {room.DIALECT.network: room.DIALECT for room in (facebook, linkedin, webhook, bluesky, telegram)}


class Rooms:
    """Everything behind one data directory."""

    def __init__(self, directory: Path) -> None:
        self._database = Database(directory)
        self._stock = Stock(
            ledger=Ledger(self._database), pictures=Pictures(self._database), grants=Grants(self._database)
        )
        self._orders = Orders()
        self._control = Control(stock=self._stock, orders=self._orders, dialects=DIALECTS)

    def answer(self, request: Request, line: trouble.Line) -> Answer | trouble.Silence:
        """Answer a request, or say how to end its connection without one."""
        first = request.path[0]
        if first in DIALECTS:
            return trouble.serve(DIALECTS[first], request, stock=self._stock, orders=self._orders, line=line)
        try:
            if first == PREFIX:
                return self._control.answer(request)
            return wall.answer(request, self._stock, list(DIALECTS))
        except RefusalError as refusal:
            return refusal.answer

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()
