"""A Standard Webhooks receiver: who signed a delivery, whether it is fresh, whether it came before."""

from omnipub.sandbox import shapes
from omnipub.sandbox.dialect import Endpoint, Place, Stock, Twist
from omnipub.sandbox.exchange import Answer, Request, json_answer
from omnipub.sandbox.ledger import Draft

NETWORK = "webhook"
TOLERANCE_SECONDS = 300
_PAYLOAD = shapes.fields(
    {"type": shapes.text(pattern=r"[\w.]+"), "timestamp": shapes.text(), "data": shapes.fields({})}
)


def place(request: Request, _stock: Stock) -> Place | None:
    """Every endpoint is an account, and all it takes are deliveries."""
    match (request.method, *request.path):
        case ("POST", _, endpoint):
            return Place(endpoint, Endpoint.PUBLISH)
    return None


def answer(request: Request, stock: Stock, _twist: Twist) -> Answer:
    """Take a delivery; one that came before is welcome again and counted as a repeat."""
    where = place(request, stock)
    secret = stock.ledger.token(NETWORK, where.account) if where else None
    if where is None or secret is None:
        raise _refused(404, "There is no such endpoint.")
    delivery = _verified(request, secret)
    payload = _payload(request)
    data = payload["data"]
    draft = Draft(
        network=NETWORK,
        account=where.account,
        name=lambda _number: delivery,
        text=_text(data, "text"),
        link=_text(data, "link"),
        media=_media(data),
        sent=payload,
    )
    new = stock.ledger.add_unless_seen(draft, id=delivery)
    return json_answer({"received": delivery, "repeat": not new})
