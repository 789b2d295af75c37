"""Messages, certifications and deliveries as JSON: the shapes that the API and the command line share.

Moments are UTC in milliseconds; a schedule also says the local time and zone it was asked for in.
Nothing secret and nothing internal (leases, versions, frozen requests) is in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnipub.domain.message import Message
from omnipub.domain.timestamps import to_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omnipub.domain.certification import Certification
    from omnipub.domain.delivery.model import Attempt, Delivery, DoubledPost
    from omnipub.domain.message import Content
    from omnipub.services.messages.create_transaction import Created
    from omnipub.services.messages.message_json import (
        AttemptJson,
        CertificationJson,
        ContentJson,
        CreatedJson,
        DeliveryJson,
        DeliveryWithAttemptsJson,
        DoubleJson,
        MessageJson,
        PublicationJson,
        RowJson,
        ShownCertificationJson,
        ShownMessageJson,
    )
    from omnipub.services.messages.read import MessageRow, Shown


def created(answer: Created) -> CreatedJson:
    """What a creating request answers."""
    document: CreatedJson = {
        "id": answer.id,
        "kind": answer.kind.name.lower(),
        "due_at": answer.due_at,
        "zone": answer.zone,
        "channels": list(answer.channels),
    }
    if answer.notes:
        document["notes"] = list(answer.notes)
    return document


def row(line: MessageRow) -> RowJson:
    """One line of a list."""
    return {
        "id": line.parent.id,
        "owner": line.owner,
        "excerpt": line.excerpt,
        "created_at": to_text(line.created_at),
        "status": line.status.value,
        "deliveries": [delivery(one) for one in line.deliveries],
    }


def shown(whole: Shown) -> ShownMessageJson | ShownCertificationJson:
    """One message or certification with its deliveries and their tries."""
    subject = whole.subject
    tries = {
        one.channel: [attempt(try_) for try_ in whole.attempts if try_.channel == one.channel]
        for one in whole.deliveries
    }
    status = whole.status.value
    deliveries: list[DeliveryWithAttemptsJson] = [
        {**delivery(one), "attempts": tries[one.channel]} for one in whole.deliveries
    ]
    if isinstance(subject, Message):
        return {**message(subject), "status": status, "deliveries": deliveries}
    return {**certification(subject), "status": status, "deliveries": deliveries}


def message(value: Message) -> MessageJson:
    """A message without its deliveries."""
    return {**_common(value), "content": content(value.content)}


def certification(value: Certification) -> CertificationJson:
    """A certification without its deliveries."""
    return {
        **_common(value),
        "member": value.member,
        "type": value.type,
        "earned_on": value.earned_on.isoformat(),
        "linkedin_url": value.linkedin_url or None,
        "personal_message": value.personal_message or None,
        "photo": {"key": value.photo.key, "alt": value.photo.alt} if value.photo else None,
    }


def content(value: Content) -> ContentJson:
    """What is said."""
    return {
        "text": value.text,
        "link": value.link or None,
        "link_title": value.link_title or None,
        "hashtags": list(value.hashtags),
        "media": [{"key": one.key, "alt": one.alt, "content_type": one.content_type} for one in value.media],
        "variants": {
            name: {"text": one.text, "link": one.link, "hashtags": _maybe_list(one.hashtags)}
            for name, one in value.variants.items()
        },
    }


def delivery(value: Delivery) -> DeliveryJson:
    """A delivery's state in full; `lateness_ms` counts from what was asked to the network's answer."""
    return {
        "channel": value.channel,
        "account": value.account,
        "status": value.status.value,
        "due_at": to_text(value.due_at) if value.due_at else None,
        "next_at": to_text(value.next_at) if value.next_at else None,
        "not_after": to_text(value.not_after) if value.not_after else None,
        "published_at": to_text(value.published_at) if value.published_at else None,
        "lateness_ms": value.lateness_ms,
        "permalink": value.permalink or None,
        "network_id": value.network_id or None,
        "doubles": [double(one) for one in value.doubles],
        "revision": value.revision,
        "attempts_made": value.attempts,
        "may_be_out": value.may_be_out,
        "reason": {"code": value.reason.code, "sentence": value.reason.sentence, "at": to_text(value.reason.at)}
        if value.reason
        else None,
        "unpublished": {"at": to_text(value.unpublished.at), "by": value.unpublished.by} if value.unpublished else None,
    }


def double(value: DoubledPost) -> DoubleJson:
    """A further post of a delivery."""
    return {
        "network_id": value.network_id,
        "permalink": value.permalink or None,
        "published_at": to_text(value.published_at),
        "revision": value.revision,
    }


def attempt(value: Attempt) -> AttemptJson:
    """One try."""
    return {
        "number": value.number,
        "started_at": to_text(value.started_at),
        "ended_at": to_text(value.ended_at) if value.ended_at else None,
        "ended": value.ended,
        "code": value.code or None,
        "sentence": value.sentence or None,
        "network_id": value.network_id or None,
    }


def _common(value: Message | Certification) -> PublicationJson:
    return {
        "id": value.id,
        "owner": value.owner,
        "created_at": to_text(value.created_at),
        "channels": list(value.channels),
        "schedule": {"at": to_text(value.schedule.at), "local": value.schedule.local, "zone": value.schedule.zone},
        "revision": value.revision,
    }


def _maybe_list(values: Sequence[str] | None) -> list[str] | None:
    return None if values is None else list(values)
