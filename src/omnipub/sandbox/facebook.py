"""Facebook's Graph for pages, strictly: posts, photos, the list of published posts, deletion."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from urllib.parse import quote, urlencode

from omnipub.sandbox import shapes
from omnipub.sandbox.dialect import Dialect, Endpoint, Place, Stock, Trouble, Twist
from omnipub.sandbox.exchange import Answer, Request, json_answer
from omnipub.sandbox.facebook_errors import graph_error, refused, throttled
from omnipub.sandbox.ledger import Draft, Post

VERSION = "v26.0"
MESSAGE_CHARACTERS = 63_206
PHOTO_BYTES = 4 * 1024 * 1024
PHOTOS_OF_A_POST = 10
NETWORK = "facebook"

_CREDENTIALS = {"access_token": shapes.text(), "appsecret_proof": shapes.text(pattern="[0-9a-f]{64}")}
_FEED = shapes.fields(
    {},
    _CREDENTIALS
    | {
        "message": shapes.text(),
        "link": shapes.WEB_ADDRESS,
        "published": shapes.flag,
        "attached_media": shapes.rows(shapes.fields({"media_fbid": shapes.text()}), least=1, most=PHOTOS_OF_A_POST),
    },
)
_PHOTO = shapes.fields(
    {},
    _CREDENTIALS
    | {
        "url": shapes.WEB_ADDRESS,
        "caption": shapes.text(),
        "message": shapes.text(),
        "alt_text_custom": shapes.text(),
        "published": shapes.flag,
    },
)
_JSON_IN_FORMS = frozenset({"published", "attached_media"})
"""Fields whose values are JSON even where all other values are plain text."""

_QUERIES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "feed": frozenset({"fields", "appsecret_proof"}),
        "photos": frozenset({"fields", "appsecret_proof"}),
        "published_posts": frozenset({"fields", "limit", "after", "since", "appsecret_proof"}),
        "post": frozenset({"appsecret_proof"}),
    }
)
_NEW_POST_FIELDS = frozenset({"id", "post_id", "permalink_url"})
_POST_FIELDS = frozenset({"id", "message", "created_time", "permalink_url"})
_EDGES: Mapping[tuple[str, str], Endpoint] = MappingProxyType(
    {
        ("POST", "feed"): Endpoint.PUBLISH,
        ("POST", "photos"): Endpoint.PUBLISH,
        ("GET", "published_posts"): Endpoint.LOOK_UP,
    }
)


def place(request: Request, _stock: Stock) -> Place | None:
    """Where a Graph request leads; a photo that is not published yet is an upload."""
    match request.path:
        case (_, version, page, edge) if version == VERSION and (request.method, edge) in _EDGES:
            unpublished = edge == "photos" and _fields(request).get("published") is False
            return Place(page, Endpoint.UPLOAD if unpublished else _EDGES[request.method, edge])
        case (_, version, post) if version == VERSION and request.method == "DELETE":
            return Place(post.rpartition("_")[0], Endpoint.DELETE)
    return None


def answer(request: Request, stock: Stock, twist: Twist) -> Answer:
    """Do what a Graph request asks."""
    where = place(request, stock)
    if where is None:
        raise refused("path", f"this sandbox has /{VERSION}/PAGE/feed, photos, published_posts and POST_ID")
    edge = "post" if where.endpoint is Endpoint.DELETE else request.path[3]
    _authorise(request, stock, where.account)
    unknown = sorted(set(request.query) - _QUERIES[edge])
    if unknown:
        raise refused("parameter", f"{', '.join(unknown)} in the query is not known for {edge}")
    if edge == "post":
        return _delete(request, stock)
    if edge == "published_posts":
        return _published_posts(request, stock, where.account)
    return (_feed if edge == "feed" else _photo)(request, stock, twist, where.account)


def _authorise(request: Request, stock: Stock, page: str) -> None:
    token = request.bearer or str(_fields(request).get("access_token", ""))
    if not token or not stock.ledger.knows_token(NETWORK, token):
        raise refused("token")
    expected = stock.ledger.token(NETWORK, page)
    if expected is None:
        raise refused("object", page)
    if token != expected:
        raise refused("permission")


def _fields(request: Request) -> dict[str, object]:
    try:
        form = request.form
        values = dict(form.values)
        if not form.typed:
            for name in _JSON_IN_FORMS & values.keys():
                values[name] = json.loads(str(values[name]))
    except ValueError as error:
        raise refused("parameter", str(error)) from error
    return values


def _checked(request: Request, shape: shapes.Shape) -> dict[str, object]:
    values = _fields(request)
    problems = shape(values, "")
    if problems:
        raise refused("parameter", shapes.sentence(problems))
    return values


def _feed(request: Request, stock: Stock, twist: Twist, page: str) -> Answer:
    values = _checked(request, _FEED)
    if request.form.files:
        raise refused("parameter", "feed takes no files; upload them to photos first")
    if values.get("published") is False:
        raise refused("parameter", "this sandbox keeps no unpublished posts")
    if not values.keys() & {"message", "link", "attached_media"}:
        raise refused("parameter", "one of message, link and attached_media is required")
    attached = values.get("attached_media", [])
    names = [str(item["media_fbid"]) for item in attached] if isinstance(attached, list) else []
    media = []
    for name in names:
        picture = stock.pictures.uploaded(NETWORK, page, name)
        if picture is None:
            raise refused("parameter", f"attached_media names {name}, which is no unpublished photo of the page")
        media.append(picture)
    post = _publish(stock, twist, page, values, media)
    return json_answer(_named(request, post, {"id": post.id}))


def _photo(request: Request, stock: Stock, twist: Twist, page: str) -> Answer:
    values = _checked(request, _PHOTO)
    picture = _picture(request, stock, values)
    if values.get("published") is False:
        name = stock.pictures.begin(NETWORK, page, pattern="18{:013d}", picture=picture)
        return json_answer({"id": name})
    post = _publish(stock, twist, page, values, [picture])
    photo = stock.pictures.begin(NETWORK, page, pattern="18{:013d}", picture=picture)
    return json_answer(_named(request, post, {"id": photo, "post_id": post.id}))


def _picture(request: Request, stock: Stock, values: dict[str, object]) -> dict[str, str]:
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


def _publish(stock: Stock, twist: Twist, page: str, values: dict[str, object], media: Sequence[dict[str, str]]) -> Post:
    text = str(values.get("message", values.get("caption", "")))
    if len(text) > MESSAGE_CHARACTERS:
        raise refused("parameter", f"the message has {len(text)} characters; at most {MESSAGE_CHARACTERS} fit")
    draft = Draft(
        network=NETWORK,
        account=page,
        name=lambda number: f"{page}_{122_000_000_000_000 + number}",
        text=text,
        link=str(values.get("link", "")),
        media=media,
        sent={name: value for name, value in values.items() if name not in _CREDENTIALS},
    )
    if not twist.refuses_duplicates:
        return stock.ledger.add(draft, hidden_ms=twist.hidden_ms)
    post, new = stock.ledger.add_unless_out(draft)
    if not new:
        raise refused("duplicate")
    return post


def _named(request: Request, post: Post, always: dict[str, str]) -> dict[str, str]:
    asked = _asked(request, _NEW_POST_FIELDS)
    return always | ({"permalink_url": _permalink(request, post)} if "permalink_url" in asked else {})


def _asked(request: Request, known: frozenset[str]) -> list[str]:
    asked = [name.strip() for name in request.query.get("fields", "").split(",") if name.strip()]
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise refused("parameter", f"fields has {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    return asked


def _permalink(request: Request, post: Post) -> str:
    return f"{request.base_url}/posts/{NETWORK}/{quote(post.id, safe='')}"


def _published_posts(request: Request, stock: Stock, page: str) -> Answer:
    asked = _asked(request, _POST_FIELDS) or ["id", "message", "created_time"]
    limit = _whole(request, "limit", default=25, most=100)
    since = _whole(request, "since", default=0, most=10**11)
    below = _below(request.query.get("after", ""))
    found = stock.ledger.listed(NETWORK, page, limit=limit + 1, below=below, since_ms=since * 1000)
    shown = found[:limit]
    content: dict[str, object] = {"data": [_shown(request, post, asked) for post in shown]}
    if shown:
        after = _cursor(shown[-1])
        paging: dict[str, object] = {"cursors": {"before": _cursor(shown[0]), "after": after}}
        if len(found) > limit:
            query = urlencode(dict(request.query) | {"after": after})
            paging["next"] = f"{request.base_url}/{NETWORK}/{VERSION}/{quote(page)}/published_posts?{query}"
        content["paging"] = paging
    return json_answer(content)


def _shown(request: Request, post: Post, asked: Sequence[str]) -> dict[str, str]:
    values = {
        "id": post.id,
        "message": post.text,
        "created_time": datetime.fromtimestamp(post.received_at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "permalink_url": _permalink(request, post),
    }
    names = [name for name in asked if name != "message" or post.text]  # Graph leaves an empty message away
    return {name: values[name] for name in dict.fromkeys(["id", *names])}


def _whole(request: Request, name: str, *, default: int, most: int) -> int:
    value = request.query.get(name, str(default))
    if not value.isascii() or not value.isdigit() or not 0 < int(value) + (not default) <= most:
        raise refused("parameter", f"{name} must be a whole number up to {most}")
    return int(value)


def _cursor(post: Post) -> str:
    return base64.urlsafe_b64encode(f"post:{post.number}".encode()).decode()


def _below(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.urlsafe_b64decode(cursor).removeprefix(b"post:"))
    except (binascii.Error, ValueError) as error:
        raise refused("parameter", "after is no cursor of this list") from error


def _delete(request: Request, stock: Stock) -> Answer:
    if not stock.ledger.delete(NETWORK, request.path[2]):
        raise refused("object", request.path[2])
    return json_answer({"success": True})


DIALECT = Dialect(
    network=NETWORK,
    place=place,
    answer=answer,
    troubles={
        Trouble.THROTTLED: throttled,
        Trouble.BROKEN: lambda _page, _wait: graph_error("unavailable"),
        Trouble.EXPIRED: lambda _page, _wait: graph_error("expired"),
        Trouble.REJECTED: lambda _page, _wait: graph_error("blocked"),
    },
    without_id=lambda _answer: json_answer({}),
)
