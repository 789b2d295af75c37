"""The JSON that each command prints with --json, as JSON Schema: what documents are generated from and tests check.

Moments are UTC in ISO 8601 with milliseconds; `due_local` is the same moment in this machine's zone.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from omnipub.errors import NotFoundError

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
DAY: Schema = {"type": "string", "format": "date"}
COUNT: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}


def _object(**fields: Schema) -> Schema:
    """An object with exactly these fields."""
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _map(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _with(schema: Schema, **fields: Schema) -> Schema:
    return _object(**{**schema["properties"], **fields})


_MAYBE_TEXT = _or_null(TEXT)
_MAYBE_MOMENT = _or_null(MOMENT)

DELIVERY = _object(
    channel=TEXT,
    account=TEXT,
    status=TEXT,
    due_at=_MAYBE_MOMENT,
    next_at=_MAYBE_MOMENT,
    published_at=_MAYBE_MOMENT,
    lateness_ms=_or_null(COUNT),
    permalink=_MAYBE_TEXT,
    network_id=_MAYBE_TEXT,
    attempts_made=COUNT,
    may_be_out=FLAG,
    reason=_or_null(_object(code=TEXT, sentence=TEXT, at=MOMENT)),
)
ATTEMPT = _object(
    number=COUNT,
    started_at=MOMENT,
    ended_at=_MAYBE_MOMENT,
    ended=TEXT,
    code=_MAYBE_TEXT,
    sentence=_MAYBE_TEXT,
)
TOLD = _with(DELIVERY, attempts=_list(ATTEMPT))
ROW = _object(id=TEXT, owner=TEXT, excerpt=TEXT, created_at=MOMENT, status=TEXT, deliveries=_list(DELIVERY))
CREATED = _object(
    id=TEXT,
    kind=TEXT,
    due_at=MOMENT,
    zone=TEXT,
    channels=_list(TEXT),
    due_local=MOMENT,
    replayed=FLAG,
    running=FLAG,
)
"""With --wait there are also `status` and `deliveries`."""

_COMMON = _object(
    id=TEXT,
    owner=TEXT,
    created_at=MOMENT,
    channels=_list(TEXT),
    schedule=_object(at=MOMENT, local=TEXT, zone=TEXT),
    revision=COUNT,
    status=TEXT,
    deliveries=_list(TOLD),
)
_VARIANT = _object(text=_MAYBE_TEXT, link=_MAYBE_TEXT, hashtags=_or_null(_list(TEXT)))
MESSAGE = _with(
    _COMMON,
    content=_object(
        text=TEXT,
        link=_MAYBE_TEXT,
        link_title=_MAYBE_TEXT,
        hashtags=_list(TEXT),
        media=_list(_object(key=TEXT, alt=TEXT, content_type=TEXT)),
        variants=_map(_VARIANT),
    ),
)
CERTIFICATION = _with(
    _COMMON,
    member=TEXT,
    type=TEXT,
    earned_on=DAY,
    linkedin_url=_MAYBE_TEXT,
    personal_message=_MAYBE_TEXT,
    photo=_or_null(_object(key=TEXT, alt=TEXT)),
)
TYPE = _object(
    type=TEXT,
    name=TEXT,
    level=TEXT,
    codes=_list(TEXT),
    available_from=_or_null(DAY),
    retired_on=_or_null(DAY),
    hashtags=_list(TEXT),
)
CONNECTION = _object(
    channel=TEXT,
    account=TEXT,
    title=TEXT,
    standing=TEXT,
    since=_MAYBE_MOMENT,
    reason=_MAYBE_TEXT,
)
LIMITS = _object(
    network=TEXT,
    title=TEXT,
    text=_list(_object(most=COUNT, unit=TEXT)),
    images=COUNT,
    image_types=_list(TEXT),
    image_bytes=COUNT,
    alt_text=COUNT,
    settle_seconds=COUNT,
)
NAMED = _with(DELIVERY, id=TEXT, kind=TEXT)
CHANGED = _object(id=TEXT, kind=TEXT, deliveries=_list(DELIVERY))
EDITED = _with(CHANGED, revision=COUNT, schedule=_COMMON["properties"]["schedule"])
PAUSE = _object(scope=TEXT, reason=TEXT, by=TEXT, at=MOMENT)
_COUNTED = _object(posts=COUNT, doubles=COUNT, repeats=COUNT, deleted=COUNT)

SCHEMAS: Mapping[str, Schema] = MappingProxyType(
    {
        "messages create": CREATED,
        "messages list": _object(messages=_list(ROW), cursor=_MAYBE_TEXT),
        "messages show": MESSAGE,
        "messages edit": EDITED,
        "messages cancel": CHANGED,
        "messages retry": CHANGED,
        "messages dismiss": CHANGED,
        "messages mark-published": CHANGED,
        "certs announce": CREATED,
        "certs list": _object(certifications=_list(ROW), cursor=_MAYBE_TEXT),
        "certs show": CERTIFICATION,
        "certs types": _object(types=_list(TYPE), as_of=DAY),
        "schedule list": _object(deliveries=_list(_with(NAMED, excerpt=TEXT))),
        "schedule run-now": _object(
            dry_run=FLAG,
            dispatched=COUNT,
            skipped=COUNT,
            deliveries=_list(_object(id=TEXT, channel=TEXT, dispatched=FLAG, why=TEXT)),
        ),
        "pause": _object(pauses=_list(PAUSE)),
        "resume": _object(scope=TEXT, late=_MAYBE_TEXT, deliveries=_list(NAMED)),
        "channels list": _object(channels=_list(_with(LIMITS, accounts=_list(CONNECTION)))),
        "channels limits": _object(
            channels=_list(_with(LIMITS, missing_answers=_list(_object(channel=_MAYBE_TEXT, how=TEXT))))
        ),
        "connections connect": _with(CONNECTION, mode=TEXT),
        "connections list": _object(connections=_list(CONNECTION)),
        "table adopt": _object(adopted=FLAG, deliveries=_list(NAMED)),
        "up": _object(
            mode=TEXT,
            address=TEXT,
            api=TEXT,
            token=TEXT,
            token_file=TEXT,
            data=TEXT,
            sandbox_url=_MAYBE_TEXT,
        ),
        "demo": _object(
            ok=FLAG,
            differences=_list(TEXT),
            deliveries=_list(
                _object(
                    channel=TEXT,
                    what=TEXT,
                    status=TEXT,
                    due_at=_MAYBE_MOMENT,
                    published_at=_MAYBE_MOMENT,
                    lateness_ms=_or_null(COUNT),
                    attempts=COUNT,
                    permalink=_MAYBE_TEXT,
                )
            ),
            count=_object(totals=_COUNTED, networks=_map(_map(_COUNTED))),
            data=_MAYBE_TEXT,
        ),
    }
)
"""Command → the schema of its document."""

ERROR = _object(
    error=_object(type=TEXT, message=TEXT, hint=_MAYBE_TEXT, problems=_list(_object(field=TEXT, sentence=TEXT)))
)
"""What every command prints on standard error when it fails with --json."""


def json_schema(command: str) -> Schema:
    """The schema of what `omnipub <command> --json` prints.

    Raises:
        NotFoundError: There is no such command.
    """
    if command not in SCHEMAS:
        raise NotFoundError(f"There is no command '{command}'.", hint=f"There are: {', '.join(SCHEMAS)}.")
    return SCHEMAS[command]
