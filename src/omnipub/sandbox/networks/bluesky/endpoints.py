"""Bluesky's data server for an account's posts, strictly: sessions, records under their authors' keys, blobs."""

import re
import time
from collections.abc import Callable, Mapping
from threading import Lock
from types import MappingProxyType
from typing import Any

from omnipub.sandbox import shapes
from omnipub.sandbox.http_exchange import SandboxAnswer, SandboxRequest, json_answer
from omnipub.sandbox.ledger import Draft, Post
from omnipub.sandbox.network import Dialect, Endpoint, FaultAnswer, PostChange, RequestTarget, SandboxState
from omnipub.sandbox.networks.bluesky.errors import NETWORK, refused, throttled, xrpc_error
from omnipub.sandbox.networks.bluesky.post_records import (
    POSTS,
    TID,
    checked,
    content_id,
    link_of,
    media_of,
    record_id,
    upload_name,
)
from omnipub.sandbox.networks.bluesky.sessions import access_token, account_of, did_of, named_in, signed_in

BLOB_BYTES = 5 * 1024 * 1024
"""What a data server takes by default, whatever the bytes are for."""

_DEFAULT_COUNT = 50
_MOST_COUNT = 100
_EVERYTHING = 1_000_000

_SESSION = shapes.fields({"identifier": shapes.text(), "password": shapes.text()})
_RECORD = {"repo": shapes.text(), "collection": shapes.text(POSTS), "rkey": shapes.text()}


def _cid_or_null(value: object, path: str) -> list[shapes.Problem]:
    return [] if value is None else shapes.text(pattern="bafyrei[a-z2-7]{52}")(value, path)


_PUT = shapes.fields(_RECORD | {"record": shapes.mapping}, {"swapRecord": _cid_or_null, "validate": shapes.flag})
_DELETE = shapes.fields(_RECORD, {"swapRecord": _cid_or_null})
_LIST = frozenset({"repo", "collection", "limit", "cursor", "reverse"})

_METHODS: Mapping[tuple[str, str], Endpoint] = MappingProxyType(
    {
        ("POST", "com.atproto.server.createSession"): Endpoint.SIGN_IN,
        ("POST", "com.atproto.repo.putRecord"): Endpoint.PUBLISH,
        ("POST", "com.atproto.repo.uploadBlob"): Endpoint.UPLOAD,
        ("POST", "com.atproto.repo.deleteRecord"): Endpoint.DELETE,
        ("GET", "com.atproto.repo.listRecords"): Endpoint.LOOK_UP,
    }
)

_ONE_AT_A_TIME = Lock()
"""Between looking whether a record or a blob is there and adding it, nobody else may."""


def place(request: SandboxRequest, stock: SandboxState) -> RequestTarget | None:
    """Where a request leads; the account may be named by its handle, by its DID, or by its session alone."""
    match request.path:
        case (_, "xrpc", name) if (request.method, name) in _METHODS:
            endpoint = _METHODS[request.method, name]
            return RequestTarget(account_of(stock, _named(request, endpoint)), endpoint)
    return None


def _named(request: SandboxRequest, endpoint: Endpoint) -> object:
    match endpoint:
        case Endpoint.UPLOAD:
            return named_in(request.bearer)
        case Endpoint.LOOK_UP:
            return request.query.get("repo")
    body = _body(request)
    return body.get("identifier" if endpoint is Endpoint.SIGN_IN else "repo") if isinstance(body, dict) else None


def answer(request: SandboxRequest, stock: SandboxState, twist: PostChange) -> SandboxAnswer:
    """Do what a request asks."""
    where = place(request, stock)
    if where is None:
        raise refused("absent")
    return _ACTIONS[where.endpoint](request, stock, twist)


def _body(request: SandboxRequest) -> object:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise refused("request", "Wrong request encoding (Content-Type): this takes application/json")
    try:
        return request.json()
    except ValueError as error:
        raise refused("request", f"The body is not JSON: {error}") from error


def _fitting(request: SandboxRequest, shape: shapes.Shape) -> dict[str, Any]:
    body = _body(request)
    problems = shape(body, "Input")
    if problems:
        raise refused("request", shapes.sentence(problems))
    assert isinstance(body, dict)  # noqa: S101 - the shape has just said so
    return body


def _sign_in(request: SandboxRequest, stock: SandboxState, _twist: PostChange) -> SandboxAnswer:
    body = _fitting(request, _SESSION)
    account = account_of(stock, body["identifier"])
    password = stock.ledger.token(NETWORK, account)
    if password is None or body["password"] != password:
        raise refused("password")
    did = did_of(account)
    token = access_token(did, password, now=time.time())
    session = {"did": did, "handle": "handle.invalid" if account == did else account, "active": True}
    return json_answer(session | {"accessJwt": token, "refreshJwt": f"{token}-refresh"})


