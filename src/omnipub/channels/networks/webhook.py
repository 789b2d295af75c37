"""Webhooks of one's own, signed as Standard Webhooks 1.0.0 asks.

A delivery keeps its `webhook-id` for ever. Whoever receives it twice knows by it, so sending the same bytes again is
always safe.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from omnipub.channels.answers import AnswerMeaning, accepted, sentence, wait_in_headers, words
from omnipub.channels.drafting import images_of
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
from omnipub.domain.delivery.outcome import Outcome, Sighting, TryEnd
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.domain.limits import Limits, Unit
from omnipub.domain.message import Content
from omnipub.domain.network import OwnAddress, PostIds, SandboxAccount, Tokens
from omnipub.domain.secret_urls import secrets_in
from omnipub.domain.timestamps import to_text
from omnipub.strict_json import loads

TYPE = "message.published"
TITLE = "Webhook"
RECEIVER = "The receiver"
SECRET_BYTES = range(24, 65)
SECRET_PREFIX = "whsec_"  # noqa: S105 - how a secret begins, not one

BODY_BYTES = 20_000
"""Receivers need not take more."""

_CLOSED = AnswerMeaning(
    TryEnd.AUTH, "The receiver says that this address is closed for good; connect the webhook with a new one."
)
_THROTTLED = AnswerMeaning(TryEnd.THROTTLED, "The receiver asks to slow down.")
_BROKEN = AnswerMeaning(
    TryEnd.AMBIGUOUS, "The receiver failed while it had the delivery; it is sent again under the same id."
)
_MOVED = AnswerMeaning(TryEnd.NOT_SENT, "The receiver points to another address; redirects are not followed.")
_UNSIGNED = AnswerMeaning(
    TryEnd.NOT_SENT, "The receiver refuses the delivery; check that it knows the same signing secret."
)
_REFUSED = AnswerMeaning(TryEnd.NOT_SENT, "The receiver did not accept the delivery.")

# Whoever signs up for Standard Webhooks promises that only 2xx means "taken" and that anything else may
# be sent again. So nothing but 410 ends a delivery: REJECTED would fail it at the receiver's first bad
# deploy. NOT_SENT is right where the receiver itself declined (tries with growing pauses, then `failed`,
# which may be edited). A 5xx is AMBIGUOUS, gateways' 502 and 504 too: the delivery may have been worked
# on before the failure. It is sent again in the same way, but cannot be edited or cancelled meanwhile,
# as a receiver that has the old text would drop the new one under the same id.
BY_STATUS: Mapping[int, AnswerMeaning] = MappingProxyType(
    {401: _UNSIGNED, 403: _UNSIGNED, 410: _CLOSED, 429: _THROTTLED}
    | dict.fromkeys(range(300, 400), _MOVED)
    | dict.fromkeys(range(500, 600), _BROKEN)
)


class Webhook(Channel):
    """Deliveries to an address of the user's; `account.base_url` is the address, the token its secrets."""

    name = "webhook"
    title = TITLE
    base_url = ""
    own_ids = False  # a receiver is its owner's
    settle = timedelta(0)
    pace = timedelta(milliseconds=200)  # the receiver is one of ours; a queue of it drains in minutes
    # The bounds share out BODY_BYTES: 10,000 for the text, 8,800 for four references with descriptions of
    # 500 characters at up to 4 bytes, the rest for link and envelope. Quotes and line ends take two bytes
    # in JSON, so the exact body is counted once more before it is sent.
    limits = Limits(
        text=((10_000, Unit.BYTES),),
        images=4,
        image_types=("image/jpeg", "image/png", "image/gif"),
        image_bytes=10 * 1024 * 1024,  # the body only refers to images: whatever can be stored
        alt_text=500,
    )
    post_ids = PostIds(
        network=TITLE,
        pattern=re.compile(r"msg_[0-9a-f]{32}"),
        like="msg_ and 32 of the digits 0 to 9 and a to f",
        found="It is what the receiver got as the header webhook-id.",
    )

    own_address = OwnAddress(whose="webhooks")
    tokens = Tokens(patterns=(r"whsec_\S+",), prompt=f"Signing secret ({SECRET_PREFIX}…)", several=True)
    announcement = Template(
        tone=Tone.PLAIN,
        opening="{member} earned the {name} certification on {day}.",
        personal=True,
        link=True,
        hashtags=False,  # programs and chat rooms read it, where a hashtag leads nowhere
    )
    sandbox_account = SandboxAccount(
        title="Sandbox receiver", token=lambda entropy: SECRET_PREFIX + base64.b64encode(entropy).decode()
    )

    def wrong_token(self, token: Secret) -> str:
        """Why a text is no row of signing secrets: Standard Webhooks asks for 24 to 64 bytes in base64."""
        keys = _keys_in(token)
        if not keys:
            return f"A signing secret is {SECRET_PREFIX} and base64; several are separated by spaces."
        if not all(len(key) in SECRET_BYTES for key in keys):
            least, most = SECRET_BYTES[0], SECRET_BYTES[-1]
            return f"A signing secret has {least} to {most} bytes behind {SECRET_PREFIX}; one has another number."
        return ""

    def remedy(self, account_id: str) -> ReconcileMethod:
        """The receiver knows a delivery by its id."""
        del account_id
        return ReconcileMethod.RESEND

    def shows_posts(self, account_id: str) -> bool:
        """A receiver cannot be asked what it has."""
        del account_id
        return False

    def render(self, content: Content, occasion: Occasion) -> FrozenBody:
        """The exact body and its id; what is signed is what stands here."""
        data = {
            "text": self.text(content),
            "link": content.link,
            "link_title": content.link_title,
            "hashtags": list(content.hashtags),
            "media": images_of(content),
        }
        event = {"type": TYPE, "timestamp": to_text(occasion.moment), "data": data}
        body = json.dumps(event, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return {"id": delivery_id(occasion.delivery_key), "body": body}

    def text_of(self, frozen: FrozenBody) -> str:
        """The text with its hashtags."""
        return str(loads(frozen["body"], lenient=True)["data"]["text"])

    def links_of(self, frozen: FrozenBody) -> tuple[str, ...]:
        """The link beside the text."""
        link = loads(frozen["body"], lenient=True)["data"]["link"]
        return (str(link),) if link else ()

    def publish(self, frozen: FrozenBody, account: Account, now: Callable[[], datetime]) -> Publishing:
        """Sign for the moment of this try, and deliver."""
        body = frozen["body"].encode()
        if len(body) > BODY_BYTES:
            return _too_long(len(body))
        keys = _keys_in(account.token)
        if not keys:
            return Outcome(
                ended=TryEnd.AUTH,
                code="bad_secret",
                sentence=f"The signing secret is not of the form {SECRET_PREFIX}…; connect the webhook again.",
            )
        timestamp = str(int(now().timestamp()))
        signed = f"{frozen['id']}.{timestamp}.".encode() + body
        answer = yield Request(
            method="POST",
            url=account.base_url,
            headers={
                "Content-Type": "application/json",
                "webhook-id": frozen["id"],
                "webhook-timestamp": timestamp,
                "webhook-signature": Secret(" ".join(_signature(key, signed) for key in keys)),
            },
            secrets=secrets_in(account.base_url),
            raw=body,
            publishes=True,
            repeatable=True,
            user_given=True,
        )
        if accepted(answer):
            yield Published(network_id=frozen["id"])
            return Outcome(ended=TryEnd.PUBLISHED, network_id=frozen["id"])
        return _failure(answer, now())

    def look_up(self, account: Account, since: datetime) -> Looking:
        """A receiver cannot be asked what it has."""
        del account, since
        yield from ()
        failed = Outcome(ended=TryEnd.REJECTED, code="no_look_up", sentence="A webhook's receiver cannot be asked.")
        return Sighting(failed=failed)

    def delete(self, network_id: str, account: Account) -> Publishing:
        """What was delivered stays delivered."""
        del network_id, account
        yield from ()
        plain = "What a webhook has delivered cannot be deleted."
        return Outcome(ended=TryEnd.REJECTED, code="no_delete", sentence=plain)


def delivery_id(delivery_key: str) -> str:
    """The delivery's `webhook-id`: always the same, and without the dots that separate what is signed."""
    return f"msg_{hashlib.sha256(delivery_key.encode()).hexdigest()[:32]}"


def _keys_in(token: Secret) -> list[bytes]:
    """The signing keys, several while a secret is being replaced; none if one of them makes no sense."""
    keys = []
    for secret in token.reveal().split():
        try:
            key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
        except binascii.Error:
            return []
        if not (key and secret.startswith(SECRET_PREFIX)):
            return []
        keys.append(key)
    return keys


def _signature(key: bytes, signed: bytes) -> str:
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def _too_long(found: int) -> Outcome:
    return Outcome(
        ended=TryEnd.REJECTED,
        code="body_too_long",
        sentence=f"The delivery would have {found:,} bytes as JSON; receivers take {BODY_BYTES:,}.",
    )


def _failure(answer: Response, now: datetime) -> Outcome:
    verdict = BY_STATUS.get(answer.status, _REFUSED)
    detail = words(_error_in(answer))
    return Outcome(
        ended=verdict.ended,
        code=str(answer.status),
        sentence=sentence(f"{verdict.sentence} (HTTP {answer.status})", RECEIVER, detail),
        wait=wait_in_headers(answer, now),
    )


def _error_in(answer: Response) -> object:
    """Receivers are free in what they answer: a word for people is looked for in the usual places."""
    if isinstance(answer.body, dict):
        return next((answer.body[name] for name in ("error", "message", "detail") if answer.body.get(name)), "")
    return answer.body
