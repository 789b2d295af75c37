"""The wall: what people would see on the networks, as one page without outside resources."""

from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote, urlsplit

from omnipub.sandbox.http_exchange import RefusalError, SandboxAnswer, SandboxRequest
from omnipub.sandbox.ledger import COUNTED, Post, totals
from omnipub.sandbox.network import Dialect, SandboxState

CARDS = 60
"""Newest posts shown per network."""

_PAGE = Template(Path(__file__).with_name("wall.html").read_text(encoding="utf-8"))
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    ),
    "X-Content-Type-Options": "nosniff",
}


def answer(request: SandboxRequest, stock: SandboxState, dialects: Mapping[str, Dialect]) -> SandboxAnswer:
    """The wall, one post's page, or a picture."""
    base = urlsplit(request.base_url).path
    if request.method == "GET":
        match request.path:
            case () | ("",):
                return _page(_wall(stock, dialects, base), base)
            case ("posts", network, id):
                post = stock.ledger.find(network, id)
                if post is not None:
                    return _page(f'<div class="columns"><div>{_card(post, dialects, base)}</div></div>', base)
            case ("media", sha):
                picture = stock.pictures.open(sha)
                if picture is not None:
                    kind, content = picture
                    headers = {"Content-Type": kind, "X-Content-Type-Options": "nosniff"}
                    return SandboxAnswer(headers=headers, body=content)
    raise RefusalError(_page('<p class="empty">There is nothing at this address.</p>', base, status=404))


def _page(main: str, base: str, *, status: int = 200) -> SandboxAnswer:
    """A page; `base` is the path below which the sandbox answers."""
    body = _PAGE.substitute(main=main, base=base).encode(errors="replace")
    return SandboxAnswer(status=status, headers=_HEADERS, body=body)


def _wall(stock: SandboxState, dialects: Mapping[str, Dialect], base: str) -> str:
    counted = totals(stock.ledger.counts())
    alarms = {"doubles": ' class="alarm"'} if counted["doubles"] else {}
    counts = "".join(f"<li{alarms.get(name, '')}><b>{counted[name]}</b> {name}</li>" for name in COUNTED)
    columns = "".join(_column(network, stock, dialects, base) for network in dialects)
    return f'<ul class="counts">{counts}</ul><div class="columns">{columns}</div>'


def _column(network: str, stock: SandboxState, dialects: Mapping[str, Dialect], base: str) -> str:
    cards = "".join(_card(post, dialects, base) for post in stock.ledger.newest(network=network, limit=CARDS))
    return f"<section><h2>{escape(network)}</h2>{cards or _NOTHING}</section>"


_NOTHING = '<p class="empty">Nothing published yet.</p>'


def _card(post: Post, dialects: Mapping[str, Dialect], base: str) -> str:
    badges = [
        ("double", "alarm", post.double),
        (f"repeated {post.repeats} times", "", post.repeats),
        ("deleted", "", post.deleted_at),
    ]
    shown = "".join(f'<span class="badge {look}">{name}</span>' for name, look, wanted in badges if wanted)
    tint = f"light-dark({', '.join(dialects[post.network].colour)})" if post.network in dialects else "var(--line)"
    gone = " gone" if post.deleted_at else ""
    pictures = "".join(_picture(picture, base) for picture in post.media)
    return (
        f'<article class="{escape(post.network)}{gone}" style="--tint: {tint}">'
        f'<p class="text">{escape(post.text)}</p>{_link(post.link)}{pictures}'
        f"<footer><span>{escape(post.account)}</span>{_time(post, base)}{shown}</footer></article>"
    )


def _link(link: str) -> str:
    if not link.startswith(("https://", "http://")):
        return ""
    return f'<a class="link" rel="noreferrer" href="{escape(link)}">{escape(link)}</a>'


def _picture(picture: dict[str, str], base: str) -> str:
    alt = escape(picture.get("alt", ""))
    if "sha" in picture:
        return f'<figure><img src="{base}/media/{picture["sha"]}" alt="{alt}"><figcaption>{alt}</figcaption></figure>'
    return f"<figure><figcaption>{alt}</figcaption>{_link(picture.get('url', ''))}</figure>"


def _time(post: Post, base: str) -> str:
    moment = datetime.fromtimestamp(post.received_at / 1000, UTC)
    shown = f"{moment:%Y-%m-%d %H:%M:%S}.{post.received_at % 1000:03d}"
    address = f"{base}/posts/{quote(post.network)}/{quote(post.id, safe='')}"
    return f'<time datetime="{moment.isoformat()}"><a href="{address}">{shown} UTC</a></time>'
