"""LinkedIn, for organisations and people, through the Posts API.

A post's text is "little text", in which fourteen characters are mark-up. An unescaped one cuts the
post off without an error, so everything is escaped that an author may type.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from omnipub.channels.answers import (
    Verdict,
    accepted,
    already_gone,
    asked_wait,
    sentence,
    sound_token,
    text_in,
    unclear,
    words,
)
from omnipub.channels.drafting import bearer, images_of, part, text_with_link
from omnipub.channels.networks.linkedin.listing import (
    MOVED,
    PAGE_SIZE,
    PAGES_AT_MOST,
    STEP,
    TOO_MANY,
    Listed,
    meet,
    newest_first,
)
from omnipub.channels.networks.linkedin.little_text import little_text, plain_text
from omnipub.channels.numbers import moment_of_milliseconds, whole_number
from omnipub.domain.announcement_templates import Template, Tone
from omnipub.domain.conversation import (
    Account,
    Channel,
    FrozenBody,
    Looking,
    Occasion,
    Published,
    Publishing,
    Request,
    Response,
    Secret,
)
from omnipub.domain.delivery.outcome import Ended, FoundPost, Outcome, Sighting
from omnipub.domain.delivery.rules import Remedy
from omnipub.domain.limits import Limits, Unit
from omnipub.domain.message import Content
from omnipub.domain.network import PostIds, SandboxAccount, Tokens
from omnipub.domain.token_refresh import Renewal, Renewing

VERSION = "202606"
PROTOCOL_VERSION = "2.0.0"
TITLE = "LinkedIn"
ORGANISATION = "urn:li:organization:"

THROTTLED_WAIT = timedelta(minutes=15)
"""A 429 names no time. The day's quota resets at midnight UTC, but the same status protects LinkedIn's
machines for minutes, so waiting for midnight at once would make most posts needlessly late. A throttled
try uses none of the delivery's tries."""

TOKENS = "https://www.linkedin.com"
"""Where tokens are renewed; the rest of the interface is elsewhere."""

YEARS = 10 * 366 * 24 * 60 * 60
"""A token that were to last longer, in seconds, is a mistake."""

LOOK_TIMEOUT = 10.0

DUPLICATE = "DUPLICATE_POST"
_POST = Verdict(Ended.REJECTED, "LinkedIn does not accept the post as it is.")
_KEPT = Verdict(Ended.REJECTED, "LinkedIn does not delete the post.")
_DUPLICATE = Verdict(Ended.ALREADY_THERE, "LinkedIn has the same post already.")

BY_STATUS: Mapping[int, Verdict] = MappingProxyType(
    {
        400: _POST,
        401: Verdict(Ended.AUTH, "LinkedIn no longer accepts the account's token; connect the account again."),
        403: Verdict(Ended.REJECTED, "The token may not do this; connect the account again and grant what is asked."),
        404: Verdict(Ended.REJECTED, "LinkedIn does not find the author or an image of the post."),
        422: _POST,
        426: Verdict(
            Ended.REJECTED,
            f"LinkedIn has switched off version {VERSION} of its interface; omnipub needs an update.",
        ),
        429: Verdict(Ended.THROTTLED, "LinkedIn asks to slow down."),
    }
)

_POST_URN = re.compile(r"urn:li:(?:share|ugcPost|activity):[0-9]{1,30}")

# Little text: a web address is escaped whole, since a `#` in it starts no hashtag.