def _put(request: SandboxRequest, stock: SandboxState, twist: PostChange) -> SandboxAnswer:
    """Create a record, or leave it as it is; the sandbox keeps no edits, so it refuses to make one."""
    account, body = _own_record(request, stock, _PUT)
    if TID(body["rkey"], ""):
        raise refused("request", "Invalid TID")
    record = checked(body["record"])
    cid, uri = record_id(record), _uri(account, body["rkey"])
    draft = Draft(
        network=NETWORK,
        account=account,
        name=lambda _number: uri,
        text=record["text"],
        link=link_of(record),
        media=media_of(record, account, stock),
        sent=record,
    )
    done = {"uri": uri, "cid": cid, "validationStatus": "valid"}
    with _ONE_AT_A_TIME:
        current = stock.ledger.find(NETWORK, uri)
        there = record_id(current.sent) if current and not current.deleted_at else None
        if there == cid:
            stock.ledger.add_if_absent(draft, id=uri)  # counts the repeat
            return json_answer(done)  # without `commit`, as nothing changed
        if "swapRecord" in body and body["swapRecord"] != there:
            raise refused("swap", there or "null")
        if current is not None:
            raise refused("request", "sandbox: records are neither edited nor put again after they were deleted here")
        stock.ledger.add(draft, hidden_ms=twist.hidden_ms)
    return json_answer(done | {"commit": {"cid": record_id(uri), "rev": body["rkey"]}})


def _own_record(request: SandboxRequest, stock: SandboxState, shape: shapes.Shape) -> tuple[str, dict[str, Any]]:
    account = signed_in(request, stock)
    body = _fitting(request, shape)
    if account_of(stock, body["repo"]) != account:
        raise refused("repo")
    return account, body


def _upload(request: SandboxRequest, stock: SandboxState, _twist: PostChange) -> SandboxAnswer:
    account = signed_in(request, stock)
    if not request.headers.get("content-type"):
        raise refused("request", "Request encoding (Content-Type) required but not provided")
    if len(request.body) > BLOB_BYTES:
        raise refused("too_large")
    picture = stock.pictures.keep(request.body)
    if picture is None:
        raise refused("mime_type", "sandbox: the bytes are no PNG, JPEG or GIF, and could be in no post")
    cid = content_id(request.body)
    name = upload_name(account, cid)
    with _ONE_AT_A_TIME:
        if stock.pictures.uploaded(NETWORK, account, name) is None:
            stock.pictures.begin(NETWORK, account, pattern=name, picture=picture)
    blob = {"$type": "blob", "ref": {"$link": cid}, "mimeType": picture["content_type"], "size": len(request.body)}
    return json_answer({"blob": blob})


def _delete(request: SandboxRequest, stock: SandboxState, _twist: PostChange) -> SandboxAnswer:
    account, body = _own_record(request, stock, _DELETE)
    uri = _uri(account, body["rkey"])
    if not stock.ledger.delete(NETWORK, uri):
        return json_answer({})  # what is not there is deleted without a word
    return json_answer({"commit": {"cid": record_id(uri), "rev": body["rkey"]}})


def _list(request: SandboxRequest, stock: SandboxState, _twist: PostChange) -> SandboxAnswer:
    """An account's records, the greatest key first; everybody may read them."""
    query = request.query
    limit, cursor = query.get("limit", str(_DEFAULT_COUNT)), query.get("cursor", "")
    if set(query) - _LIST or query.get("collection") != POSTS or query.get("reverse", "false") != "false":
        raise refused("request", f"sandbox: listRecords takes repo, collection={POSTS}, limit and cursor")
    if not re.fullmatch(r"[0-9]{1,3}", limit) or not 1 <= int(limit) <= _MOST_COUNT:
        raise refused("request", f"Error: limit must be a number from 1 to {_MOST_COUNT}")
    account = account_of(stock, query.get("repo"))
    if not account:
        raise refused("request", f"Could not find repo: {query.get('repo')}")
    posts = sorted(stock.ledger.listed(NETWORK, account, limit=_EVERYTHING), key=_key, reverse=True)
    shown = [post for post in posts if not cursor or _key(post) < cursor][: int(limit)]
    records = [{"uri": post.id, "cid": record_id(post.sent), "value": post.sent} for post in shown]
    return json_answer({"records": records} | ({"cursor": _key(shown[-1])} if shown else {}))


def _uri(account: str, key: str) -> str:
    return f"at://{did_of(account)}/{POSTS}/{key}"


def _key(post: Post) -> str:
    return post.id.rpartition("/")[2]


_ACTIONS: Mapping[Endpoint, Callable[[SandboxRequest, SandboxState, PostChange], SandboxAnswer]] = MappingProxyType(
    {
        Endpoint.SIGN_IN: _sign_in,
        Endpoint.PUBLISH: _put,
        Endpoint.UPLOAD: _upload,
        Endpoint.DELETE: _delete,
        Endpoint.LOOK_UP: _list,
    }
)

DIALECT = Dialect(
    network=NETWORK,
    place=place,
    answer=answer,
    troubles={
        FaultAnswer.THROTTLED: lambda _account, wait: throttled(wait),
        FaultAnswer.BROKEN: lambda _account, _wait: xrpc_error("internal"),
        FaultAnswer.EXPIRED: lambda _account, _wait: xrpc_error("expired"),
        FaultAnswer.REJECTED: lambda _account, _wait: xrpc_error("request", f"Invalid {POSTS} record: it is refused"),
    },
    without_id=lambda _answer: json_answer({}),
    colour=("#0b7ae6", "#4fa8ff"),
)
