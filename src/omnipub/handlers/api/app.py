"""Lambda `api`: the HTTP API under /api/v1. Each route is one use case; errors become problems by table."""

from collections.abc import Callable, Mapping
from typing import Any

from omnipub import __version__
from omnipub.domain.ids import Parent, ParentKind, checked_id
from omnipub.domain.timestamps import Schedule, to_text
from omnipub.errors import InvalidInputError
from omnipub.handlers.api import router
from omnipub.handlers.api.list_filter import filter_of
from omnipub.handlers.api.origin import turned_away
from omnipub.handlers.api.principal import groups_of, told_of
from omnipub.handlers.api.request import ApiRequest
from omnipub.handlers.api.response import ApiResponse
from omnipub.handlers.api.router import ApiCall, Public, Route
from omnipub.handlers.process import origin_secret, system
from omnipub.names import API_ROOT, SIGN_IN_SCOPES, SIGNED_IN_PATH
from omnipub.services.channels.catalog import catalogue, networks
from omnipub.services.messages import serialize
from omnipub.services.messages.create_transaction import Created, IdempotencyKey
from omnipub.services.scheduling.dispatch import ALARMING_SILENCE
from omnipub.strict_json import JsonError, loads
from omnipub.wiring.assemble import System

Event = Mapping[str, Any]

LIMIT_DIGITS = 9
"""Of a list's limit; Python refuses to read numbers of many thousands."""


def build(over: System) -> Callable[[Event, object], dict[str, Any]]:
    """The handler over a system; many threads may call it at once."""
    return router.build(over, ROUTES)


def handler(event: Event, context: object) -> dict[str, Any]:
    """Lambda's entry."""
    secret = origin_secret()
    refusal = turned_away(event, secret) if secret else None
    return refusal or build(system())(event, context)


def _create_message(over: System, call: ApiCall) -> ApiResponse:
    from omnipub.handlers.api.models import MessageBody

    body = _body(call.request)
    message, key = MessageBody.of(body), _idempotency(call.request, body)
    created = over.compose.message(
        owner=call.viewer.owner,
        content=message.content(over.world.media),
        channels=message.channels,
        schedule=message.schedule.schedule() if message.schedule else None,
        window=message.window(),
        idempotency=key,
        late=key is not None,  # only a request with a key can be the repetition of one that never arrived
        trace=call.request.trace,
    )
    return _created(created, "messages")


def _list_messages(over: System, call: ApiCall) -> ApiResponse:
    return _list(over, call, ParentKind.MESSAGE, "messages")


def _show_message(over: System, call: ApiCall) -> ApiResponse:
    return _show(over, call, ParentKind.MESSAGE)


def _announce_certification(over: System, call: ApiCall) -> ApiResponse:
    from omnipub.handlers.api.models import CertificationBody

    body = _body(call.request)
    certification, key = CertificationBody.of(body), _idempotency(call.request, body)
    now = over.world.clock.now()
    draft = certification.draft(call.viewer.owner, over.world.media, Schedule(at=now, local=to_text(now), zone="UTC"))
    created = over.announce.certification(
        draft=draft,
        schedule=certification.schedule.schedule() if certification.schedule else None,
        window=certification.window(),
        idempotency=key,
        late=key is not None,  # only a request with a key can be the repetition of one that never arrived
        trace=call.request.trace,
    )
    return _created(created, "certifications")


def _list_certifications(over: System, call: ApiCall) -> ApiResponse:
    return _list(over, call, ParentKind.CERTIFICATION, "certifications")


def _show_certification(over: System, call: ApiCall) -> ApiResponse:
    return _show(over, call, ParentKind.CERTIFICATION)


def _list_types(over: System, call: ApiCall) -> ApiResponse:  # noqa: ARG001  every route is called alike
    return ApiResponse(body={"types": catalogue()})


def _keep_media(over: System, call: ApiCall) -> ApiResponse:
    if not call.request.binary:
        raise InvalidInputError("The body is text.", hint="Send the image's bytes with Content-Type: image/png.")
    stored = over.world.media.keep(call.request.body)
    document = {"key": stored.key, "content_type": stored.content_type, "size": stored.size}
    return ApiResponse(status=201, body=document)


def _list_channels(over: System, call: ApiCall) -> ApiResponse:
    return ApiResponse(body={"channels": networks(over.channels, over.accounts.of(call.viewer.owner))})


