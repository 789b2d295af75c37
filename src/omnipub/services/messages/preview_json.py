"""A preview as JSON: the shape that `messages validate` and `messages preview` print."""

from typing import Any

from omnipub.domain.timestamps import to_text
from omnipub.services.channels.validate import Objection
from omnipub.services.messages.preview import Facet, Previewed


def in_json(previewed: Previewed) -> dict[str, Any]:
    """The whole as JSON; `found`, `most` and `unit` are null where an objection has no numbers."""
    return {
        "ok": previewed.ok,
        "due_at": to_text(previewed.due_at) if previewed.due_at else None,
        "problems": [{"field": field, "sentence": sentence} for field, sentence in previewed.problems],
        "channels": [facet_in_json(one) for one in previewed.facets],
    }


def facet_in_json(facet: Facet) -> dict[str, Any]:
    """One channel's view as JSON."""
    return {
        "channel": facet.channel,
        "account": facet.account or None,
        "ok": not facet.objections,
        "problems": [_objection(one) for one in facet.objections],
        "counts": [{"found": one.found, "most": one.most, "unit": one.unit} for one in facet.counts],
        "fixed": facet.fixed,
        "text": facet.text,
        "link": facet.content.link or None,
        "images": [
            {"key": one.key, "content_type": one.content_type, "size": one.size, "alt": one.alt}
            for one in facet.content.media
        ],
        "body": dict(facet.body),
    }


def _objection(objection: Objection) -> dict[str, Any]:
    excess = objection.excess
    return {
        "sentence": objection.sentence,
        "what": excess.what if excess else None,
        "found": excess.found if excess else None,
        "most": excess.most if excess else None,
        "unit": excess.unit if excess else None,
    }
