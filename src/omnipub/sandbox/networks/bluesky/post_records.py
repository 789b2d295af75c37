"""What a Bluesky post may contain: its lexicon, its facets against its text, and the ids made from content."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from omnipub.sandbox import shapes
from omnipub.sandbox.network import SandboxState
from omnipub.sandbox.networks.bluesky.errors import NETWORK, refused

POSTS = "app.bsky.feed.post"
TEXT_BYTES = 3_000
TEXT_GRAPHEMES = 300
TAG_BYTES = 640
TAG_GRAPHEMES = 64
IMAGE_BYTES = 2_000_000
THUMB_BYTES = 1_000_000
_FAR = 10**9

TID = shapes.text(pattern="[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")

_RAW, _CBOR = b"\x01\x55\x12\x20", b"\x01\x71\x12\x20"
"""How the ids of bytes and of records begin: version 1, the content's kind, SHA-256 of 32 bytes."""

_URI = shapes.text(pattern=r"\w+:(//)?[^\s/]\S*")
_LINK = shapes.fields({"$type": shapes.text("app.bsky.richtext.facet#link"), "uri": _URI})
_TAG = shapes.fields({"$type": shapes.text("app.bsky.richtext.facet#tag"), "tag": shapes.text()})
_MENTION = shapes.fields(
    {"$type": shapes.text("app.bsky.richtext.facet#mention"), "did": shapes.text(pattern=r"did:[a-z]+:[\w.:%-]+")}
)


def _by_type(options: Mapping[str, shapes.Shape]) -> shapes.Shape:
    """An object whose `$type` says which of the shapes it has."""

    def check(value: object, path: str) -> list[shapes.Problem]:
        kind = value.get("$type") if isinstance(value, dict) else None
        if isinstance(kind, str) and kind in options:
            return options[kind](value, path)
        return [shapes.Problem(f"{path}/$type", "value", f"must be one of {', '.join(options)}")]

    return check


def _blob(most: int) -> shapes.Shape:
    return shapes.fields(
        {
            "$type": shapes.text("blob"),
            "ref": shapes.fields({"$link": shapes.text(pattern="bafkrei[a-z2-7]{52}")}),
            "mimeType": shapes.text(pattern=r"image/\S+"),
            "size": shapes.number(1, most, whole=True),
        }
    )


_RATIO = shapes.fields({"width": shapes.number(1, _FAR, whole=True), "height": shapes.number(1, _FAR, whole=True)})
_PICTURE = shapes.fields({"alt": shapes.text(), "image": _blob(IMAGE_BYTES)}, {"aspectRatio": _RATIO})
_EXTERNAL = shapes.fields(
    {"uri": _URI, "title": shapes.text(), "description": shapes.text()}, {"thumb": _blob(THUMB_BYTES)}
)
_EMBEDS = {
    "app.bsky.embed.images": {"images": shapes.rows(_PICTURE, least=1, most=4)},
    "app.bsky.embed.external": {"external": _EXTERNAL},
}
_EMBED = _by_type({kind: shapes.fields({"$type": shapes.text(kind)} | inside) for kind, inside in _EMBEDS.items()})
_PLACE = shapes.fields({"byteStart": shapes.number(0, _FAR, whole=True), "byteEnd": shapes.number(0, _FAR, whole=True)})
_FEATURE = _by_type(
    {
        f"app.bsky.richtext.facet#{kind}": shape
        for kind, shape in (("link", _LINK), ("tag", _TAG), ("mention", _MENTION))
    }
)
_FACET = shapes.fields({"index": _PLACE, "features": shapes.rows(_FEATURE, least=1, most=100)})
_POST = shapes.fields(
    {
        "$type": shapes.text(POSTS),
        "text": shapes.text(),
        "createdAt": shapes.text(pattern=r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,20})?(Z|[+-]\d\d:\d\d)"),
    },
    {
        "facets": shapes.rows(_FACET, most=1_000),
        "embed": _EMBED,
        "langs": shapes.rows(shapes.text(pattern=r"[A-Za-z]{2,3}(-[\w-]+)?"), most=3),
        "tags": shapes.rows(shapes.text(), most=8),
    },
)


def content_id(content: bytes, *, record: bool = False) -> str:
    """The CID of bytes, or of a record's bytes: equal for equal content, and for nothing else."""
    digest = hashlib.sha256(content).digest()
    return "b" + base64.b32encode((_CBOR if record else _RAW) + digest).decode().lower().rstrip("=")


