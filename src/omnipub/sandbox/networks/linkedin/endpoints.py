"""LinkedIn's REST API, strictly: create, find and delete posts, upload images, renew tokens."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from omnipub.sandbox import shapes
from omnipub.sandbox.http_exchange import SandboxAnswer, SandboxRequest, json_answer
from omnipub.sandbox.ledger import now_ms
from omnipub.sandbox.network import Dialect, Endpoint, FaultAnswer, PostChange, RequestTarget, SandboxState
from omnipub.sandbox.networks.linkedin import oauth
from omnipub.sandbox.networks.linkedin.errors import duplicate_of, refused, rest_error, unprocessable
from omnipub.sandbox.networks.linkedin.posts import AUTHOR, NETWORK, draft, edited, element

OLDEST_VERSION = "202511"
"""Versions live about twelve months; fixed here, so that tests do not start to fail with the calendar."""

PROTOCOL_VERSION = "2.0.0"
UPLOADS = "dms-uploads"
_UPLOAD_LIVES_MS = 24 * 3600 * 1000
_DEFAULT_COUNT = 10
_MOST_COUNT = 100
_FINDER_QUERY = frozenset({"author", "q", "count", "start", "sortBy"})
_RESTLI_METHODS = {"GET": "FINDER", "DELETE": "DELETE"}
_INITIALIZE = shapes.fields({"initializeUploadRequest": shapes.fields({"owner": AUTHOR})})


def place(request: SandboxRequest, stock: SandboxState) -> RequestTarget | None:
    """Where a request leads; the account is the author's URN."""
    match (request.method, *request.path):
        case ("POST", _, "rest", "posts"):
            return RequestTarget(_owner(request, "author"), Endpoint.PUBLISH)
        case ("GET", _, "rest", "posts"):
            return RequestTarget(request.query.get("author", ""), Endpoint.LOOK_UP)
        case (("DELETE" | "POST") as method, _, "rest", "posts", urn):
            post = stock.ledger.find(NETWORK, urn)
            return RequestTarget(post.account if post else "", Endpoint.DELETE if method == "DELETE" else Endpoint.EDIT)
        case ("GET", _, "rest", "organizations", number):
            return RequestTarget(f"urn:li:organization:{number}", Endpoint.CHECK)
        case ("GET", _, "rest", "me"):
            return RequestTarget(_member(request, stock), Endpoint.CHECK)
        case ("POST", _, "rest", "images") if request.query == {"action": "initializeUpload"}:
            return RequestTarget(_owner(request, "initializeUploadRequest", "owner"), Endpoint.UPLOAD)
        case ("POST", _, *path) if tuple(path) == oauth.PATH:
            return RequestTarget(oauth.whose(request, stock), Endpoint.RENEW)
        case ("PUT", _, path, image) if path == UPLOADS:
            return RequestTarget(stock.pictures.owner(NETWORK, image) or "", Endpoint.UPLOAD)
    return None


def answer(request: SandboxRequest, stock: SandboxState, twist: PostChange) -> SandboxAnswer:
    """Do what a request asks."""
    where = place(request, stock)
    if where is None:
        raise refused("absent", "this sandbox has rest/posts and rest/images?action=initializeUpload")
    if request.method == "PUT":
        return _receive_image(request, stock, where.account)  # the address is the permission
    if where.endpoint is Endpoint.RENEW:
        return oauth.renew(request, stock)  # its permission is in the body
    _check_headers(request, stock)
    if where.account and stock.ledger.token(NETWORK, where.account) != request.bearer:
        raise refused("access", where.account)
    return _ACTIONS[where.endpoint](request, stock, twist)


def _check_headers(request: SandboxRequest, stock: SandboxState) -> None:
    if not request.bearer or not stock.ledger.knows_token(NETWORK, request.bearer):
        raise refused("token")
    if stock.grants.has_ended(NETWORK, request.bearer):
        raise refused("expired")
    version = request.headers.get("linkedin-version", "")
    if not re.fullmatch(r"\d{4}(0[1-9]|1[0-2])", version):
        raise refused("version_absent")
    if version < OLDEST_VERSION:
        raise refused("version_gone", version)
    if request.headers.get("x-restli-protocol-version") != PROTOCOL_VERSION:
        raise refused("argument", f"the header X-Restli-Protocol-Version must say {PROTOCOL_VERSION}")
    method = request.headers.get("x-restli-method", "")
    by_name = request.method == "GET" and request.path[2] != "posts"  # one thing by its name: no finder
    needed = request.method == "GET" and not by_name  # without it, rest.li takes a GET for another kind of question
    wanted = None if by_name else _RESTLI_METHODS.get(request.method)
    if (method or needed) and wanted and method != wanted:
        raise refused("argument", f"the header X-RestLi-Method must say {wanted} here")


def _member(request: SandboxRequest, stock: SandboxState) -> str:
    """The member whose token the request carries; empty if it is none's."""
    accounts = [row["account"] for row in stock.ledger.accounts() if row["network"] == NETWORK]
    people = (account for account in accounts if account.startswith("urn:li:person:"))
    return next((one for one in people if stock.ledger.token(NETWORK, one) == request.bearer), "")


def _who(request: SandboxRequest, stock: SandboxState, _twist: PostChange) -> SandboxAnswer:
    if request.path[2] == "organizations":
        number = request.path[3]
        name = f"Organisation {number}"
        return json_answer({"id": int(number) if number.isdigit() else number, "localizedName": name})
    member = _member(request, stock)
    if not member:
        raise refused("access", "the token is of no member")
    return json_answer({"id": member.rpartition(":")[2]})


