"""Facebook pages, through the Graph API.

Graph answers 400 to nearly everything, bad tokens and throttling too: the code in the body decides,
never the status. It has no idempotency key, so exactly one request of a conversation publishes.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from omnipub.channels.answers import (
    ASTRAY,
    CURSOR_AT_MOST,
    Verdict,
    accepted,
    already_gone,
    asked_wait,
    bounded_wait,
    sentence,
    text_in,
    unclear,
    words,
)
from omnipub.channels.drafting import bearer, images_of, part, text_with_link
from omnipub.channels.numbers import moment_of, whole_number
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
)
from omnipub.domain.delivery.outcome import Ended, FoundPost, Outcome, Sighting
from omnipub.domain.delivery.rules import Remedy
from omnipub.domain.limits import Limits, Unit
from omnipub.domain.message import Content
from omnipub.domain.network import PostIds, SandboxAccount, Tokens
from omnipub.domain.validation import web_address
from omnipub.strict_json import loads

VERSION = "v26.0"
TITLE = "Facebook"

ATTACHMENTS = "attachments{type,url,unshimmed_url}"
"""What a post shows beside its text; the second address is the one without Facebook's own around it."""
HOST = "facebook.com"

REGAIN = timedelta(hours=1)
"""How long to stay away when Graph throttles without saying how long."""

TOO_FAST = timedelta(hours=3)
"""1390008 asks for "hours" and never says how many."""

PAGE_SIZE = 50
PAGES_AT_MOST = 20
LOOK_TIMEOUT = 10.0

TOO_MANY = f"The page has more than {PAGE_SIZE * PAGES_AT_MOST:,} posts since the try; a look reads no more."

_FAR = 10**9
"""No code of Graph's and no number of minutes is larger."""

_THROTTLED = Verdict(Ended.THROTTLED, "Facebook asks to slow down.")
_TOKEN = Verdict(Ended.AUTH, "Facebook no longer accepts the page's token; connect the page again.")
_PERMISSION = Verdict(Ended.REJECTED, "The token may not do this; connect the page again and grant what is asked.")
_PARAMETER = Verdict(Ended.REJECTED, "Facebook does not accept the post as it is.")
_FILE = Verdict(Ended.REJECTED, "Facebook does not accept one of the images; JPEG or PNG of less than 4 MB work best.")
_BLOCKED = Verdict(Ended.REJECTED, "Facebook refuses the post under its rules, or has restricted the page.")
_DUPLICATE = Verdict(Ended.ALREADY_THERE, "Facebook has the same post already.")

# Missing on purpose are 1, 2, 1363047, 1609010 and whatever Graph may invent: a failure of the service
# is `unclear`, and what that means depends on whether the request publishes.
BY_CODE: Mapping[int, Verdict] = MappingProxyType(
    dict.fromkeys((4, 17, 32, 613, *range(80000, 80007), 80008, 80009, 80014), _THROTTLED)
    | dict.fromkeys((102, 190), _TOKEN)
    | dict.fromkeys((3, 10, *range(200, 300)), _PERMISSION)
    | {100: _PARAMETER, 368: _BLOCKED, 506: _DUPLICATE}
)

# Their source names these without saying whether they come as code or as subcode; both are looked up.
BY_EITHER: Mapping[int, Verdict] = MappingProxyType(
    {
        1390008: Verdict(Ended.THROTTLED, "Facebook finds that this page posts too fast."),
        1404078: Verdict(Ended.AUTH, "Facebook wants the page's owner to authorise publishing in the page's settings."),
        1346003: _BLOCKED,
        1404102: _BLOCKED,
        1404112: _BLOCKED,
        4854002: Verdict(Ended.REJECTED, "Facebook wants the page's owner to confirm their identity first."),
        1609008: Verdict(Ended.REJECTED, "Facebook does not accept links to facebook.com in a post."),
        2061006: Verdict(Ended.REJECTED, "Facebook does not accept the link."),
        1349125: _PARAMETER,
        1366046: _FILE,
        2069019: _FILE,
        1366051: _DUPLICATE,
    }
)

