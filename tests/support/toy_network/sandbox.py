"""Toy in the sandbox."""

from omnipub.sandbox.http_exchange import Answer, RefusalError, Request, json_answer
from omnipub.sandbox.ledger import Draft
from omnipub.sandbox.network import Dialect, Endpoint, Place, Stock, Trouble, Twist

NETWORK = "toy"


def place(request: Request, _stock: Stock) -> Place | None:
    """Texts are all it takes."""
    match (request.method, *request.path):
        case ("POST", _, "accounts", account, "texts"):
            return Place(account, Endpoint.PUBLISH)
    return None


def answer(request: Request, stock: Stock, _twist: Twist) -> Answer:
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
        Trouble.THROTTLED: lambda _account, wait: json_answer({}, status=429, headers={"Retry-After": str(wait)}),
        Trouble.BROKEN: lambda _account, _wait: json_answer({}, status=500),
        Trouble.EXPIRED: lambda _account, _wait: json_answer({}, status=401),
        Trouble.REJECTED: lambda _account, _wait: json_answer({}, status=400),
    },
    without_id=lambda _answer: json_answer({}),
    lists=False,
)
