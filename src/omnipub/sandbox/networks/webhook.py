"""A Standard Webhooks receiver: who signed a delivery, whether it is fresh, whether it came before."""

import base64
import binascii
import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from omnipub.sandbox import shapes
from omnipub.sandbox.http_exchange import RefusalError, SandboxAnswer, SandboxRequest, json_answer
from omnipub.sandbox.ledger import Draft
from omnipub.sandbox.network import Dialect, Endpoint, FaultAnswer, PostChange, RequestTarget, SandboxState

NETWORK = "webhook"
TOLERANCE_SECONDS = 300
SECRET = r"whsec_[A-Za-z0-9+/]{32,86}={0,2}"  # noqa: S105 - a pattern, not a secret
"""24 to 64 random bytes in base64."""

_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
_ID = re.compile(r"[^.\s]+")  # a dot would make two readings of what was signed possible
_PAYLOAD = shapes.fields({"type": shapes.text(pattern=r"[\w.]+"), "timestamp": shapes.text(), "data": shapes.mapping})


def place(request: SandboxRequest, _stock: SandboxState) -> RequestTarget | None:
    """Every endpoint is an account, and deliveries are all it takes."""
    match (request.method, *request.path):
        case ("POST", _, endpoint):
            return RequestTarget(endpoint, Endpoint.PUBLISH)
    return None


def answer(request: SandboxRequest, stock: SandboxState, _twist: PostChange) -> SandboxAnswer:
    """Take a delivery; one that came before is welcome again, and counted as a repeat."""
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
        text=_word(data, "text"),
        link=_word(data, "link"),
        media=_media(data),
        sent=payload,
    )
    new = stock.ledger.add_if_absent(draft, id=delivery)
    return json_answer({"received": delivery, "repeat": not new})


def _verified(request: SandboxRequest, secret: str) -> str:
    """The id of a delivery that its sender signed within the last minutes."""
    delivery, timestamp, signatures = (request.headers.get(name, "") for name in _HEADERS)
    if not (delivery and timestamp and signatures):
        raise _refused(400, f"The headers {', '.join(_HEADERS)} are required.")
    if not _ID.fullmatch(delivery) or not re.fullmatch(r"[0-9]{1,12}", timestamp):
        raise _refused(400, "webhook-id must have no dots or spaces, and webhook-timestamp must be unix seconds.")
    if abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        raise _refused(401, f"webhook-timestamp is more than {TOLERANCE_SECONDS} s away from now.")
    signed = f"{delivery}.{timestamp}.".encode() + request.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = hmac.new(key, signed, hashlib.sha256).digest()
    if not any(hmac.compare_digest(expected, given) for given in _signatures(signatures)):
        raise _refused(401, "No v1 signature fits this endpoint's secret.")
    return delivery


def _signatures(header: str) -> list[bytes]:
    """The v1 signatures of the header; other versions are for other receivers."""
    found = []
    for entry in header.split():
        version, _, encoded = entry.partition(",")
        if version == "v1":
            try:
                found.append(base64.b64decode(encoded, validate=True))
            except binascii.Error:
                continue
    return found


def _payload(request: SandboxRequest) -> dict[str, Any]:
    try:
        payload = request.json()
        problems = _PAYLOAD(payload, "")
        if problems:
            raise _refused(400, f"The body does not fit: {shapes.sentence(problems)}.")
        assert isinstance(payload, dict)  # noqa: S101 - the shape has just said so
        datetime.fromisoformat(payload["timestamp"])
    except ValueError as error:
        raise _refused(400, f"The body is not JSON with an ISO 8601 timestamp: {error}.") from error
    return payload


def _word(data: Mapping[str, object], name: str) -> str:
    value = data.get(name)
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def _media(data: Mapping[str, object]) -> list[dict[str, str]]:
    """The addresses under `media`, each alone or as {url, alt}; senders are free in what else they put there."""
    media = data.get("media")
    items = media if isinstance(media, list) else []
    described = [item if isinstance(item, dict) else {"url": item} for item in items]
    return [{"url": _word(item, "url"), "alt": _word(item, "alt")} for item in described if _word(item, "url")]


def _error(status: int, sentence: str, *, headers: Mapping[str, str] | None = None) -> SandboxAnswer:
    return json_answer({"error": sentence}, status=status, headers=headers)


def _refused(status: int, sentence: str) -> RefusalError:
    return RefusalError(_error(status, sentence))


DIALECT = Dialect(
    network=NETWORK,
    place=place,
    answer=answer,
    troubles={
        FaultAnswer.THROTTLED: lambda _account, wait: _error(
            429, "Too many deliveries.", headers={"Retry-After": str(wait)}
        ),
        FaultAnswer.BROKEN: lambda _account, _wait: _error(500, "Something went wrong inside."),
        FaultAnswer.EXPIRED: lambda _account, _wait: _error(401, "This endpoint's secret was replaced."),
        FaultAnswer.REJECTED: lambda _account, _wait: _error(410, "This endpoint is gone for good."),
    },
    token=SECRET,
    lists=False,  # a receiver cannot be asked what it has
    colour=("#7a5cc0", "#b39bea"),
)
