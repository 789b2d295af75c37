"""Facebook pages, through the Graph API.

Graph answers 400 to nearly everything, bad tokens and throttling too: the code in the body decides,
never the status. It has no idempotency key, so exactly one request of a conversation publishes.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from omnipub.channels.answers import ASTRAY, CURSOR_AT_MOST, accepted, already_gone
from omnipub.channels.drafting import images_of, part, text_with_link
from omnipub.channels.networks.facebook.account_check import check_page
from omnipub.channels.networks.facebook.endpoint import BASE_URL, NAME, TITLE, VERSION
from omnipub.channels.networks.facebook.errors import NOT_DELETED, OBJECT_UNSEEN, code_in, error_in, failure_of
from omnipub.channels.networks.facebook.posts import (
    ATTACHMENTS,
    PAGE_SIZE,
    PAGES_AT_MOST,
    TOO_MANY,
    page_of,
    permalink_in,
)
from omnipub.channels.networks.facebook.requests import LOOK_TIMEOUT, graph_request, id_in
from omnipub.domain.announcement_templates import Template, Tone
from omnipub.domain.conversation import Account, Channel, FrozenBody, Looking, Occasion, Published, Publishing
from omnipub.domain.delivery.outcome import FoundPost, Outcome, Sighting, TryEnd
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.domain.limits import Limits, Unit
from omnipub.domain.message import Content
from omnipub.domain.network import AccountIds, ApiVersion, PostIds, SandboxAccount, Tokens


class Facebook(Channel):
    """Posts of a page; `account.id` is the page's id."""

    name = NAME
    title = TITLE
    base_url = BASE_URL
    own_ids = True
    account_ids = AccountIds(
        pattern=re.compile(r"[0-9]{1,20}"),
        like="the page's number, like 100000000000001; Facebook shows it under About, Page transparency",
        readings=((re.compile(r"https?://(?:www\.)?facebook\.com/(?:profile\.php\?id=)?([0-9]{5,20})/?"), r"\1"),),
    )
    api_version = ApiVersion(name=VERSION)  # no end is announced
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

    def remedy(self, account_id: str) -> ReconcileMethod:
        """A page's published posts can be listed."""
        del account_id
        return ReconcileMethod.LOOK_UP

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

        A single image could go out as a published photo with one request less. But then the post would have another
        kind of id and look-up. And an upload could not be repeated without a double.
        """
        attached = []
        for image in frozen["media"]:
            answer = yield graph_request(
                "POST",
                account,
                f"{account.id}/photos",
                form={"published": "false"} | ({"alt_text_custom": image["alt"]} if image["alt"] else {}),
                media=part(image, "source"),
            )
            photo = id_in(answer)
            if not photo:
                return failure_of(answer, publishes=False, now=now())
            attached.append({"media_fbid": photo})
        post = dict(frozen["post"]) | ({"attached_media": attached} if attached else {})
        answer = yield graph_request(
            "POST",
            account,
            f"{account.id}/feed",
            query={"fields": "id,permalink_url"},
            json=post,
            publishes=True,
        )
        network_id = id_in(answer)
        if not network_id:
            return failure_of(answer, publishes=True, now=now())
        yield Published(network_id=network_id)
        permalink = permalink_in(answer.body, account) or f"https://www.facebook.com/{network_id}"
        return Outcome(ended=TryEnd.PUBLISHED, network_id=network_id, permalink=permalink)

    def look_up(self, account: Account, since: datetime) -> Looking:
        """Read the page's published posts, newest first, until one is older than `since`."""
        posts: list[FoundPost] = []
        after = ""
        for _ in range(PAGES_AT_MOST):
            query = {"fields": f"id,message,created_time,permalink_url,{ATTACHMENTS}", "limit": str(PAGE_SIZE)}
            answer = yield graph_request(
                "GET",
                account,
                f"{account.id}/published_posts",
                query=query | ({"after": after} if after else {}),
                total_timeout=LOOK_TIMEOUT,
            )
            page = page_of(answer, account)
            if page is None:
                return Sighting(failed=failure_of(answer, publishes=False, may_hold=False))
            posts += page.posts
            # A post of this very second may be younger than `since`: only earlier seconds end the look.
            if not page.after or (posts and posts[-1].created_at < since.replace(microsecond=0)):
                return Sighting(posts=tuple(posts), reaches_back_to=since)
            if page.after == after or len(page.after) > CURSOR_AT_MOST:
                return Sighting(posts=tuple(posts), doubt=ASTRAY)
            after = page.after
        return Sighting(posts=tuple(posts), doubt=TOO_MANY)

    def delete(self, network_id: str, account: Account) -> Publishing:
        """Delete a post; a missing answer is ambiguous, since the public may see that it is gone.

        Graph has one error for posts that are not there and for posts that this token cannot see. A token
        that is shown the page's posts would see this one too: then it is gone.
        """
        answer = yield graph_request("DELETE", account, network_id, publishes=True)
        if accepted(answer) and isinstance(answer.body, dict) and answer.body.get("success") is True:
            return Outcome(ended=TryEnd.PUBLISHED, network_id=network_id)
        error = error_in(answer)
        if (code_in(error.get("code")), code_in(error.get("error_subcode"))) == OBJECT_UNSEEN:
            query = {"fields": "id,created_time", "limit": "1"}
            shown = yield graph_request(
                "GET", account, f"{account.id}/published_posts", query=query, total_timeout=LOOK_TIMEOUT
            )
            if page_of(shown, account) is not None:
                return already_gone(TITLE, network_id)
        return failure_of(answer, publishes=True, may_hold=False, refused=NOT_DELETED)

    def check(self, account: Account) -> Publishing:
        """Ask for the page's name, which changes nothing."""
        return check_page(account)
