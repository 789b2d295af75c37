"""Bluesky, through the account's own data server.

A post is a record under a key that its author chooses, and `swapRecord: null` lets a put create it, or
leave it if it is there exactly so. The same put twice is one post, as long as the record does not change:
so all of it is frozen, its time of creation too.

A connection's token is an app password. It opens sessions, of which an account gets 30 in five minutes
and 300 in a day; so a session is kept in this process, and opened again when it is over. Each process
opens its own, 15 a day.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
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
    sound_token,
    text_in,
    unclear,
    words,
)
from omnipub.channels.drafting import images_of, part, text_with_link
from omnipub.channels.networks.bluesky.facets import facets
from omnipub.channels.networks.bluesky.record_key import record_key
from omnipub.channels.networks.bluesky.sessions import Sessions
from omnipub.channels.numbers import moment_of, whole_number
from omnipub.domain.announcement_templates import SHORT
from omnipub.domain.conversation import (
    Account,
    Channel,
    FrozenBody,
    Looking,
    Occasion,
    Published,
    Publishing,
    Request,
    RequestFailedError,
    Response,
    Secret,
)
from omnipub.domain.delivery.outcome import Ended, FoundPost, Outcome, Sighting
from omnipub.domain.delivery.rules import Remedy
from omnipub.domain.limits import Limits, Unit
from omnipub.domain.message import Content
from omnipub.domain.network import OwnAddress, PostIds, SandboxAccount, Tokens
from omnipub.domain.timestamps import EPOCH, to_text
from omnipub.strict_json import loads

TITLE = "Bluesky"
POSTS = "app.bsky.feed.post"


REGAIN = timedelta(minutes=5)
"""How long to stay away when Bluesky throttles without saying how long: the span of its shortest limits."""

LOGIN_TIMEOUT = 10.0
LOOK_TIMEOUT = 10.0
PAGE_SIZE = 100
PAGES_AT_MOST = 10

_FAR = 10**11
"""Seconds after 1970; no limit begins anew later than the year 5138."""

SESSION_OVER = frozenset({"ExpiredToken", "InvalidToken", "AuthMissing"})
"""The session no longer counts, so the request did nothing. The first comes with status 400."""

TAKEDOWN = "AccountTakedown"

NO_HANDLE = "handle.invalid"
"""What Bluesky says for a handle that does not lead to the account."""

_PASSWORD = Verdict(Ended.AUTH, "Bluesky does not accept the app password; connect the account with a new one.")
_SESSION = Verdict(Ended.AUTH, "Bluesky accepts no session of this account; connect it with a new app password.")
_TAKEN_DOWN = Verdict(Ended.AUTH, "Bluesky has taken this account down; its owner has to talk to Bluesky.")
_THROTTLED = Verdict(Ended.THROTTLED, "Bluesky asks to slow down.")
_RECORD = Verdict(Ended.REJECTED, "Bluesky does not accept the post as it is.")
_KEPT = Verdict(Ended.REJECTED, "Bluesky does not delete the post.")
_IMAGE = Verdict(Ended.REJECTED, "Bluesky does not accept one of the images.")
_OTHER = Verdict(Ended.ALREADY_THERE, "Bluesky has another post under this delivery's key, and keeps it.")

# A takedown refuses every post of the account, not this one: so the account is held, and no post is failed.
BY_ERROR: Mapping[str, Verdict] = MappingProxyType(
    dict.fromkeys(SESSION_OVER, _SESSION)
    | {
        "AuthenticationRequired": _PASSWORD,
        "AccountTakedown": _TAKEN_DOWN,
        "RateLimitExceeded": _THROTTLED,
        "InvalidRequest": _RECORD,
        "BlobNotFound": _IMAGE,
        "InvalidMimeType": _IMAGE,
        "InvalidSwap": _OTHER,
    }
)

# For errors without a known name. A 5xx stands in neither table: after a put it is ambiguous, and the
# same put again finds out.
BY_STATUS: Mapping[int, Verdict] = MappingProxyType({400: _RECORD, 401: _PASSWORD, 413: _IMAGE, 429: _THROTTLED})


_POST_URI = re.compile(
    rf"at://(?P<author>did:[a-z]{{1,32}}:[A-Za-z0-9._:%-]{{1,256}})/{re.escape(POSTS)}/(?P<key>[A-Za-z0-9._:~-]{{1,512}})"
)
_ERROR_NAME = re.compile(r"[A-Za-z]\w{0,63}")


class Bluesky(Channel):
    """Posts of an account; `account.id` is its DID or its handle."""

    name = "bluesky"
    title = TITLE
    base_url = "https://bsky.social"
    own_ids = False  # the same handle may be on two data servers, and nobody has asked them yet
    settle = timedelta(0)  # nothing waits for a look-up: the same put again tells
    pace = timedelta(seconds=2.2)  # 5,000 points an hour and account, 3 for each new post
    limits = Limits(
        text=((300, Unit.GRAPHEMES), (3_000, Unit.BYTES)),
        images=4,
        image_types=("image/jpeg", "image/png"),  # GIFs would be taken, and stand still
        image_bytes=2_000_000,
        alt_text=2_000,  # what Bluesky's own app allows; the record's definition names no bound
    )

    post_ids = PostIds(
        network=TITLE,
        pattern=_POST_URI,
        like=f"at://, the account's DID, /{POSTS}/ and the post's key, like at://did:plc:…/{POSTS}/3m2qrrgw222xy",
        found="The key is the last part of the post's address: https://bsky.app/profile/ada.example.com/post/3m2qrrgw222xy",
    )

    own_address = OwnAddress(whose="Bluesky's data servers", server="data server")
    tokens = Tokens(patterns=(r"[a-z0-9]{4}(-[a-z0-9]{4}){3}",))  # app passwords
    announcement = SHORT
    sandbox_account = SandboxAccount(id="did:plc:omnipubsandboxaccount222", title="Sandbox account")

    def __init__(self) -> None:
        self._sessions = Sessions()

    def remedy(self, account_id: str) -> Remedy:
        """A put under the same key cannot double."""
        del account_id
        return Remedy.RESEND

    def text(self, content: Content) -> str:
        """The text; beside images it carries the link, as a post has a card or images."""
        return text_with_link(content)

    def render(self, content: Content, occasion: Occasion) -> FrozenBody:
        """The record as JSON, its key, and the images; only these are still missing in the record."""
        text = self.text(content)
        record: dict[str, Any] = {"$type": POSTS, "text": text, "createdAt": to_text(occasion.moment)}
        marked = facets(text, content.link)
        if marked:
            record["facets"] = marked
        if content.link and not content.media:
            record["embed"] = {"$type": "app.bsky.embed.external", "external": _card(content)}
        return {
            "rkey": record_key(occasion),
            # As text, because its numbers must come back from the table as the same numbers.
            "record": json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":")),
            "media": images_of(content),
        }

    def text_of(self, frozen: FrozenBody) -> str:
        """The text."""
        return str(loads(frozen["record"], lenient=True)["text"])

    def links_of(self, frozen: FrozenBody) -> tuple[str, ...]:
        """The link of the card."""
        return _links_in(loads(frozen["record"], lenient=True))

    def publish(self, frozen: FrozenBody, account: Account, now: Callable[[], datetime]) -> Publishing:
        """Upload the images, then put the record.

        An upload may be repeated: Bluesky names bytes by their content, so the record stays the same.
        """
        return self._signed_in(_put(frozen, account, now), account, now)

    def look_up(self, account: Account, since: datetime) -> Looking:
        """Read the account's posts until one is older than `since`; everybody may.

        They come in the order of their keys, and keys are their authors' choice. So a look shows posts,
        but only one that saw the very first post says that there are no others.
        """
        seen: list[FoundPost] = []
        cursor = ""
        for _ in range(PAGES_AT_MOST):
            query = {"repo": account.id, "collection": POSTS, "limit": str(PAGE_SIZE)}
            answer = yield _request(
                "GET",
                account,
                "com.atproto.repo.listRecords",
                query=query | ({"cursor": cursor} if cursor else {}),
                total_timeout=LOOK_TIMEOUT,
            )
            page = _page_of(answer, account)
            if page is None:
                return Sighting(failed=_failure(answer, publishes=False))
            seen += page.posts
            if not (page.posts and page.cursor):
                return Sighting(posts=tuple(seen), reaches_back_to=since)
            if seen[-1].created_at < since:
                break
            if page.cursor == cursor or len(page.cursor) > CURSOR_AT_MOST:
                return Sighting(posts=tuple(seen), doubt=ASTRAY)
            cursor = page.cursor
        return Sighting(posts=tuple(seen))

    def delete(self, network_id: str, account: Account) -> Publishing:
        """Delete a post; one that is gone already is gone. A missing answer is ambiguous."""
        return self._signed_in(_delete(network_id, account), account)

    def check(self, account: Account) -> Publishing:
        """Open a session, which is all that an app password is for; it is not kept."""
        answer = yield _login(account)
        if _session_in(answer) is not None:
            known_as = answer.body.get("handle")
            unknown = not isinstance(known_as, str) or known_as == NO_HANDLE
            handle = account.id if unknown else words(known_as)
            return Outcome(
                ended=Ended.PUBLISHED, network_id=account.id, sentence=f"{TITLE} opens sessions of “{handle}”."
            )
        failed = _failure(answer, publishes=False, login=True)
        # A new password would not help an account that was taken down.
        return replace(failed, ended=Ended.REJECTED) if failed.code == TAKEDOWN else failed

    def _signed_in(self, talk: Publishing, account: Account, now: Callable[[], datetime] | None = None) -> Publishing:
        """Hold `talk` with a session, opening one if there is none, and once more if it turns out to be over.

        Without a clock a session's age cannot be told: then one that is known is tried, and none is kept.
        """
        session = self._sessions.find(account, now() if now else None)
        renewed = False
        go_on: Callable[[], Request | Published] = partial(next, talk)
        while True:
            try:
                request = go_on()
            except StopIteration as end:
                outcome: Outcome = end.value
                return outcome
            if isinstance(request, Published):
                yield request
                go_on = partial(next, talk)
                continue
            if session is None:
                answer = yield _login(account)
                session = _session_in(answer)
                if session is None:
                    return _failure(answer, publishes=False, now=now() if now else None, login=True)
                if now:
                    self._sessions.keep(account, session, now())
            try:
                answer = yield replace(request, headers={"Authorization": session})
            except RequestFailedError as error:
                go_on = partial(talk.throw, error)
                continue
            if not renewed and _error_in(answer) in SESSION_OVER:
                self._sessions.drop(account, session)
                session, renewed = None, True
                go_on = partial(_same, request)
                continue
            go_on = partial(talk.send, answer)


def _same(request: Request) -> Request:
    return request


class _Credentials(dict[str, str]):
    """The body of a login: sent like any other, but never shown."""

    def __repr__(self) -> str:
        return "_Credentials('***')"


# --- What is written


def _card(content: Content) -> dict[str, str]:
    """Bluesky does not fetch the page: what stands on the card is ours to give, and both words are required."""
    title = content.link_title.strip() or urlsplit(content.link).hostname or content.link
    return {"uri": content.link, "title": title, "description": ""}


def permalink(uri: str, account: Account) -> str:
    """Where a person sees the post: on Bluesky, wherever the account's data are, or on the sandbox's pages.

    A data server is addressed by its origin alone; the sandbox, which has many networks, by a path.
    """
    stand_in = urlsplit(account.base_url)
    if stand_in.path == f"/{Bluesky.name}":
        return f"{stand_in.scheme}://{stand_in.netloc}/posts/{Bluesky.name}/{quote(uri, safe='')}"
    post = _POST_URI.fullmatch(uri)
    return f"https://bsky.app/profile/{post['author']}/post/{post['key']}" if post else ""


# --- What is said and answered


def _put(frozen: FrozenBody, account: Account, now: Callable[[], datetime]) -> Publishing:
    record = loads(frozen["record"], lenient=True)
    pictures = []
    for image in frozen["media"]:
        answer = yield _request("POST", account, "com.atproto.repo.uploadBlob", media=part(image), repeatable=True)
        blob = _blob_in(answer)
        if blob is None:
            return _failure(answer, publishes=False, now=now())
        pictures.append({"alt": image["alt"], "image": blob})
    if pictures:
        record["embed"] = {"$type": "app.bsky.embed.images", "images": pictures}
    body = {
        "repo": account.id,
        "collection": POSTS,
        "rkey": frozen["rkey"],
        "swapRecord": None,  # left out, it would mean "whatever is there": a put could overwrite
        "record": record,
    }
    answer = yield _request("POST", account, "com.atproto.repo.putRecord", json=body, publishes=True, repeatable=True)
    # Without `commit` in the answer this very record was there already: as much ours, and as much out.
    uri = _uri_in(answer)
    if not uri:
        return _failure(answer, publishes=True, now=now())
    yield Published(network_id=uri)
    return Outcome(ended=Ended.PUBLISHED, network_id=uri, permalink=permalink(uri, account))


def _delete(network_id: str, account: Account) -> Publishing:
    body = {"repo": account.id, "collection": POSTS, "rkey": network_id.rpartition("/")[2]}
    answer = yield _request("POST", account, "com.atproto.repo.deleteRecord", json=body, publishes=True)
    if not accepted(answer):
        return _failure(answer, publishes=True, refused=_KEPT)
    # Without `commit` in the answer nothing was left to delete.
    if isinstance(answer.body, dict) and "commit" not in answer.body:
        return already_gone(TITLE, network_id)
    return Outcome(ended=Ended.PUBLISHED, network_id=network_id)


def _login(account: Account) -> Request:
    return _request(
        "POST",
        account,
        "com.atproto.server.createSession",
        json=_Credentials(identifier=account.id, password=account.token.reveal()),
        total_timeout=LOGIN_TIMEOUT,
    )


def _request(
    method: str, account: Account, name: str, *, query: Mapping[str, str] = MappingProxyType({}), **more: Any
) -> Request:
    asked = f"?{urlencode(query)}" if query else ""
    # Another data server's address is its user's word, so it must pass the address guard.
    elsewhere = account.base_url != Bluesky.base_url
    return Request(method=method, url=f"{account.base_url}/xrpc/{name}{asked}", user_given=elsewhere, **more)


def _session_in(answer: Response) -> Secret | None:
    """What the Authorization header says in this session."""
    token = answer.body.get("accessJwt") if accepted(answer) and isinstance(answer.body, dict) else None
    return Secret(f"Bearer {token}") if sound_token(token) else None


def _blob_in(answer: Response) -> dict[str, Any] | None:
    blob = answer.body.get("blob") if accepted(answer) and isinstance(answer.body, dict) else None
    return blob if isinstance(blob, dict) else None


def _uri_in(answer: Response) -> str:
    uri = answer.body.get("uri") if accepted(answer) and isinstance(answer.body, dict) else None
    return uri if isinstance(uri, str) and _POST_URI.fullmatch(uri) else ""


@dataclass(frozen=True)
class _Page:
    posts: tuple[FoundPost, ...]
    cursor: str


def _page_of(answer: Response, account: Account) -> _Page | None:
    """A page of posts; None if the answer is none, because a post that cannot be read cannot be ruled out."""
    if not accepted(answer):
        return None
    try:
        posts = tuple(
            FoundPost(
                network_id=(uri := text_in(record["uri"])),
                text=record["value"]["text"],
                created_at=moment_of(record["value"]["createdAt"]),
                permalink=permalink(uri, account) if _POST_URI.fullmatch(uri) else "",
                links=_links_in(record["value"]),
            )
            for record in answer.body["records"]
        )
        return _Page(posts, text_in(answer.body.get("cursor")))
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return None


def _links_in(record: Mapping[str, Any]) -> tuple[str, ...]:
    """The links of a record that do not stand in its text: the card's, and those behind other words."""
    embed = record.get("embed") or {}
    card = embed.get("external", {}).get("uri") if embed.get("$type") == "app.bsky.embed.external" else None
    features = [feature for facet in record.get("facets") or () for feature in facet.get("features", ())]
    behind = [feature["uri"] for feature in features if feature.get("$type") == "app.bsky.richtext.facet#link"]
    return tuple(map(str, (*((card,) if card else ()), *behind)))