def _show_me(over: System, call: ApiCall) -> ApiResponse:
    claims, owner = call.request.claims, call.viewer.owner
    profile = over.profiles.signed_in(owner, **told_of(claims))
    document = {
        "id": owner,
        "email": profile.email,
        "name": profile.name,
        "groups": sorted(groups_of(claims.get("cognito:groups"))),
        "operator": call.viewer.operator,
        "since": to_text(profile.since) if profile.since else None,
    }
    return ApiResponse(body=document)


def _config(over: System) -> ApiResponse:
    settings = over.settings
    sign_in = {
        "authorize_url": f"{settings.sign_in_url}/oauth2/authorize",
        "token_url": f"{settings.sign_in_url}/oauth2/token",
        "logout_url": f"{settings.sign_in_url}/logout",
        "client_id": settings.sign_in_client,
        "redirect_path": SIGNED_IN_PATH,
        "scopes": SIGN_IN_SCOPES,
    }
    document = {
        "stage": settings.stage,
        "mode": settings.mode.value,
        "version": __version__,
        "sign_in": sign_in if settings.sign_in_url else None,
    }
    return ApiResponse(body=document)


def _health(over: System) -> ApiResponse:
    beat = over.dispatch.last_beat()
    alive = beat is not None and over.world.clock.now() - beat < ALARMING_SILENCE
    document = {
        "status": "ok" if alive else "silent",
        "version": __version__,
        "stage": over.settings.stage,
        "mode": over.settings.mode.value,
        "last_tick_at": to_text(beat) if beat else None,
    }
    return ApiResponse(status=200 if alive else 503, body=document)


ROUTES: router.Routes = (
    Route("POST", "/messages", _create_message),
    Route("GET", "/messages", _list_messages),
    Route("GET", "/messages/<id>", _show_message),
    Route("GET", "/certifications/types", _list_types),
    Route("POST", "/certifications", _announce_certification),
    Route("GET", "/certifications", _list_certifications),
    Route("GET", "/certifications/<id>", _show_certification),
    Route("POST", "/media", _keep_media),
    Route("GET", "/channels", _list_channels),
    Route("GET", "/me", _show_me),
    Public("GET", "/config", _config),
    Public("GET", "/health", _health),
)
"""Of two that fit a path, the earlier one answers."""


def _show(over: System, call: ApiCall, kind: ParentKind) -> ApiResponse:
    parent = Parent(kind=kind, id=checked_id(call.id))
    return ApiResponse(body=serialize.shown(over.showing.one(parent, call.viewer)))


def _list(over: System, call: ApiCall, kind: ParentKind, name: str) -> ApiResponse:
    query = call.request.query
    limit = query.get("limit", "20")
    if not (limit.isascii() and limit.isdecimal() and len(limit) <= LIMIT_DIGITS):
        raise InvalidInputError(f"limit is '{limit[:20]}'; it must be a whole number from 1 to 100.")
    page = over.lists.page(kind, call.viewer, filter_of(query), limit=int(limit), after=query.get("cursor"))
    return ApiResponse(body={name: [serialize.row(row) for row in page.rows], "cursor": page.cursor})


def _created(created: Created, group: str) -> ApiResponse:
    where = f"{API_ROOT}/{group}/{created.id}"
    headers = {"Location": where}
    if created.replayed:
        headers["Idempotent-Replayed"] = "true"
    return ApiResponse(status=201, body=serialize.created(created) | {"links": {"self": where}}, headers=headers)


def _body(request: ApiRequest) -> Any:
    try:
        body = loads(request.body)
    except JsonError as error:
        problems = [(error.where, f"The value cannot be read: {error}.")] if error.where else []
        raise InvalidInputError(
            f"The body is not JSON: {error}.", hint="Send a JSON object in UTF-8.", problems=problems
        ) from error
    if not isinstance(body, dict):
        raise InvalidInputError("The body is not a JSON object.", hint='Send {"text": …, "channels": […]}.')
    return body


def _idempotency(request: ApiRequest, body: Any) -> IdempotencyKey | None:
    key = request.headers.get("idempotency-key")
    # The route is part of the request: one key for a message and a certification is a mistake.
    return None if key is None else IdempotencyKey.of(key, {"path": request.path, "body": body})