class LinkedIn(Channel):
    """Posts of an organisation or a person; `account.id` is the author's URN."""

    name = "linkedin"
    title = TITLE
    base_url = "https://api.linkedin.com"
    own_ids = True
    settle = timedelta(seconds=60)  # how fast the finder lists a new post is not documented
    pace = timedelta(seconds=1)  # its limits are budgets of a day and not published
    limits = Limits(
        text=((3_000, Unit.CHARACTERS),),
        images=20,
        image_types=("image/jpeg", "image/png", "image/gif"),
        image_bytes=5_000_000,  # ours: LinkedIn bounds pixels (36,152,320), not bytes
        alt_text=1_000,  # ours: the reference names no number
    )

    post_ids = PostIds(
        network=TITLE,
        pattern=_POST_URN,
        like="urn:li:share:, urn:li:ugcPost: or urn:li:activity: and a number, like urn:li:share:7100000000000000001",
        found="It is the last part of the post's address: https://www.linkedin.com/feed/update/urn:li:share:…",
    )

    tokens = Tokens(patterns=(r"AQ[A-Za-z0-9_-]{40,}",))
    account_examples = MappingProxyType(
        {"person": "urn:li:person:AbC1", "organisation": f"{ORGANISATION}1001"},
    )
    announcement = Template(
        tone=Tone.WARM,
        opening=(
            "We are delighted to congratulate {member} on earning the {name} certification.\n\n"
            "Earned on {day}, it stands for many hours of study and practice, "
            "and the whole team is proud of the result."
        ),
        closing="Congratulations, {member}, and all the best for whatever comes next!",
        personal=True,
        link=True,
        hashtags=True,
    )
    sandbox_account = SandboxAccount(id=f"{ORGANISATION}1001", title="Sandbox organisation")
    renewal_needs = ("refresh_token", "client_id", "client_secret")

    def remedy(self, account_id: str) -> Remedy:
        """Reading a person's posts needs a permission that LinkedIn gives to hardly anybody."""
        return Remedy.LOOK_UP if account_id.startswith(ORGANISATION) else Remedy.NONE

    def text(self, content: Content) -> str:
        """The commentary as read; beside images it carries the link, as a post has a card or images."""
        return text_with_link(content)

    def render(self, content: Content, occasion: Occasion) -> FrozenBody:
        """The post without its author and images' URNs, and the images."""
        del occasion
        post: dict[str, Any] = {
            "commentary": little_text(self.text(content)),
            "visibility": "PUBLIC",
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
        }
        if content.link and not content.media:
            # LinkedIn does not fetch the page: a card's title is ours to give.
            title = content.link_title.strip() or urlsplit(content.link).hostname or content.link
            post["content"] = {"article": {"source": content.link, "title": title}}
        return {"post": post, "media": images_of(content)}

    def text_of(self, frozen: FrozenBody) -> str:
        """The commentary as read."""
        return plain_text(frozen["post"]["commentary"])

    def links_of(self, frozen: FrozenBody) -> tuple[str, ...]:
        """The link of the article."""
        link = frozen["post"].get("content", {}).get("article", {}).get("source")
        return (str(link),) if link else ()

    def publish(self, frozen: FrozenBody, account: Account, now: Callable[[], datetime]) -> Publishing:
        """Upload the images, then create the post: the one request that publishes."""
        pictures = []
        for image in frozen["media"]:
            answer = yield _request(
                "POST",
                account,
                "images",
                query={"action": "initializeUpload"},
                json={"initializeUploadRequest": {"owner": account.id}},
            )
            place = _place_in(answer, account)
            if place is None:
                return _failure(answer, account, publishes=False, now=now())
            answer = yield _upload(place, image, account)
            if not accepted(answer):
                return _failure(answer, account, publishes=False, now=now())
            pictures.append({"id": place.image} | ({"altText": image["alt"]} if image["alt"] else {}))
        post = {"author": account.id} | dict(frozen["post"])
        if pictures:
            several = len(pictures) > 1
            post["content"] = {"multiImage": {"images": pictures}} if several else {"media": pictures[0]}
        answer = yield _request("POST", account, "posts", json=post, publishes=True)
        urn = answer.headers.get("x-restli-id", "")
        if not (accepted(answer) and urn):
            return _failure(answer, account, publishes=True, now=now())
        yield Published(network_id=urn)
        return Outcome(ended=Ended.PUBLISHED, network_id=urn, permalink=permalink(urn, account))

    def look_up(self, account: Account, since: datetime) -> Looking:
        """Read the author's posts, last modified first, until one was not touched since `since`."""
        pages: list[list[Listed]] = []
        for number in range(PAGES_AT_MOST):
            answer = yield _posts(account, start=number * STEP)
            page = _listed_in(answer, account)
            if page is None:
                return Sighting(failed=_failure(answer, account, publishes=False))
            moved = bool(pages) and not meet(pages[-1], page)
            pages.append(page)
            if moved:
                return Sighting(posts=newest_first(pages), doubt=MOVED)
            # A page may be short because something on it is hidden from us: only an empty one is the end.
            if not page or page[-1].modified_at < since:
                break
        else:
            return Sighting(posts=newest_first(pages), doubt=TOO_MANY)
        if len(pages) > 1:
            answer = yield _posts(account, start=0)
            top = _listed_in(answer, account)
            if top is None:
                return Sighting(failed=_failure(answer, account, publishes=False))
            moved = not meet(pages[0], top)
            pages.append(top)
            if moved:
                return Sighting(posts=newest_first(pages), doubt=MOVED)
        return Sighting(posts=newest_first(pages), reaches_back_to=since)

    def delete(self, network_id: str, account: Account) -> Publishing:
        """Delete a post; a missing answer is ambiguous, since the public may see that it is gone."""
        path = f"posts/{quote(network_id, safe='')}"
        answer = yield _request("DELETE", account, path, rest_method="DELETE", publishes=True)
        if accepted(answer):
            return Outcome(ended=Ended.PUBLISHED, network_id=network_id)
        if answer.status == 404:  # noqa: PLR2004 - HTTP's own number
            return already_gone(TITLE, network_id)
        return _failure(answer, account, publishes=True, refused=_KEPT)

    def check(self, account: Account) -> Publishing:
        """Ask for the organisation, or for the member that the token is of; nothing changes."""
        return _check_organisation(account) if account.id.startswith(ORGANISATION) else _check_member(account)

    def renew(self, account: Account, credentials: Mapping[str, Secret]) -> Renewing:
        """Get a new access token for the refresh token that LinkedIn gives to approved partners."""
        answer = yield _token_request(account, credentials)
        token, lasts = _token_in(answer)
        if token is None:
            return Renewal(outcome=_no_new_token(answer))
        renewed = answer.body.get("refresh_token")
        return Renewal(
            outcome=Outcome(ended=Ended.PUBLISHED, sentence=f"{TITLE} gave a new token."),
            token=token,
            lasts=lasts,
            credentials={"refresh_token": Secret(renewed)} if sound_token(renewed) else {},
        )