# Only for answers without a known code, which come from what stands in front of Graph.
BY_STATUS: Mapping[int, Verdict] = MappingProxyType({429: _THROTTLED})

OBJECT_UNSEEN = (100, 33)
"""Code and subcode of "no such object, or this token cannot see it"."""

OWNER_MUST_AUTHORISE = 1404078
"""Of the codes that hold an account, the one that no new token helps against."""

_KEPT = Verdict(Ended.REJECTED, "Facebook does not delete the post.")
_UNSEEN = Verdict(Ended.REJECTED, "Facebook shows no such post to this page's token; it may be gone already.")


class Facebook(Channel):
    """Posts of a page; `account.id` is the page's id."""

    name = "facebook"
    title = TITLE
    base_url = "https://graph.facebook.com"
    own_ids = True
    settle = timedelta(seconds=30)  # new posts take seconds to be listed
    pace = timedelta(seconds=1)  # the limit is a budget of a day; this only keeps a release from being a burst
    limits = Limits(
        text=((63_206, Unit.CHARACTERS),),
        images=10,
        image_types=("image/jpeg", "image/png"),
        image_bytes=3_999_999,  # "less than 4 MB", read in the narrower way
        alt_text=1_000,  # ours: the reference names no number
    )
    post_ids = PostIds(
        network=TITLE,
        # A number alone is a photo or a video: Graph does not find a post by it.
        pattern=re.compile(r"[0-9]+_[0-9]+"),
        like="the page's number, _ and the post's number, like 100000000000001_122100000000002",
        found="The post's number is in its address, often the last part; the page's is the account's id.",
    )

    tokens = Tokens(patterns=(r"EAA[A-Za-z0-9]{20,}",))
    announcement = Template(
        tone=Tone.FRIENDLY,
        opening="Congratulations, {member}! 🎉\n\n{member} has earned the {name} certification.",
        closing="Well done! Leave your congratulations in the comments.",
        personal=True,
        link=True,
        hashtags=True,
    )
    sandbox_account = SandboxAccount(id="100000000000001", title="Sandbox page")

    def remedy(self, account_id: str) -> Remedy:
        """A page's published posts can be listed."""
        del account_id
        return Remedy.LOOK_UP

    def text(self, content: Content) -> str:
        """The message; beside images it carries the link too, which Graph would not show otherwise."""
        return text_with_link(content)

    def render(self, content: Content, occasion: Occasion) -> FrozenBody:
        """The fields of the feed request, and the images to be attached to it."""
        del occasion
        post: dict[str, Any] = {"published": True}
        message = self.text(content)
        if message:
            post["message"] = message
        if content.link and not content.media:
            post["link"] = content.link
        return {"post": post, "media": images_of(content)}

    def text_of(self, frozen: FrozenBody) -> str:
        """The message."""
        return str(frozen["post"].get("message", ""))

    def links_of(self, frozen: FrozenBody) -> tuple[str, ...]:
        """The link of the card."""
        link = frozen["post"].get("link")
        return (str(link),) if link else ()

    def publish(self, frozen: FrozenBody, account: Account, now: Callable[[], datetime]) -> Publishing:
        """Upload the images as unpublished photos, one or many alike, then publish one feed post.

        A single image could go out as a published photo with one request less. But then the post would
        have another kind of id and look-up, and an upload could not be repeated without a double.
        """
        attached = []
        for image in frozen["media"]:
            answer = yield _request(
                "POST",
                account,
                f"{account.id}/photos",
                form={"published": "false"} | ({"alt_text_custom": image["alt"]} if image["alt"] else {}),
                media=part(image, "source"),
            )
            photo = _id_in(answer)
            if not photo:
                return _failure(answer, publishes=False, now=now())
            attached.append({"media_fbid": photo})
        post = dict(frozen["post"]) | ({"attached_media": attached} if attached else {})
        answer = yield _request(
            "POST",
            account,
            f"{account.id}/feed",
            query={"fields": "id,permalink_url"},
            json=post,
            publishes=True,
        )
        network_id = _id_in(answer)
        if not network_id:
            return _failure(answer, publishes=True, now=now())
        yield Published(network_id=network_id)
        permalink = permalink_in(answer.body, account) or f"https://www.facebook.com/{network_id}"
        return Outcome(ended=Ended.PUBLISHED, network_id=network_id, permalink=permalink)

    def look_up(self, account: Account, since: datetime) -> Looking:
        """Read the page's published posts, newest first, until one is older than `since`."""
        seen: list[FoundPost] = []
        after = ""
        for _ in range(PAGES_AT_MOST):
            query = {"fields": f"id,message,created_time,permalink_url,{ATTACHMENTS}", "limit": str(PAGE_SIZE)}
            answer = yield _request(
                "GET",
                account,
                f"{account.id}/published_posts",
                query=query | ({"after": after} if after else {}),
                total_timeout=LOOK_TIMEOUT,
            )
            page = _page_of(answer, account)
            if page is None:
                return Sighting(failed=_failure(answer, publishes=False))
            seen += page.posts
            # A post of this very second may be younger than `since`: only earlier seconds end the look.
            if not page.after or (seen and seen[-1].created_at < since.replace(microsecond=0)):
                return Sighting(posts=tuple(seen), reaches_back_to=since)
            if page.after == after or len(page.after) > CURSOR_AT_MOST:
                return Sighting(posts=tuple(seen), doubt=ASTRAY)
            after = page.after
        return Sighting(posts=tuple(seen), doubt=TOO_MANY)

    def delete(self, network_id: str, account: Account) -> Publishing:
        """Delete a post; a missing answer is ambiguous, since the public may see that it is gone.

        Graph has one error for posts that are not there and for posts that this token cannot see. A token
        that is shown the page's posts would see this one too: then it is gone.
        """
        answer = yield _request("DELETE", account, network_id, publishes=True)
        if accepted(answer) and isinstance(answer.body, dict) and answer.body.get("success") is True:
            return Outcome(ended=Ended.PUBLISHED, network_id=network_id)
        error = _error_in(answer)
        if (_number(error.get("code")), _number(error.get("error_subcode"))) == OBJECT_UNSEEN:
            query = {"fields": "id,created_time", "limit": "1"}
            shown = yield _request(
                "GET", account, f"{account.id}/published_posts", query=query, total_timeout=LOOK_TIMEOUT
            )
            if _page_of(shown, account) is not None:
                return already_gone(TITLE, network_id)
        return _failure(answer, publishes=True, refused=_KEPT)

    def check(self, account: Account) -> Publishing:
        """Ask for the page's name, which changes nothing."""
        return _check(account)


