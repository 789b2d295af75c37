"""Facebook's Graph for pages, strictly: posts, photos, the list of published posts, deletion."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from omnipub.sandbox.http_exchange import SandboxAnswer, SandboxRequest, json_answer
from omnipub.sandbox.ledger import Draft, Post
from omnipub.sandbox.network import Dialect, Endpoint, FaultAnswer, PostChange, RequestTarget, SandboxState
from omnipub.sandbox.networks.facebook.errors import NETWORK, VERSION, graph_error, refused, throttled
from omnipub.sandbox.networks.facebook.fields import (
    CREDENTIALS,
    FEED,
    PHOTO,
    fitting_fields,
    given_fields,
    requested_fields,
)
from omnipub.sandbox.networks.facebook.listing import permalink, published_posts

MESSAGE_CHARACTERS = 63_206
PHOTO_BYTES = 4 * 1024 * 1024
FIRST_POST = 122_000_000_000_000
_PHOTO_ID = "18{:013d}"

_EDGES: Mapping[tuple[str, str], Endpoint] = MappingProxyType(
    {
        ("POST", "feed"): Endpoint.PUBLISH,
        ("POST", "photos"): Endpoint.PUBLISH,
        ("GET", "published_posts"): Endpoint.LOOK_UP,
    }
)
_QUERIES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "feed": frozenset({"fields", "appsecret_proof"}),
        "photos": frozenset({"fields", "appsecret_proof"}),
        "published_posts": frozenset({"fields", "limit", "after", "since", "appsecret_proof"}),
        "post": frozenset({"appsecret_proof"}),
        "page": frozenset({"fields", "appsecret_proof"}),
    }
)
"""What the query may carry, by edge; a token in it is refused, since addresses end up in logs."""

_EDGELESS: Mapping[Endpoint, str] = MappingProxyType({Endpoint.DELETE: "post", Endpoint.CHECK: "page"})

_PAGE_FIELDS = frozenset({"id", "name"})
_NEW_POST_FIELDS = frozenset({"id", "post_id", "permalink_url"})


def place(request: SandboxRequest, stock: SandboxState) -> RequestTarget | None:
    """Where a Graph request leads; a photo that is not published yet is an upload."""
    match request.path:
        case (_, version, page, edge) if version == VERSION and (request.method, edge) in _EDGES:
            unpublished = edge == "photos" and given_fields(request).get("published") is False
            return RequestTarget(page, Endpoint.UPLOAD if unpublished else _EDGES[request.method, edge])
        case (_, version, post) if version == VERSION and request.method == "DELETE":
            return RequestTarget(post.rpartition("_")[0], Endpoint.DELETE)
        case (_, version, "me") if version == VERSION and request.method == "GET":
            return RequestTarget(_page_of(_token_in(request), stock), Endpoint.CHECK)
        case (_, version, page) if version == VERSION and request.method == "GET":
            return RequestTarget(page, Endpoint.CHECK)
    return None


def answer(request: SandboxRequest, stock: SandboxState, twist: PostChange) -> SandboxAnswer:
    """Do what a Graph request asks."""
    where = place(request, stock)
    if where is None:
        raise refused("path", f"this sandbox has /{VERSION}/PAGE/feed, photos, published_posts and /{VERSION}/POST")
    _authorise(request, stock, where.account)
    edge = _EDGELESS.get(where.endpoint) or request.path[3]
    unknown = sorted(set(request.query) - _QUERIES[edge])
    if unknown:
        raise refused("parameter", f"{', '.join(unknown)} in the query is not known for {edge}")
    match edge:
        case "feed":
            return _feed(request, stock, twist, where.account)
        case "photos":
            return _photo(request, stock, twist, where.account)
        case "published_posts":
            return published_posts(request, stock, where.account)
        case "page":
            return _page(request, where.account)
    return _delete(request, stock)


def _authorise(request: SandboxRequest, stock: SandboxState, page: str) -> None:
    token = _token_in(request)
    if not token or not stock.ledger.knows_token(NETWORK, token):
        raise refused("token")
    expected = stock.ledger.token(NETWORK, page)
    if expected is None:
        raise refused("object", page)
    if token != expected:
        raise refused("permission")


def _token_in(request: SandboxRequest) -> str:
    return request.bearer or str(given_fields(request).get("access_token", ""))


def _page_of(token: str, stock: SandboxState) -> str:
    """The page whose own token it is; empty if it is none's."""
    pages = [row["account"] for row in stock.ledger.accounts() if row["network"] == NETWORK]
    return next((page for page in pages if token and stock.ledger.token(NETWORK, page) == token), "")