def _failure(
    answer: Response,
    *,
    publishes: bool,
    now: datetime | None = None,
    login: bool = False,
    refused: Verdict = _RECORD,
) -> Outcome:
    """What an answer without the expected content means; `refused` is said where the request itself is wrong."""
    name = _error_in(answer)
    said = words(answer.body.get("message") if isinstance(answer.body, dict) else "")
    verdict = BY_ERROR.get(name) or BY_STATUS.get(answer.status)
    verdict = refused if verdict is _RECORD else verdict
    if login and verdict and verdict.ended is Ended.REJECTED:
        verdict = _PASSWORD  # what is wrong with a login is wrong with the account, and not with the post
    if verdict is None:
        return unclear(answer, network=TITLE, publishes=publishes, said=said, code=name)
    return Outcome(
        ended=verdict.ended,
        code=name or str(answer.status),
        sentence=sentence(verdict.sentence, TITLE, said),
        wait=_wait(answer, now) if verdict.ended is Ended.THROTTLED else None,
    )


def _error_in(answer: Response) -> str:
    name = answer.body.get("error") if isinstance(answer.body, dict) else None
    return name if isinstance(name, str) and _ERROR_NAME.fullmatch(name) else ""


def _wait(answer: Response, now: datetime | None) -> timedelta:
    """How long to stay away: as asked, else until the limit that was reached begins anew."""
    asked = asked_wait(answer, now)
    reset = answer.headers.get("ratelimit-reset", "")
    seconds = whole_number(reset, most=_FAR)
    if asked or now is None or seconds is None:
        return asked or REGAIN
    return bounded_wait(EPOCH + timedelta(seconds=seconds) - now)
