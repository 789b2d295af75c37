"""Checks a network's answer for impossible values, before anything of it is stored.

Every conversation's end passes here, whatever channel led it. Somebody else wrote what it is made of. An id may be no
id, an address no address, a wait longer than a life.
"""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

from omnipub.domain.delivery.outcome import FoundPost, Outcome, Sighting, TryEnd
from omnipub.domain.network import PostIds

LONGEST_WAIT = timedelta(days=30)
"""What is asked for beyond this is a mistake, and would overflow a date."""

PERMALINK_AT_MOST = 2_000
SENTENCE_AT_MOST = 1_000
CODE_AT_MOST = 100
TITLE_AT_MOST = 200

POSTS_AT_MOST = 2_000
"""Posts that one look may bring: each one's owner is read from the table."""

UNREADABLE_ID = "unreadable_id"
"""The code of a try that the network accepted under an id which is none."""


def valid_outcome(outcome: Outcome, ids: PostIds | None) -> Outcome:
    """`outcome` with nothing in it that cannot be true; without a valid id nothing counts as published.

    Args:
        outcome: As the channel read it.
        ids: How the network names posts; None if the conversation was about something else than a new post.
    """
    valid = replace(
        outcome,
        code=_on_one_line(outcome.code, CODE_AT_MOST),
        sentence=_on_one_line(outcome.sentence, SENTENCE_AT_MOST),
        wait=None if outcome.wait is None else max(timedelta(0), min(outcome.wait, LONGEST_WAIT)),
        permalink=web_address(outcome.permalink),
        title=_on_one_line(outcome.title, TITLE_AT_MOST),
    )
    if ids is None or ids.match(outcome.network_id):
        return valid
    if outcome.ended is TryEnd.PUBLISHED:
        plain = f"{ids.network} accepted the post under an id that is none; it is not sure what became of it."
        return Outcome(ended=TryEnd.AMBIGUOUS, code=UNREADABLE_ID, sentence=plain)
    return replace(valid, network_id="", permalink="")


def valid_sighting(sighting: Sighting, ids: PostIds) -> Sighting:
    """`sighting` with the posts that can be read; where others were, it proves nothing about what it did not show."""
    readable = [valid for post in sighting.posts[:POSTS_AT_MOST] if (valid := _valid_post(post, ids)) is not None]
    doubt = sighting.doubt
    if len(sighting.posts) > POSTS_AT_MOST:
        doubt = doubt or f"The account shows more than {POSTS_AT_MOST:,} posts; a look reads no more."
    elif len(readable) < len(sighting.posts):
        doubt = doubt or f"{ids.network} shows a post that cannot be read; it may be this one."
    failed = None if sighting.failed is None else valid_outcome(sighting.failed, ids)
    aware = sighting.reaches_back_to is not None and sighting.reaches_back_to.tzinfo is not None
    reached = sighting.reaches_back_to if aware and not doubt else None
    return Sighting(posts=tuple(readable), reaches_back_to=reached, failed=failed, doubt=doubt)


def web_address(text: object) -> str:
    """`text` if a browser may be led there, else nothing."""
    if not (isinstance(text, str) and 0 < len(text) <= PERMALINK_AT_MOST and text.isprintable() and " " not in text):
        return ""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return ""
    sound = parts.scheme in {"http", "https"} and host and parts.username is None
    return text if sound else ""


def _valid_post(post: FoundPost, ids: PostIds) -> FoundPost | None:
    # A channel hands over what stood in the answer: its types are promised, not known.
    text: object = post.text
    if not (ids.match(post.network_id) and isinstance(text, str) and post.created_at.tzinfo is not None):
        return None
    # Half a character is in no text of ours, so none is mistaken for another by this.
    shown: object = post.links
    links = tuple(link for link in shown if isinstance(link, str)) if isinstance(shown, tuple) else None
    links = None if links is not None and any(len(link) > PERMALINK_AT_MOST for link in links) else links
    return replace(
        post, links=links, text=text.encode(errors="replace").decode(), permalink=web_address(post.permalink)
    )


def _on_one_line(text: str, most: int) -> str:
    line = text if text.isprintable() else "".join(mark if mark.isprintable() else " " for mark in text[: 2 * most])
    return line if len(line) <= most else line[: most - 1] + "…"