def _feed(request: SandboxRequest, stock: SandboxState, twist: PostChange, page: str) -> SandboxAnswer:
    values = fitting_fields(request, FEED)
    fields = requested_fields(request, _NEW_POST_FIELDS)
    if request.form.files:
        raise refused("parameter", "feed takes no files; upload them to photos first")
    if values.get("published") is False:
        raise refused("parameter", "this sandbox keeps no unpublished posts")
    if not (values.get("message") or values.keys() & {"link", "attached_media"}):
        raise refused("parameter", "one of message, link and attached_media is required")
    attached = values.get("attached_media")
    names = [str(item["media_fbid"]) for item in attached] if isinstance(attached, list) else []
    post = _publish(stock, twist, page, values, [_uploaded(stock, page, name) for name in names])
    return json_answer({"id": post.id} | _address(request, post, fields))


def _photo(request: SandboxRequest, stock: SandboxState, twist: PostChange, page: str) -> SandboxAnswer:
    values = fitting_fields(request, PHOTO)
    fields = requested_fields(request, _NEW_POST_FIELDS)
    picture = _picture(request, stock, values)
    if values.get("published") is False:
        return json_answer({"id": stock.pictures.begin(NETWORK, page, pattern=_PHOTO_ID, picture=picture)})
    post = _publish(stock, twist, page, values, [picture])
    photo = stock.pictures.begin(NETWORK, page, pattern=_PHOTO_ID, picture=picture)
    return json_answer({"id": photo, "post_id": post.id} | _address(request, post, fields))


def _picture(request: SandboxRequest, stock: SandboxState, values: Mapping[str, object]) -> dict[str, str]:
    alt = str(values.get("alt_text_custom", ""))
    files = request.form.files
    if set(files) - {"source"} or len(files) + ("url" in values) != 1:
        raise refused("parameter", "exactly one photo is required: a file named source, or url")
    if "url" in values:
        return {"url": str(values["url"]), "alt": alt}  # kept as an address: the sandbox fetches nothing
    content = files["source"]
    picture = stock.pictures.keep(content, alt=alt) if len(content) < PHOTO_BYTES else None
    if picture is None:
        raise refused("picture")
    return picture


def _uploaded(stock: SandboxState, page: str, photo: str) -> dict[str, str]:
    picture = stock.pictures.uploaded(NETWORK, page, photo)
    if picture is None:
        raise refused("parameter", f"attached_media names {photo}, which is no photo of this page")
    return picture


def _publish(
    stock: SandboxState, twist: PostChange, page: str, values: Mapping[str, object], media: Sequence[dict[str, str]]
) -> Post:
    text = str(values.get("message", values.get("caption", "")))
    if len(text) > MESSAGE_CHARACTERS:
        raise refused("parameter", f"the message has {len(text)} characters; at most {MESSAGE_CHARACTERS} fit")
    draft = Draft(
        network=NETWORK,
        account=page,
        name=lambda number: f"{page}_{FIRST_POST + number}",
        text=text,
        link=str(values.get("link", "")),
        media=media,
        sent={name: value for name, value in values.items() if name not in CREDENTIALS},
    )
    if not twist.refuses_duplicates:
        return stock.ledger.add(draft, hidden_ms=twist.hidden_ms)
    post, new = stock.ledger.add_unless_out(draft)
    if not new:
        raise refused("duplicate")
    return post


def _address(request: SandboxRequest, post: Post, fields: Sequence[str]) -> dict[str, str]:
    return {"permalink_url": permalink(request, post)} if "permalink_url" in fields else {}


def _page(request: SandboxRequest, page: str) -> SandboxAnswer:
    """What is known of the page: its name is its id here, as the sandbox's accounts have no others."""
    fields = requested_fields(request, _PAGE_FIELDS)
    return json_answer({"id": page} | ({"name": page} if "name" in fields else {}))


def _delete(request: SandboxRequest, stock: SandboxState) -> SandboxAnswer:
    if not stock.ledger.delete(NETWORK, request.path[2]):
        raise refused("object", request.path[2])
    return json_answer({"success": True})


DIALECT = Dialect(
    network=NETWORK,
    place=place,
    answer=answer,
    troubles={
        FaultAnswer.THROTTLED: throttled,
        FaultAnswer.BROKEN: lambda _page, _wait: graph_error("unavailable"),
        FaultAnswer.EXPIRED: lambda _page, _wait: graph_error("expired"),
        FaultAnswer.REJECTED: lambda _page, _wait: graph_error("blocked"),
    },
    without_id=lambda _answer: json_answer({}),
    detects_duplicates=True,
    colour=("#1877f2", "#5c9dff"),
)