def permalink(urn: str, account: Account) -> str:
    """Where a person sees the post: on LinkedIn, or on the pages of the sandbox that stands in for it."""
    if account.base_url == LinkedIn.base_url:
        return f"https://www.linkedin.com/feed/update/{urn}"
    stand_in = urlsplit(account.base_url)
    return f"{stand_in.scheme}://{stand_in.netloc}/posts/{LinkedIn.name}/{quote(urn, safe='')}"


def _request(
    method: str,
    account: Account,
    path: str,
    *,
    query: Mapping[str, str] = MappingProxyType({}),
    rest_method: str = "",
    **more: Any,
) -> Request:
    headers: dict[str, str | Secret] = {
        "Authorization": bearer(account),
        "Linkedin-Version": VERSION,
        "X-Restli-Protocol-Version": PROTOCOL_VERSION,
    }
    asked = f"?{urlencode(query)}" if query else ""
    return Request(
        method=method,
        url=f"{account.base_url}/rest/{path}{asked}",
        headers=headers | ({"X-RestLi-Method": rest_method} if rest_method else {}),
        **more,
    )


# --- Checking and renewing the token


def _check_organisation(account: Account) -> Publishing:
    number = account.id.removeprefix(ORGANISATION)
    answer = yield _request("GET", account, f"organizations/{quote(number, safe='')}", total_timeout=LOOK_TIMEOUT)
    body = answer.body if accepted(answer) and isinstance(answer.body, dict) else {}
    if str(body.get("id", "")) == number:
        name = words(body.get("localizedName")) or account.id
        return _works(account, f"{TITLE} shows the organisation “{name}” to the token.")
    return _not_shown(answer, account)


def _check_member(account: Account) -> Publishing:
    """Two interfaces tell who a member is, by what the token was granted; the second is OpenID Connect's."""
    answer = yield _request("GET", account, "me", total_timeout=LOOK_TIMEOUT)
    field = "id"
    if answer.status == 403:  # noqa: PLR2004 - HTTP's own number
        answer = yield replace(
            _request("GET", account, "me", total_timeout=LOOK_TIMEOUT), url=f"{account.base_url}/v2/userinfo"
        )
        field = "sub"
    body = answer.body if accepted(answer) and isinstance(answer.body, dict) else {}
    member = str(body.get(field) or "")
    if member and member == account.id.rpartition(":")[2]:
        return _works(account, f"{TITLE} knows the token as this member's.")
    if member:
        return Outcome(ended=Ended.REJECTED, code="other_member", sentence="The token belongs to another member.")
    return _not_shown(answer, account)


def _works(account: Account, plain: str) -> Outcome:
    return Outcome(ended=Ended.PUBLISHED, network_id=account.id, sentence=plain)


def _not_shown(answer: Response, account: Account) -> Outcome:
    """Reading who one is takes another permission than publishing: a refusal is about the former alone."""
    failed = _failure(answer, account, publishes=False)
    plain = {
        403: "The token may not read who it belongs to, so it cannot be told whether it may publish.",
        404: "LinkedIn does not find the account.",
    }.get(answer.status)
    return replace(failed, sentence=plain) if plain else failed


