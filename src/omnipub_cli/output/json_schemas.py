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
NUMBER: Schema = {"type": "number"}
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

DOUBLE = _object(network_id=TEXT, permalink=_MAYBE_TEXT, published_at=MOMENT, revision=COUNT)
DELIVERY = _object(
    channel=TEXT,
    account=TEXT,
    status=TEXT,
    due_at=_MAYBE_MOMENT,
    next_at=_MAYBE_MOMENT,
    not_after=_MAYBE_MOMENT,
    published_at=_MAYBE_MOMENT,
    lateness_ms=_or_null(COUNT),
    permalink=_MAYBE_TEXT,
    network_id=_MAYBE_TEXT,
    doubles=_list(DOUBLE),
    revision=COUNT,
    attempts_made=COUNT,
    may_be_out=FLAG,
    reason=_or_null(_object(code=TEXT, sentence=TEXT, at=MOMENT)),
    unpublished=_or_null(_object(at=MOMENT, by=TEXT)),
)
ATTEMPT = _object(
    number=COUNT,
    started_at=MOMENT,
    ended_at=_MAYBE_MOMENT,
    ended=TEXT,
    code=_MAYBE_TEXT,
    sentence=_MAYBE_TEXT,
    network_id=_MAYBE_TEXT,
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
CONNECTED = _with(CONNECTION, ends_at=_MAYBE_MOMENT, renewable=FLAG, renewal_failed=_MAYBE_TEXT)
TESTED = _object(channel=TEXT, account=TEXT, verdict=TEXT, sentence=TEXT, next=_MAYBE_TEXT)
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
BULK = _object(dry_run=FLAG, changed=COUNT, failed=COUNT, deliveries=_list(_with(NAMED, error=_MAYBE_TEXT)))
"""`error` says why a delivery was not changed."""

PAUSE = _object(scope=TEXT, reason=TEXT, by=TEXT, at=MOMENT)
_FACET = _object(
    channel=TEXT,
    account=_MAYBE_TEXT,
    ok=FLAG,
    problems=_list(
        _object(sentence=TEXT, what=_MAYBE_TEXT, found=_or_null(COUNT), most=_or_null(COUNT), unit=_MAYBE_TEXT)
    ),
    counts=_list(_object(found=COUNT, most=COUNT, unit=TEXT)),
)
VALIDATED = _object(
    id=_MAYBE_TEXT,
    ok=FLAG,
    due_at=_MAYBE_MOMENT,
    problems=_list(_object(field=TEXT, sentence=TEXT)),
    channels=_list(_FACET),
)
PREVIEWED = _with(
    VALIDATED,
    channels=_list(
        _with(
            _FACET,
            fixed=FLAG,
            text=TEXT,
            link=_MAYBE_TEXT,
            images=_list(_object(key=TEXT, content_type=TEXT, size=COUNT, alt=TEXT)),
            body={"type": "object"},
        )
    ),
)
"""`body` is the rendered request in the network's own words, without credentials; keys in it that are made from
the message's id are placeholders until there is one."""

_COUNTED = _object(posts=COUNT, doubles=COUNT, repeats=COUNT, deleted=COUNT)

STREAM_RECORD = _object(
    shard=TEXT,
    sequence=TEXT,
    arrived_at=MOMENT,
    partition_key=TEXT,
    id=_MAYBE_TEXT,
    kind=_MAYBE_TEXT,
    channel=_MAYBE_TEXT,
    why=_MAYBE_TEXT,
    trace=_MAYBE_TEXT,
)
"""A line of `stream tail --follow`; a foreign record has no `why`."""

COUNTED = _object(number=COUNT, more=FLAG)
"""With `more` counting stopped at that number."""

STORED = _object(
    key=TEXT,
    kind=_MAYBE_TEXT,
    problem=_MAYBE_TEXT,
    item={"type": "object"},
    index_keys=_list(_object(name=TEXT, value=_MAYBE_TEXT, allowed=_list(_MAYBE_TEXT), right=FLAG)),
    next=_list(_object(event=TEXT, status=TEXT, meaning=TEXT)),
    commands=_list(TEXT),
)
"""An item of the table; with --raw `item` is DynamoDB's own JSON."""

DEPLOYMENT = _object(
    id=TEXT,
    at=MOMENT,
    by=TEXT,
    version=TEXT,
    before=_MAYBE_TEXT,
    state=TEXT,
    stacks=_list(TEXT),
    rollback_of=_MAYBE_TEXT,
)
"""What was deployed by whom; `before` is the version that was there, `state` begun, done or rolled_back."""

COST_LINE = _object(line=TEXT, dollars=_or_null(NUMBER))
"""A line of a bill; an unknown price makes null, never zero."""

COST_CHARGE = _object(price=TEXT, component=TEXT, units=NUMBER, unit=TEXT, dollars=_or_null(NUMBER), measured=FLAG)
COST_VERDICT = _object(
    **{"from": NUMBER},
    requests_per_day=COUNT,
    level=TEXT,
    infra=TEXT,
    to=NUMBER,
    dollars=NUMBER,
    standing=TEXT,
    holds_when=_MAYBE_TEXT,
    dollars_then=_or_null(NUMBER),
)
"""A range of dollars, and whether a bill is in it: as it stands, or under which assumption."""

USER = _object(id=TEXT, email=TEXT, status=TEXT, enabled=FLAG, created_at=MOMENT, changed_at=MOMENT)
"""Who may sign in to a stage on AWS; `status` is Cognito's own word."""

SCHEMAS: Mapping[str, Schema] = MappingProxyType(
    {
        "messages create": CREATED,
        "messages list": _object(messages=_list(ROW), cursor=_MAYBE_TEXT),
        "messages show": MESSAGE,
        "messages edit": EDITED,
        "messages stuck": _object(deliveries=_list(_with(NAMED, excerpt=TEXT, why=TEXT, next=TEXT)), more=FLAG),
        "messages watch": _object(id=TEXT, kind=TEXT, status=TEXT, deliveries=_list(TOLD)),
        "messages cancel": BULK,
        "messages retry": BULK,
        "messages reconcile": _object(
            dry_run=FLAG,
            found=COUNT,
            failed=COUNT,
            deliveries=_list(_with(NAMED, error=_MAYBE_TEXT, found=FLAG, seen=_MAYBE_TEXT)),
        ),
        "messages dismiss": BULK,
        "messages mark-published": CHANGED,
        "messages validate": VALIDATED,
        "messages preview": PREVIEWED,
        "messages import": _object(
            file=TEXT,
            dry_run=FLAG,
            rows=COUNT,
            at_once=COUNT,
            messages=_list(
                _object(
                    line=COUNT,
                    key=_MAYBE_TEXT,
                    result=TEXT,
                    id=_MAYBE_TEXT,
                    due_at=_MAYBE_MOMENT,
                    channels=_list(TEXT),
                )
            ),
            problems=_list(_object(line=COUNT, field=TEXT, sentence=TEXT)),
        ),
        "messages export": _object(
            file=_MAYBE_TEXT, format=TEXT, exported=COUNT, messages=_or_null(_list({"type": "object"}))
        ),
        "messages unpublish": _object(
            id=TEXT,
            kind=TEXT,
            results=_list(
                _object(channel=TEXT, result=TEXT, code=_MAYBE_TEXT, sentence=_MAYBE_TEXT, delivery=DELIVERY)
            ),
        ),
        "certs announce": CREATED,
        "certs list": _object(certifications=_list(ROW), cursor=_MAYBE_TEXT),
        "certs show": CERTIFICATION,
        "certs types": _object(types=_list(TYPE), as_of=DAY),
        "schedule list": _object(deliveries=_list(_with(NAMED, excerpt=TEXT)), cursor=_MAYBE_TEXT),
        "schedule pause": _object(pauses=_list(PAUSE)),
        "schedule resume": _object(scope=TEXT, late=_MAYBE_TEXT, deliveries=_list(NAMED)),
        "schedule run-now": _object(
            dry_run=FLAG,
            dispatched=COUNT,
            skipped=COUNT,
            left_out=COUNT,
            deliveries=_list(_object(id=TEXT, channel=TEXT, ready=FLAG, dispatched=FLAG, why=TEXT)),
        ),
        "stream stats": _object(
            records=_or_null(COUNT),
            oldest_at=_MAYBE_MOMENT,
            newest_at=_MAYBE_MOMENT,
            retention_hours=COUNT,
            lag=_object(records=_or_null(COUNT), age_ms=COUNT),
            parked=COUNT,
            parked_by=_map(COUNT),
            shards=_list(
                _object(shard=TEXT, records=_or_null(COUNT), oldest_at=_MAYBE_MOMENT, newest_at=_MAYBE_MOMENT)
            ),
        ),
        "stream tail": _object(gone_before=_MAYBE_MOMENT, records=_list(STREAM_RECORD)),
        "stream replay": _object(
            dry_run=FLAG,
            reput=FLAG,
            gone_before=_MAYBE_MOMENT,
            interrupted=FLAG,
            verdicts=_map(COUNT),
            parked=COUNT,
            records=_list(_with(STREAM_RECORD, parked=FLAG, verdict=TEXT, because=TEXT)),
        ),
        "pause": _object(pauses=_list(PAUSE)),
        "resume": _object(scope=TEXT, late=_MAYBE_TEXT, deliveries=_list(NAMED)),
        "channels list": _object(channels=_list(_with(LIMITS, accounts=_list(CONNECTION)))),
        "channels limits": _object(
            channels=_list(_with(LIMITS, missing_answers=_list(_object(channel=_MAYBE_TEXT, how=TEXT))))
        ),
        "completion": _object(shell=TEXT, script=TEXT),
        "doctor": _object(
            ok=FLAG,
            findings=_list(_object(name=TEXT, verdict=TEXT, what=TEXT, at=_MAYBE_MOMENT, next=_MAYBE_TEXT)),
        ),
        "connections connect": _with(CONNECTED, mode=TEXT),
        "connections list": _object(connections=_list(_with(CONNECTED, held=COUNT)), held_all_counted=FLAG),
        "connections show": _with(
            CONNECTED,
            network=TEXT,
            connected_at=MOMENT,
            address=TEXT,
            token_opens=FLAG,
            deliveries=_map(COUNT),
            all_counted=FLAG,
        ),
        "connections test": _object(connections=_list(TESTED)),
        "connections refresh": _with(TESTED, renewed=FLAG, released=COUNT, ends_at=_MAYBE_MOMENT),
        "connections disconnect": _object(channel=TEXT, account=TEXT, deliveries=_map(COUNT), all_counted=FLAG),
        "table seed": _object(seed=COUNT, as_of=MOMENT, messages=COUNT, items=COUNT, owner=TEXT),
        "table unseed": _object(removed=COUNT),
        "table inspect": _object(items=_list(STORED)),
        "table stats": _object(
            messages=_map(COUNTED),
            statuses=_map(COUNTED),
            published=_map(COUNTED),
            oldest_due_at=_MAYBE_MOMENT,
            heartbeat_at=_MAYBE_MOMENT,
            cursor_at=_MAYBE_MOMENT,
            gate=_object(open=FLAG, why=_MAYBE_TEXT),
            pauses=COUNTED,
            shards=_object(current=COUNT, highest=COUNT),
            seeded=COUNT,
            bytes=COUNT,
        ),
        "table verify": _object(
            clean=FLAG,
            items=COUNT,
            kinds=_map(COUNT),
            counts=_map(COUNT),
            findings=_list(_object(check=TEXT, key=TEXT, sentence=TEXT, next=TEXT)),
        ),
        "table export": _object(file=TEXT, items=COUNT, kinds=_map(COUNT), bytes=COUNT),
        "table import": _object(
            dry_run=FLAG, items=COUNT, absent=COUNT, written=COUNT, present=COUNT, kinds=_map(COUNT)
        ),
        "table backup": _object(file=TEXT, bytes=COUNT),
        "table restore": _object(table=TEXT, kept=_MAYBE_TEXT, gate_open=FLAG),
        "table adopt": _object(adopted=FLAG, deliveries=_list(NAMED), unknown=_list(TEXT)),
        "deploy": _object(
            stage=TEXT,
            region=TEXT,
            account=TEXT,
            version=TEXT,
            changed=_map(COUNT),
            pages=TEXT,
            ok=FLAG,
            checks=_list(_object(name=TEXT, verdict=TEXT, what=TEXT, next=_MAYBE_TEXT)),
            outputs=_map(_map(TEXT)),
            next=_list(_object(why=TEXT, type=TEXT)),
        ),
        "diff": _object(
            stage=TEXT,
            new=_list(TEXT),
            unchanged=_list(TEXT),
            untold=_list(_object(stack=TEXT, why=TEXT)),
            refused=FLAG,
            changes=_list(
                _object(
                    stack=TEXT,
                    change=TEXT,
                    resource=TEXT,
                    id=_MAYBE_TEXT,
                    type=TEXT,
                    because=_list(TEXT),
                    loses=FLAG,
                )
            ),
        ),
        "status": _object(
            stage=TEXT,
            region=TEXT,
            deployment=_or_null(DEPLOYMENT),
            console=_MAYBE_TEXT,
            stacks=_list(
                _object(
                    stack=TEXT,
                    name=TEXT,
                    status=TEXT,
                    why=_MAYBE_TEXT,
                    changed_at=_MAYBE_MOMENT,
                    drift=TEXT,
                    drifted=_list(
                        _object(resource=TEXT, id=_MAYBE_TEXT, type=TEXT, drift=TEXT, properties=_list(TEXT))
                    ),
                    next=_MAYBE_TEXT,
                )
            ),
        ),
        "outputs": _object(stage=TEXT, region=TEXT, account=TEXT, at=MOMENT, outputs=_map(_map(TEXT))),
        "cost": _object(
            stage=_MAYBE_TEXT,
            values=TEXT,
            region=TEXT,
            prices_of=TEXT,
            currency=TEXT,
            prices_from=DAY,
            prices_until=DAY,
            measured=_or_null(
                _object(since=MOMENT, until=MOMENT, hours=COUNT, requests_per_day=NUMBER, deliveries_per_day=NUMBER)
            ),
            bills=_list(
                _object(
                    infra=TEXT,
                    plan=_MAYBE_TEXT,
                    requests_per_day=NUMBER,
                    channels=_list(TEXT),
                    publish_share=NUMBER,
                    scheduled_share=NUMBER,
                    images=NUMBER,
                    image_kb=NUMBER,
                    month=COUNT,
                    total=NUMBER,
                    lines=_list(COST_LINE),
                    charges=_list(COST_CHARGE),
                )
            ),
            cells=_list(COST_VERDICT),
            goals=_list(COST_VERDICT),
            savings=_list(_object(measure=TEXT, how=_MAYBE_TEXT, safety=TEXT, saves=NUMBER, total_then=NUMBER)),
            not_built=_list(TEXT),
            unknown=_map(TEXT),
            figures=_list(_object(figure=TEXT, value=NUMBER, unit=TEXT, origin=TEXT, source=TEXT)),
            prices=_list(
                _object(
                    price=TEXT,
                    component=TEXT,
                    dollars=_or_null(NUMBER),
                    per=NUMBER,
                    unit=TEXT,
                    free=NUMBER,
                    source=TEXT,
                    read_in=TEXT,
                    on=DAY,
                )
            ),
        ),
        "logs tail": _object(
            lines=_list(_object(id=TEXT, at=MOMENT, function=TEXT, level=_MAYBE_TEXT, message=TEXT, details=_map(TEXT)))
        ),
        "users create": _with(USER, groups=_list(TEXT)),
        "users list": _object(users=_list(USER), more=FLAG),
        "users show": _with(USER, groups=_list(TEXT)),
        "users disable": _with(USER, groups=_list(TEXT)),
        "users add-to-group": _with(USER, groups=_list(TEXT)),
        "rollback": _object(stage=TEXT, deployment=TEXT, version=_MAYBE_TEXT, instead_of=TEXT, stacks=_list(TEXT)),
        "destroy": _object(stage=TEXT, deleted=_list(TEXT), kept=_list(_object(stack=TEXT, what=TEXT, id=TEXT))),
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
