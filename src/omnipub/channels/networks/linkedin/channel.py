"""LinkedIn, for organisations and people, through the Posts API.

A post's text is "little text", in which fourteen characters are mark-up. An unescaped one cuts the
post off without an error, so everything is escaped that an author may type.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlsplit

from omnipub.channels.answers import accepted, already_gone, sound_token
from omnipub.channels.drafting import images_of, text_with_link
from omnipub.channels.networks.linkedin.account_check import check_member, check_organisation
from omnipub.channels.networks.linkedin.endpoint import BASE_URL, NAME, ORGANISATION, TITLE, VERSION, VERSION_ENDS
from omnipub.channels.networks.linkedin.errors import NOT_DELETED, failure_of
from omnipub.channels.networks.linkedin.finder import listed_in, page_request
from omnipub.channels.networks.linkedin.image_upload import place_in, upload_request
from omnipub.channels.networks.linkedin.listing import MOVED, PAGES_AT_MOST, STEP, TOO_MANY, Listed, meet, newest_first
from omnipub.channels.networks.linkedin.little_text import little_text, plain_text
from omnipub.channels.networks.linkedin.refresh_tokens import no_new_token, token_in, token_request
from omnipub.channels.networks.linkedin.requests import POST_URN, permalink, rest_request
from omnipub.domain.announcement_templates import Template, Tone
from omnipub.domain.conversation import Account, Channel, FrozenBody, Looking, Occasion, Published, Publishing, Secret
from omnipub.domain.delivery.outcome import Outcome, Sighting, TryEnd
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.domain.limits import Limits, Unit
from omnipub.domain.message import Content
from omnipub.domain.network import AccountIds, ApiVersion, PostIds, SandboxAccount, Tokens
from omnipub.domain.token_refresh import RefreshAnswer, Renewing


class LinkedIn(Channel):
    """Posts of an organisation or a person; `account.id` is the author's URN."""

    name = NAME
    title = TITLE
    base_url = BASE_URL
    own_ids = True
    account_ids = AccountIds(
        pattern=re.compile(r"urn:li:(?:organization|person):[A-Za-z0-9_-]{1,64}"),
        like=f"{ORGANISATION} and its number, or urn:li:person: and the member's id, like {ORGANISATION}1001",
        readings=(
            (re.compile(r"https?://(?:www\.)?linkedin\.com/company/([0-9]{1,20})(?:/\S*)?"), rf"{ORGANISATION}\1"),
            (re.compile(r"([0-9]{1,20})"), rf"{ORGANISATION}\1"),
        ),
    )
    api_version = ApiVersion(name=VERSION, ends=VERSION_ENDS)
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
        pattern=POST_URN,
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
            "Earned on {day}, it stands for many hours of study and practice. "
            "The whole team is proud of the result."
        ),
        closing="Congratulations, {member}, and all the best for whatever comes next!",
        personal=True,
        link=True,
        hashtags=True,
    )
    sandbox_account = SandboxAccount(id=f"{ORGANISATION}1001", title="Sandbox organisation")
    renewal_needs = ("refresh_token", "client_id", "client_secret")

    def remedy(self, account_id: str) -> ReconcileMethod:
        """Reading a person's posts needs a permission that LinkedIn gives to hardly anybody."""
        return ReconcileMethod.LOOK_UP if account_id.startswith(ORGANISATION) else ReconcileMethod.NONE

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
            answer = yield rest_request(
                "POST",
                account,
                "images",
                query={"action": "initializeUpload"},
                json={"initializeUploadRequest": {"owner": account.id}},
            )
            place = place_in(answer, account)
            if place is None:
                return failure_of(answer, account, publishes=False, now=now())
            answer = yield upload_request(place, image, account)
            if not accepted(answer):
                return failure_of(answer, account, publishes=False, now=now())
            pictures.append({"id": place.image} | ({"altText": image["alt"]} if image["alt"] else {}))
        post = {"author": account.id} | dict(frozen["post"])
        if pictures:
            several = len(pictures) > 1
            post["content"] = {"multiImage": {"images": pictures}} if several else {"media": pictures[0]}
        answer = yield rest_request("POST", account, "posts", json=post, publishes=True)
        urn = answer.headers.get("x-restli-id", "")
        if not (accepted(answer) and urn):
            return failure_of(answer, account, publishes=True, now=now())
        yield Published(network_id=urn)
        return Outcome(ended=TryEnd.PUBLISHED, network_id=urn, permalink=permalink(urn, account))

    def look_up(self, account: Account, since: datetime) -> Looking:
        """Read the author's posts, last modified first, until one was not touched since `since`."""
        pages: list[list[Listed]] = []
        for number in range(PAGES_AT_MOST):
            answer = yield page_request(account, start=number * STEP)
            page = listed_in(answer, account)
            if page is None:
                return Sighting(failed=failure_of(answer, account, publishes=False, may_hold=False))
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
            answer = yield page_request(account, start=0)
            top = listed_in(answer, account)
            if top is None:
                return Sighting(failed=failure_of(answer, account, publishes=False, may_hold=False))
            moved = not meet(pages[0], top)
            pages.append(top)
            if moved:
                return Sighting(posts=newest_first(pages), doubt=MOVED)
        return Sighting(posts=newest_first(pages), reaches_back_to=since)

    def delete(self, network_id: str, account: Account) -> Publishing:
        """Delete a post; a missing answer is ambiguous, since the public may see that it is gone."""
        path = f"posts/{quote(network_id, safe='')}"
        answer = yield rest_request("DELETE", account, path, rest_method="DELETE", publishes=True)
        if accepted(answer):
            return Outcome(ended=TryEnd.PUBLISHED, network_id=network_id)
        if answer.status == 404:  # noqa: PLR2004 - HTTP's own number
            return already_gone(TITLE, network_id)
        return failure_of(answer, account, publishes=True, may_hold=False, refused=NOT_DELETED)

    def check(self, account: Account) -> Publishing:
        """Ask for the organisation, or for the member that the token is of; nothing changes."""
        return check_organisation(account) if account.id.startswith(ORGANISATION) else check_member(account)

    def renew(self, account: Account, credentials: Mapping[str, Secret]) -> Renewing:
        """Get a new access token for the refresh token that LinkedIn gives to approved partners."""
        answer = yield token_request(account, credentials)
        token, lasts = token_in(answer)
        if token is None:
            return RefreshAnswer(outcome=no_new_token(answer))
        renewed = answer.body.get("refresh_token")
        return RefreshAnswer(
            outcome=Outcome(ended=TryEnd.PUBLISHED, sentence=f"{TITLE} gave a new token."),
            token=token,
            lasts=lasts,
            credentials={"refresh_token": Secret(renewed)} if sound_token(renewed) else {},
        )
