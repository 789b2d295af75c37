"""What omnipub knows by itself, as JSON: networks with their limits, and the certifications it can announce."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnipub.domain.certification_catalog import CATALOGUE
from omnipub.domain.ids import network_of
from omnipub.domain.timestamps import to_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omnipub.domain.conversation import Channel
    from omnipub.services.channels.catalog_json import (
        CertificationTypeJson,
        ConnectionJson,
        LimitsJson,
        NetworkWithAccountsJson,
    )
    from omnipub.storage.items import Connection


def networks(channels: Mapping[str, Channel], connections: Sequence[Connection]) -> list[NetworkWithAccountsJson]:
    """Every network with its limits and the caller's accounts on it."""
    return [
        {
            "network": name,
            "title": channel.title,
            **limits(channel),
            "accounts": [connection(one) for one in connections if network_of(one.channel) == name],
        }
        for name, channel in sorted(channels.items())
    ]


def limits(channel: Channel) -> LimitsJson:
    """A network's limits in its own units; `settle_seconds` is how late its look-ups may show a post."""
    return {
        "text": [{"most": most, "unit": unit.value} for most, unit in channel.limits.text],
        "images": channel.limits.images,
        "image_types": list(channel.limits.image_types),
        "image_bytes": channel.limits.image_bytes,
        "alt_text": channel.limits.alt_text,
        "settle_seconds": int(channel.settle.total_seconds()),
    }


def connection(value: Connection) -> ConnectionJson:
    """A connected account, without its token."""
    return {
        "channel": value.channel,
        "account": value.account,
        "title": value.title,
        "standing": value.standing.value,
        "since": to_text(value.standing_since) if value.standing_since else None,
        "reason": value.standing_reason or None,
    }


def catalogue() -> list[CertificationTypeJson]:
    """The certifications that can be announced, retired ones with their last date."""
    return [
        {
            "type": slug,
            "name": one.name,
            "level": one.level.value,
            "codes": list(one.codes),
            "available_from": one.available_from.isoformat() if one.available_from else None,
            "retired_on": one.retired_on.isoformat() if one.retired_on else None,
            "hashtags": list(one.hashtags),
        }
        for slug, one in CATALOGUE.items()
    ]