def record_id(record: object) -> str:
    """A record's CID; the order of its fields does not matter."""
    return content_id(json.dumps(record, sort_keys=True, separators=(",", ":")).encode(), record=True)


def upload_name(account: str, cid: str) -> str:
    """How an account's upload is known: two accounts may upload the same bytes."""
    return f"{account}/{cid}"


def checked(record: object) -> dict[str, Any]:
    """The record, if Bluesky would take it and show it as it is meant.

    Raises:
        RefusalError: It breaks the lexicon, or (in the sandbox alone) its facets do not fit its text.
    """
    problems = _POST(record, "Record")
    if problems:
        raise refused("request", f"Invalid {POSTS} record: {shapes.sentence(problems)}")
    assert isinstance(record, dict)  # noqa: S101 - the shape has just said so
    try:
        datetime.fromisoformat(record["createdAt"])
    except ValueError as error:
        raise refused("request", f"Invalid {POSTS} record: Record/createdAt must be a valid datetime") from error
    _check_length("Record/text", record["text"], TEXT_BYTES, TEXT_GRAPHEMES)
    for tag in record.get("tags", []):
        _check_length("Record/tags", tag, TAG_BYTES, TAG_GRAPHEMES)
    _check_facets(record["text"].encode(), record.get("facets", []))
    return record


def link_of(record: Mapping[str, Any]) -> str:
    """The address on the post's card."""
    external = record.get("embed", {}).get("external", {})
    return str(external.get("uri", ""))


def media_of(record: Mapping[str, Any], account: str, stock: SandboxState) -> list[dict[str, str]]:
    """The post's pictures, each uploaded by the account itself; a card's thumbnail counts as one."""
    embed = record.get("embed", {})
    named = [(picture["image"], picture["alt"]) for picture in embed.get("images", [])]
    named += [(external["thumb"], "") for external in [embed.get("external", {})] if "thumb" in external]
    return [_picture(blob, account, stock) | {"alt": alt} for blob, alt in named]


def _picture(blob: Mapping[str, Any], account: str, stock: SandboxState) -> dict[str, str]:
    cid = blob["ref"]["$link"]
    picture = stock.pictures.uploaded(NETWORK, account, upload_name(account, cid))
    kept = stock.pictures.open(picture["sha"]) if picture else None
    if picture is None or kept is None:
        raise refused("blob", cid)
    content_type, content = kept
    if blob["mimeType"] != content_type:
        raise refused("mime_type", f"Referenced Mimetype does not match stored blob. Expected: {content_type}")
    if blob["size"] != len(content):
        raise refused("size", f"Expected: {len(content)}")
    return picture


def _check_length(path: str, text: str, most_bytes: int, most_graphemes: int) -> None:
    import regex  # type: ignore[import-untyped]

    if len(text.encode()) > most_bytes:
        raise refused("request", f"Invalid {POSTS} record: {path} must not be longer than {most_bytes} characters")
    if len(regex.findall(r"\X", text)) > most_graphemes:
        raise refused("request", f"Invalid {POSTS} record: {path} must not be longer than {most_graphemes} graphemes")


def _check_facets(text: bytes, facets: list[Mapping[str, Any]]) -> None:
    """Bluesky takes facets that do not fit the text, and shows them wrongly or not at all.

    Here they are refused.
    """
    last = 0
    for facet in facets:
        start, end = facet["index"]["byteStart"], facet["index"]["byteEnd"]
        where = f"sandbox: the facet at bytes {start} to {end}"
        if not last <= start < end <= len(text):
            raise refused("request", f"{where} is empty, outside of the text, or reaches into the one before it")
        last = end
        try:
            marked = text[start:end].decode()
        except UnicodeDecodeError as error:
            raise refused("request", f"{where} begins or ends inside a character") from error
        for feature in facet["features"]:
            tag = feature.get("tag")
            if tag is not None and marked != f"#{tag}":
                raise refused("request", f"{where} marks '{marked}' as the hashtag '{tag}'")
            if tag is not None:
                _check_length("Record/facets/tag", tag, TAG_BYTES, TAG_GRAPHEMES)
            if re.search(r"^\s|\s$", marked):
                raise refused("request", f"{where} marks space as well")
