"""What a LinkedIn post may contain, and what of it a reader sees."""

from collections.abc import Mapping
from typing import Any

from omnipub.sandbox import shapes
from omnipub.sandbox.ledger import Draft, Post
from omnipub.sandbox.network import SandboxState
from omnipub.sandbox.networks.linkedin.errors import refused, unprocessable
from omnipub.sandbox.networks.linkedin.little_text import LittleTextError, plain

NETWORK = "linkedin"
COMMENTARY_CHARACTERS = 3_000
FIRST_SHARE = 7_400_000_000_000_000_000

AUTHOR = shapes.text(pattern=r"urn:li:(organization|person):[\w-]+")
_IMAGE = shapes.text(pattern=r"urn:li:image:[\w-]+")
_PICTURE = shapes.fields({"id": _IMAGE}, {"altText": shapes.text()})
_CONTENT = shapes.one_of(
    {
        "article": shapes.fields(
            {"source": shapes.WEB_ADDRESS, "title": shapes.text(pattern=r"(?s).*\S.*")},
            {"description": shapes.text(), "thumbnail": _IMAGE, "thumbnailAltText": shapes.text()},
        ),
        "media": shapes.fields({"id": _IMAGE}, {"altText": shapes.text(), "title": shapes.text()}),
        "multiImage": shapes.fields({"images": shapes.rows(_PICTURE, least=2, most=20)}, {"altText": shapes.text()}),
    }
)
_DISTRIBUTION = shapes.fields(
    {
        "feedDistribution": shapes.text("MAIN_FEED", "NONE"),
        "targetEntities": shapes.rows(shapes.anything, most=100),
        "thirdPartyDistributionChannels": shapes.rows(shapes.anything, most=100),
    }
)
_POST = shapes.fields(
    {
        "author": AUTHOR,
        "commentary": shapes.text(),
        "visibility": shapes.text("PUBLIC", "CONNECTIONS", "LOGGED_IN"),
        "distribution": _DISTRIBUTION,
        "lifecycleState": shapes.text("PUBLISHED"),
        "isReshareDisabledByAuthor": shapes.flag,
    },
    {"content": _CONTENT},
)

_UPDATE = shapes.fields({"patch": shapes.fields({"$set": shapes.fields({"commentary": shapes.text()})})})


def draft(body: object, stock: SandboxState) -> Draft:
    """The post that a create request describes.

    Raises:
        RefusalError: 422 for a wrong shape; 400 for malformed little text or an image never uploaded.
    """
    problems = _POST(body, "")
    if problems:
        raise unprocessable(problems)
    assert isinstance(body, dict)  # noqa: S101 - the shape has just said so
    text = _text(body["commentary"])
    content = body.get("content", {})
    if not (text.strip() or content):
        raise unprocessable([shapes.Problem("/commentary", "value", "must say something where there is no content")])
    return Draft(
        network=NETWORK,
        account=body["author"],
        name=lambda number: f"urn:li:share:{FIRST_SHARE + number}",
        text=text,
        link=content.get("article", {}).get("source", ""),
        media=[_picture(named, body["author"], stock) for named in _named_images(content)],
        sent=body,
    )


def edited(body: object) -> tuple[str, str]:
    """The commentary that an update sets, as it was sent and as a reader sees it.

    Raises:
        RefusalError: 422 for a wrong shape; 400 for malformed little text.
    """
    problems = _UPDATE(body, "")
    if problems:
        raise unprocessable(problems)
    assert isinstance(body, dict)  # noqa: S101 - the shape has just said so
    commentary = str(body["patch"]["$set"]["commentary"])
    return commentary, _text(commentary)


def element(post: Post) -> dict[str, object]:
    """A post as LinkedIn's finder lists it, its commentary escaped as it was sent."""
    return post.sent | {
        "id": post.id,
        "createdAt": post.received_at,
        "publishedAt": post.received_at,
        "lastModifiedAt": post.touched_at or post.received_at,
    }


def _text(commentary: str) -> str:
    try:
        text = plain(commentary)
    except LittleTextError as error:
        raise refused("argument", f"sandbox: commentary: {error}") from error
    if len(text) > COMMENTARY_CHARACTERS:
        at_most = f"has {len(text)} characters; at most {COMMENTARY_CHARACTERS} fit"
        raise unprocessable([shapes.Problem("/commentary", "value", at_most)])
    return text


def _named_images(content: Mapping[str, Any]) -> list[dict[str, str]]:
    """Pictures as {id, altText}; an article's thumbnail counts as its picture."""
    if "media" in content:
        return [content["media"]]
    if "multiImage" in content:
        images: list[dict[str, str]] = content["multiImage"]["images"]
        return images
    article = content.get("article", {})
    return [{"id": article["thumbnail"]}] if "thumbnail" in article else []


def _picture(named: Mapping[str, str], author: str, stock: SandboxState) -> dict[str, str]:
    picture = stock.pictures.uploaded(NETWORK, author, named["id"])
    if picture is None:
        raise refused("argument", f"{named['id']} was never uploaded by {author}")
    return picture | {"alt": named.get("altText", "")}
