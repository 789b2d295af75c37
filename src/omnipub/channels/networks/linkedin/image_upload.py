"""Uploads of images: LinkedIn names a place for the bytes, and the image's URN."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from omnipub.channels.answers import accepted
from omnipub.channels.drafting import bearer, part
from omnipub.domain.conversation import Account, Request, Response, Secret


@dataclass(frozen=True)
class UploadSlot:
    """Where the bytes of an image go, and the URN it will have."""

    url: str
    image: str


def place_in(answer: Response, account: Account) -> UploadSlot | None:
    """Return the place that an answer names; None if it names none that the bytes may go to."""
    value = answer.body.get("value") if accepted(answer) and isinstance(answer.body, dict) else None
    if not isinstance(value, dict):
        return None
    url, image = value.get("uploadUrl"), value.get("image")
    if not (isinstance(url, str) and isinstance(image, str) and image):
        return None
    return UploadSlot(url, image) if url.startswith("https://") or _at_home(url, account) else None


def upload_request(place: UploadSlot, image: dict[str, Any], account: Account) -> Request:
    """The token goes to LinkedIn's hosts alone, and another host must be one that everybody may reach."""
    host = urlsplit(place.url).hostname or ""
    trusted = _at_home(place.url, account) or host.endswith(".linkedin.com")
    return Request(
        method="PUT",
        url=place.url,
        headers={"Authorization": bearer(account)} if trusted else {},
        media=part(image),
        user_given=not trusted,  # LinkedIn's own word, but of a place that is not its own
        secrets=(Secret(urlsplit(place.url).query),),  # who has the address may upload
        repeatable=True,
    )


def _at_home(url: str, account: Account) -> bool:
    return url.startswith(f"{account.base_url}/")