def _body(request: SandboxRequest) -> object:
    try:
        return request.json()
    except ValueError as error:
        raise refused("argument", f"the body is not JSON: {error}") from error


def _owner(request: SandboxRequest, *names: str) -> str:
    """The URN that the body names as its author; empty if its shape is wrong, which is refused later."""
    value = _body(request)
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def _create(request: SandboxRequest, stock: SandboxState, twist: PostChange) -> SandboxAnswer:
    new = draft(_body(request), stock)
    if twist.refuses_duplicates:
        post, added = stock.ledger.add_unless_out(new)
        if not added:
            raise duplicate_of(post.id)
    else:
        post = stock.ledger.add(new, hidden_ms=twist.hidden_ms)
    return SandboxAnswer(status=201, headers={"x-restli-id": post.id})


def _find(request: SandboxRequest, stock: SandboxState, _twist: PostChange) -> SandboxAnswer:
    query = request.query
    unknown = sorted(set(query) - _FINDER_QUERY)
    if unknown or query.get("q") != "author" or AUTHOR(query.get("author"), ""):
        raise refused("argument", "the finder takes q=author, author=URN, count, start and sortBy")
    if query.get("sortBy", "LAST_MODIFIED") not in {"LAST_MODIFIED", "CREATED"}:
        raise refused("argument", "sortBy must be LAST_MODIFIED or CREATED")
    author = query["author"]
    if author.startswith("urn:li:person:"):
        raise refused("access", "reading a person's posts needs r_member_social, which is restricted")
    start = _whole(query, "start", default=0)
    count = min(_whole(query, "count", default=_DEFAULT_COUNT), _MOST_COUNT)
    by_touch = query.get("sortBy", "LAST_MODIFIED") == "LAST_MODIFIED"
    found = stock.ledger.listed(NETWORK, author, limit=count, skip=start, touched_last=by_touch)
    total = stock.ledger.listed_count(NETWORK, author)
    paging = {"start": start, "count": count, "links": [], "total": total}
    return json_answer({"elements": [element(post) for post in found], "paging": paging})


def _whole(query: Mapping[str, str], name: str, *, default: int) -> int:
    value = query.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise refused("argument", f"{name} must be a whole number")
    return int(value)


def _delete(request: SandboxRequest, stock: SandboxState, _twist: PostChange) -> SandboxAnswer:
    urn = request.path[3]
    if stock.ledger.find(NETWORK, urn) is None:
        raise refused("absent", urn)
    stock.ledger.delete(NETWORK, urn)  # deleting twice is no error
    return SandboxAnswer(status=204)


def _edit(request: SandboxRequest, stock: SandboxState, _twist: PostChange) -> SandboxAnswer:
    urn = request.path[3]
    if request.headers.get("x-restli-method") != "PARTIAL_UPDATE":
        raise refused("argument", "the header X-RestLi-Method must say PARTIAL_UPDATE here")
    commentary, text = edited(_body(request))
    post = stock.ledger.find(NETWORK, urn)
    if post is None or not stock.ledger.edit(NETWORK, urn, text=text, sent=post.sent | {"commentary": commentary}):
        raise refused("absent", urn)
    return SandboxAnswer(status=204)


def _begin_upload(request: SandboxRequest, stock: SandboxState, _twist: PostChange) -> SandboxAnswer:
    problems = _INITIALIZE(_body(request), "")
    if problems:
        raise unprocessable(problems)
    owner = _owner(request, "initializeUploadRequest", "owner")
    image = stock.pictures.begin(NETWORK, owner, pattern="urn:li:image:C4E10AQ{:012d}")
    value = {
        "uploadUrlExpiresAt": now_ms() + _UPLOAD_LIVES_MS,
        "uploadUrl": f"{request.base_url}/{NETWORK}/{UPLOADS}/{image}",
        "image": image,
    }
    return json_answer({"value": value})


def _receive_image(request: SandboxRequest, stock: SandboxState, owner: str) -> SandboxAnswer:
    if not owner:
        raise refused("absent", "no upload was started at this address")
    picture = stock.pictures.keep(request.body)
    if picture is None:
        raise refused("argument", "the bytes are no PNG, JPEG or GIF")
    stock.pictures.fill(NETWORK, request.path[2], picture)
    return SandboxAnswer(status=201)


_ACTIONS: Mapping[Endpoint, Callable[[SandboxRequest, SandboxState, PostChange], SandboxAnswer]] = MappingProxyType(
    {
        Endpoint.PUBLISH: _create,
        Endpoint.LOOK_UP: _find,
        Endpoint.UPLOAD: _begin_upload,
        Endpoint.DELETE: _delete,
        Endpoint.EDIT: _edit,
        Endpoint.CHECK: _who,
    }
)

DIALECT = Dialect(
    network=NETWORK,
    place=place,
    answer=answer,
    troubles={
        FaultAnswer.THROTTLED: lambda _account, _wait: rest_error("too_many"),
        FaultAnswer.BROKEN: lambda _account, _wait: rest_error("internal"),
        FaultAnswer.EXPIRED: lambda _account, _wait: rest_error("expired"),
        FaultAnswer.REJECTED: lambda _account, _wait: rest_error("argument", "the content is refused"),
    },
    without_id=lambda _answer: SandboxAnswer(status=201),
    renews=True,
    detects_duplicates=True,
    colour=("#0a66c2", "#64aef2"),
)
