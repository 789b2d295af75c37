"""Which part of the sandbox answers a path: a network, the control plane, or the wall."""

from omnipub.sandbox import fault_effects, wall
from omnipub.sandbox.control_plane import PREFIX, Control
from omnipub.sandbox.faults import Orders
from omnipub.sandbox.http_exchange import RefusalError, SandboxAnswer, SandboxRequest
from omnipub.sandbox.network import SandboxState
from omnipub.sandbox.registry import DIALECTS


class Routes:
    """Everything behind one state."""

    def __init__(self, state: SandboxState) -> None:
        self._stock = state
        self._orders = Orders()
        self._control = Control(stock=state, orders=self._orders, dialects=DIALECTS)

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