class _Form(bytes):
    """A body with secrets in it: sent like any other, but never shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "_Form('***')"


def _token_request(account: Account, credentials: Mapping[str, Secret]) -> Request:
    home = TOKENS if account.base_url == LinkedIn.base_url else account.base_url
    fields = {"grant_type": "refresh_token"} | {name: value.reveal() for name, value in credentials.items()}
    return Request(
        method="POST",
        url=f"{home}/oauth/v2/accessToken",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        raw=_Form(urlencode(fields).encode()),
        total_timeout=LOOK_TIMEOUT,
    )


def _token_in(answer: Response) -> tuple[Secret | None, timedelta | None]:
    body = answer.body if accepted(answer) and isinstance(answer.body, dict) else {}
    token, seconds = body.get("access_token"), whole_number(body.get("expires_in"), most=YEARS)
    lasts = timedelta(seconds=seconds) if seconds and seconds < YEARS else None
    return (Secret(token), lasts) if sound_token(token) else (None, None)


def _no_new_token(answer: Response) -> Outcome:
    body = answer.body if isinstance(answer.body, dict) else {}
    said = words(body.get("error_description") or body.get("message"))
    if answer.status in {400, 401}:
        plain = "LinkedIn does not accept the refresh token or the application; connect the account again."
        return Outcome(ended=Ended.AUTH, code=str(answer.status), sentence=sentence(plain, TITLE, said))
    if answer.status == 429:  # noqa: PLR2004 - HTTP's own number
        slower = BY_STATUS[answer.status].sentence
        return Outcome(ended=Ended.THROTTLED, code="429", sentence=slower, wait=asked_wait(answer) or THROTTLED_WAIT)
    return unclear(answer, network=TITLE, publishes=False, said=said)


@dataclass(frozen=True)
class _Place:
    """Where the bytes of an image go, and the URN it will have."""

    url: str
    image: str


def _place_in(answer: Response, account: Account) -> _Place | None:
    value = answer.body.get("value") if accepted(answer) and isinstance(answer.body, dict) else None
    if not isinstance(value, dict):
        return None
    url, image = value.get("uploadUrl"), value.get("image")
    if not (isinstance(url, str) and isinstance(image, str) and image):
        return None
    return _Place(url, image) if url.startswith("https://") or _at_home(url, account) else None


def _upload(place: _Place, image: dict[str, Any], account: Account) -> Request:
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


def _posts(account: Account, *, start: int) -> Request:
    query = {
        "author": account.id,
        "q": "author",
        "start": str(start),
        "count": str(PAGE_SIZE),
        "sortBy": "LAST_MODIFIED",
    }
    return _request("GET", account, "posts", query=query, rest_method="FINDER", total_timeout=LOOK_TIMEOUT)


def _listed_in(answer: Response, account: Account) -> list[Listed] | None:
    """A page of posts; None if the answer is none, because a post that cannot be read cannot be ruled out."""
    if not accepted(answer):
        return None
    try:
        return [
            Listed(
                post=FoundPost(
                    network_id=(urn := text_in(element["id"])),
                    text=plain_text(commentary) if isinstance(commentary := element.get("commentary", ""), str) else "",
                    created_at=moment_of_milliseconds(element["createdAt"]),
                    permalink=permalink(urn, account) if _POST_URN.fullmatch(urn) else "",
                    links=_links_in(element),
                ),
                modified_at=moment_of_milliseconds(element.get("lastModifiedAt", element["createdAt"])),
            )
            for element in answer.body["elements"]
        ]
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return None


def _links_in(element: Mapping[str, Any]) -> tuple[str, ...]:
    """The link of a post's article."""
    link = (element.get("content") or {}).get("article", {}).get("source")
    return (str(link),) if link else ()


def _failure(
    answer: Response, account: Account, *, publishes: bool, now: datetime | None = None, refused: Verdict = _POST
) -> Outcome:
    """What an answer without the expected content means; `refused` is said where the request itself is wrong."""
    body = answer.body if isinstance(answer.body, dict) else {}
    said = words(body.get("message"))
    codes = _input_codes(body)
    duplicate = answer.status == 422 and DUPLICATE in codes  # noqa: PLR2004 - HTTP's own number
    verdict = _DUPLICATE if duplicate else BY_STATUS.get(answer.status)
    verdict = refused if verdict is _POST else verdict
    code = DUPLICATE if duplicate else _word(body.get("code"))
    if verdict is None:
        return unclear(answer, network=TITLE, publishes=publishes, said=said, code=code)
    known = _POST_URN.search(str(body.get("message"))) if duplicate else None
    return Outcome(
        ended=verdict.ended,
        code=code or str(answer.status),
        sentence=sentence(verdict.sentence, TITLE, said),
        wait=(asked_wait(answer, now) or THROTTLED_WAIT) if verdict.ended is Ended.THROTTLED else None,
        network_id=known[0] if known else "",
        permalink=permalink(known[0], account) if known else "",
    )


def _input_codes(body: Mapping[str, Any]) -> set[str]:
    details = body.get("errorDetails")
    inputs = details.get("inputErrors") if isinstance(details, dict) else None
    return {_word(each.get("code")) for each in inputs or () if isinstance(each, dict)}


def _word(value: object) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"[A-Z][A-Z0-9_]{1,63}", value) else ""
