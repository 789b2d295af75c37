"""The control plane under /_sandbox/: open accounts, read the count, order faults."""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from urllib.parse import quote

from omnipub.sandbox import shapes
from omnipub.sandbox.faults import KINDS, Orders, UnknownOrderError, read_order
from omnipub.sandbox.http_exchange import RefusalError, SandboxAnswer, SandboxRequest, json_answer
from omnipub.sandbox.ledger import Post, totals
from omnipub.sandbox.network import Dialect, SandboxState
from omnipub.sandbox.tokens import Grant

PREFIX = "_sandbox"
_DEFAULT_LIMIT = 100
_ACCOUNT_NAME = r"[^/\s]+"
_ACCOUNT = shapes.fields({"network": shapes.text(), "account": shapes.text()})
_WORD = shapes.text(pattern=r"\S+")
_RENEWAL = shapes.fields(
    {
        "refresh_token": _WORD,
        "client_id": _WORD,
        "client_secret": _WORD,
        "expires_in": shapes.number(1, 366 * 86_400, whole=True),
    }
)


@dataclass(frozen=True, kw_only=True)
class Control:
    """Everything the control plane can reach."""

    stock: SandboxState
    orders: Orders
    dialects: Mapping[str, Dialect]

    def answer(self, request: SandboxRequest) -> SandboxAnswer:
        """Do what a request under the prefix asks."""
        action = _ACTIONS.get((request.method, "/".join(request.path[1:])))
        if action is None:
            known = ", ".join(f"{method} /{PREFIX}/{name}" for method, name in _ACTIONS)
            raise _refused(f"There is: {known}.", status=404)
        return action(self, request)


def _refused(sentence: str, *, status: int = 400) -> RefusalError:
    return RefusalError(json_answer({"error": sentence}, status=status))


def _body(request: SandboxRequest) -> object:
    try:
        return request.json()
    except ValueError as error:
        raise _refused(f"The body is not JSON: {error}.") from error


def _open_account(control: Control, request: SandboxRequest) -> SandboxAnswer:
    body = _body(request)
    shape = shapes.fields(
        {
            "network": shapes.text(*control.dialects),
            "account": shapes.text(pattern=_ACCOUNT_NAME),
            "token": shapes.text(pattern=r"\S+"),
        },
        {"renewal": _RENEWAL},
    )
    problems = shape(body, "")
    if problems:
        raise _refused(f"{shapes.sentence(problems)}.")
    assert isinstance(body, dict)  # noqa: S101 - the shape has just said so
    expected = control.dialects[body["network"]].token
    if not re.fullmatch(expected, body["token"]):
        raise _refused(f"A token of {body['network']} must look like {expected}.")
    renewal = body.get("renewal")
    if renewal and not control.dialects[body["network"]].renews:
        raise _refused(f"Tokens of {body['network']} are not renewed.")
    grant = (
        Grant(
            refresh=renewal["refresh_token"],
            client=renewal["client_id"],
            secret=renewal["client_secret"],
            lasts=renewal["expires_in"],
        )
        if renewal
        else None
    )
    control.stock.ledger.register(body["network"], body["account"], body["token"])
    control.stock.grants.give(body["network"], body["account"], grant)
    return json_answer({"network": body["network"], "account": body["account"]}, status=201)


def _expire(control: Control, request: SandboxRequest) -> SandboxAnswer:
    body = _body(request)
    problems = _ACCOUNT(body, "")
    if problems:
        raise _refused(f"{shapes.sentence(problems)}.")
    assert isinstance(body, dict)  # noqa: S101 - the shape has just said so
    if not control.stock.grants.end(body["network"], body["account"]):
        raise _refused("That account has no token that ends; open it with `renewal`.", status=404)
    return json_answer(body)


def _accounts(control: Control, _request: SandboxRequest) -> SandboxAnswer:
    return json_answer({"accounts": control.stock.ledger.accounts()})


def _posts(control: Control, request: SandboxRequest) -> SandboxAnswer:
    query = dict(request.query)
    network, account = query.pop("network", ""), query.pop("account", "")
    limit = query.pop("limit", str(_DEFAULT_LIMIT))
    if query or not re.fullmatch(r"[0-9]{1,9}", limit):
        raise _refused("posts takes network, account and limit, a whole number.")
    found = control.stock.ledger.newest(network=network, account=account, limit=int(limit))
    return json_answer({"posts": [record(post, request.base_url) for post in found]})


def record(post: Post, base_url: str) -> dict[str, object]:
    """A post with everything the sandbox knows of it."""
    return asdict(post) | {"permalink": f"{base_url}/posts/{post.network}/{quote(post.id, safe='')}"}


def _count(control: Control, _request: SandboxRequest) -> SandboxAnswer:
    networks = control.stock.ledger.counts()
    return json_answer({"totals": totals(networks), "networks": networks})


def _order(control: Control, request: SandboxRequest) -> SandboxAnswer:
    try:
        order = read_order(_body(request), control.dialects)
    except UnknownOrderError as error:
        raise _refused(f"{error}.") from error
    shown = order.shown()
    control.orders.place(order)
    return json_answer(shown, status=201)


def _orders(control: Control, _request: SandboxRequest) -> SandboxAnswer:
    kinds = {kind: nature.meaning for kind, nature in KINDS.items()}
    return json_answer({"faults": control.orders.shown(), "kinds": kinds})


def _withdraw(control: Control, request: SandboxRequest) -> SandboxAnswer:
    if set(request.query) - {"id"}:
        raise _refused("DELETE faults takes id, or nothing for all of them.")
    return json_answer({"deleted": control.orders.delete(request.query.get("id", ""))})


def _reset(control: Control, request: SandboxRequest) -> SandboxAnswer:
    control.orders.delete()
    control.stock.ledger.clear()
    control.stock.pictures.clear()
    return _count(control, request)


_ACTIONS: Mapping[tuple[str, str], Callable[[Control, SandboxRequest], SandboxAnswer]] = MappingProxyType(
    {
        ("POST", "accounts"): _open_account,
        ("GET", "accounts"): _accounts,
        ("POST", "expire"): _expire,
        ("GET", "posts"): _posts,
        ("GET", "count"): _count,
        ("POST", "faults"): _order,
        ("GET", "faults"): _orders,
        ("DELETE", "faults"): _withdraw,
        ("POST", "reset"): _reset,
    }
)