def permalink_in(post: Mapping[str, Any], account: Account) -> str:
    """Where a person sees the post, as Graph says: on Facebook, or where what stands in for it answers; else empty."""
    said = web_address(post.get("permalink_url"))
    host = urlsplit(said).hostname or ""
    at_home = host == urlsplit(account.base_url).hostname and account.base_url != Facebook.base_url
    return said if at_home or host == HOST or host.endswith(f".{HOST}") else ""


def _check(account: Account) -> Publishing:
    answer = yield _request("GET", account, account.id, query={"fields": "id,name"}, total_timeout=LOOK_TIMEOUT)
    found = _id_in(answer)
    if found == account.id:
        name = words(answer.body.get("name")) or found
        return Outcome(
            ended=Ended.PUBLISHED, network_id=found, sentence=f"{TITLE} shows the page “{name}” to the token."
        )
    if found:
        return Outcome(
            ended=Ended.REJECTED, code="other_page", sentence=f"The token belongs to the page “{words(found)}”."
        )
    failed = _failure(answer, publishes=False)
    if failed.code == "/".join(map(str, OBJECT_UNSEEN)):
        return replace(failed, sentence="Facebook shows no such page to this token; check the page's id.")
    # What the owner has to do in the page's settings is no matter of the token.
    return replace(failed, ended=Ended.REJECTED) if str(OWNER_MUST_AUTHORISE) in failed.code.split("/") else failed


