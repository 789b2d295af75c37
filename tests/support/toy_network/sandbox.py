"""Toy in the sandbox."""

from omnipub.sandbox.http_exchange import RefusalError, SandboxAnswer, SandboxRequest, json_answer
from omnipub.sandbox.ledger import Draft
from omnipub.sandbox.network import Dialect, Endpoint, FaultAnswer, PostChange, RequestTarget, SandboxState

NETWORK = "toy"


def place(request: SandboxRequest, _stock: SandboxState) -> RequestTarget | None:
    """Texts are all it takes."""
    match (request.method, *request.path):
        case ("POST", _, "accounts", account, "texts"):
            return RequestTarget(account, Endpoint.PUBLISH)
    return None


def answer(request: SandboxRequest, stock: SandboxState, _twist: PostChange) -> SandboxAnswer:
    """Take a text."""
    where = place(request, stock)
    if where is None or stock.ledger.token(NETWORK, where.account) != request.bearer:
        raise RefusalError(json_answer({"error": "That is not for you."}, status=403))
    body = request.json()
    if not (isinstance(body, dict) and set(body) == {"text"} and isinstance(body["text"], str)):
        raise RefusalError(json_answer({"error": "Send a text, and nothing else."}, status=400))
    draft = Draft(network=NETWORK, account=where.account, name=lambda number: f"toy-{number}", text=body["text"])
    return json_answer({"id": stock.ledger.add(draft).id})


DIALECT = Dialect(
    network=NETWORK,
    place=place,
    answer=answer,
    troubles={
        FaultAnswer.THROTTLED: lambda _account, wait: json_answer({}, status=429, headers={"Retry-After": str(wait)}),
        FaultAnswer.BROKEN: lambda _account, _wait: json_answer({}, status=500),
        FaultAnswer.EXPIRED: lambda _account, _wait: json_answer({}, status=401),
        FaultAnswer.REJECTED: lambda _account, _wait: json_answer({}, status=400),
    },
    without_id=lambda _answer: json_answer({}),
    lists=False,
)