def _request(
    method: str, account: Account, path: str, *, query: Mapping[str, str] = MappingProxyType({}), **more: Any
) -> Request:
    asked = f"?{urlencode(query)}" if query else ""
    return Request(
        method=method,
        url=f"{account.base_url}/{VERSION}/{quote(path)}{asked}",
        headers={"Authorization": bearer(account)},
        **more,
    )


def _id_in(answer: Response) -> str:
    if not (accepted(answer) and isinstance(answer.body, dict)):
        return ""
    found = answer.body.get("id")
    return found if isinstance(found, str) else ""


@dataclass(frozen=True)
class _Page:
    posts: tuple[FoundPost, ...]
    after: str


def _page_of(answer: Response, account: Account) -> _Page | None:
    """A page of posts; None if the answer is none, because a post that cannot be read cannot be ruled out."""
    if not accepted(answer):
        return None
    try:
        posts = tuple(
            FoundPost(
                network_id=text_in(post["id"]),
                text=post.get("message") or "",
                created_at=moment_of(post["created_time"]),
                permalink=permalink_in(post, account),
                links=_links_in(post),
            )
            for post in answer.body["data"]
        )
        paging = answer.body.get("paging", {})
        # Graph's own `next` is a whole URL that may carry a token, so only its cursor is followed.
        return _Page(posts, _cursor_in(paging) if "next" in paging else "")
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _links_in(post: Mapping[str, Any]) -> tuple[str, ...]:
    """The links of a post's cards; pictures are attachments as well, whose addresses lead to Facebook itself."""
    cards = [card for card in (post.get("attachments") or {}).get("data", ()) if card.get("type") == "share"]
    return tuple(str(card.get("unshimmed_url") or card.get("url") or "") for card in cards)


def _cursor_in(paging: Mapping[str, Any]) -> str:
    after = paging["cursors"]["after"]
    if not (isinstance(after, str) and after):
        raise ValueError("a list that goes on says where")
    return after


def _failure(
    answer: Response,
    *,
    publishes: bool,
    now: datetime | None = None,
    refused: Verdict = _PARAMETER,
) -> Outcome:
    """What an answer without the expected content means; `refused` is said where a parameter is wrong."""
    error = _error_in(answer)
    code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
    said = words(error.get("error_user_msg") or error.get("message"))
    verdict = _UNSEEN if (code, subcode) == OBJECT_UNSEEN else BY_EITHER.get(subcode) or BY_EITHER.get(code)
    verdict = verdict or BY_CODE.get(code) or BY_STATUS.get(answer.status)
    verdict = refused if verdict is _PARAMETER else verdict
    name = f"{code}/{subcode}" if subcode else str(code or f"http_{answer.status}")
    passing = verdict is not None and verdict.ended is Ended.REJECTED and error.get("is_transient") is True
    if verdict is None or passing:  # what Graph itself calls transient is not refused for good
        return unclear(answer, network=TITLE, publishes=publishes, said=said, code=name)
    return Outcome(
        ended=verdict.ended,
        code=name,
        sentence=sentence(verdict.sentence, TITLE, said),
        wait=_wait(answer, {code, subcode}, now) if verdict.ended is Ended.THROTTLED else None,
    )


def _error_in(answer: Response) -> Mapping[str, Any]:
    error = answer.body.get("error") if isinstance(answer.body, dict) else None
    return error if isinstance(error, dict) else {}


def _number(value: object) -> int:
    return whole_number(value, most=_FAR) or 0


def _wait(answer: Response, codes: set[int], now: datetime | None) -> timedelta:
    """How long to stay away: Graph's own estimate, which comes as JSON in a header, else a rule of thumb."""
    usual = TOO_FAST if 1390008 in codes else REGAIN  # noqa: PLR2004 - a code of the table above
    try:
        usage = loads(answer.headers.get("x-business-use-case-usage", "{}"), lenient=True)
        estimates = [_number(row["estimated_time_to_regain_access"]) for rows in usage.values() for row in rows]
    except (AttributeError, KeyError, TypeError, ValueError):
        estimates = []
    minutes = max(estimates, default=0)
    if not minutes:
        return asked_wait(answer, now) or usual
    return bounded_wait(timedelta(minutes=minutes))
