"""Lambda `api`: the HTTP API under /api/v1. Each route is one use case; errors become problems by table."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError as NoRouteError
from pydantic import ValidationError

from omnipub import __version__
from omnipub.domain.identity import Kind, Parent, checked_id
from omnipub.domain.moments import Schedule, to_text
from omnipub.errors import InvalidInputError, OmnipubError
from omnipub.handlers import problems
from omnipub.handlers.built import origin_secret, system
from omnipub.handlers.models import CertificationBody, MessageBody, asked_of
from omnipub.handlers.origin import turned_away
from omnipub.handlers.principal import viewer
from omnipub.names import API_ROOT
from omnipub.services import views
from omnipub.services.catalog import catalogue, networks
from omnipub.services.creation import Created, IdempotencyKey
from omnipub.services.dispatch import ALARMING_SILENCE
from omnipub.services.showing import Viewer
from omnipub.wiring import System

Event = Mapping[str, Any]
JSON = "application/json"


def build(over: System) -> Callable[[Event, object], dict[str, Any]]:
    """The handler over a system."""
    app = APIGatewayHttpResolver(strip_prefixes=[])
    _messages(app, over)
    _certifications(app, over)
    _about(app, over)
    app.exception_handler(OmnipubError)(problems.problem)
    app.exception_handler(ValidationError)(problems.invalid)
    app.not_found(_no_route)

    def handle(event: Event, context: object) -> dict[str, Any]:
        try:
            return app.resolve(dict(event), context)  # type: ignore[arg-type]  # Powertools asks for its own context type
        except Exception as error:  # noqa: BLE001  the edge: a caller gets a problem, never a stack trace
            over.world.journal.note("api_broke", error=type(error).__name__, where=_where(error))
            broken = problems.answer(500, "The request failed", "omnipub made a mistake; it is in the log.")
            return {"statusCode": 500, "headers": {"Content-Type": problems.CONTENT_TYPE}, "body": broken.body}

    return handle


def handler(event: Event, context: object) -> dict[str, Any]:
    """Lambda's entry."""
    secret = origin_secret()
    refusal = turned_away(event, secret) if secret else None
    return refusal or build(system())(event, context)


def _messages(app: APIGatewayHttpResolver, over: System) -> None:
    @app.post(f"{API_ROOT}/messages")
    def create_message() -> Response[str]:
        body = _body(app)
        asked = MessageBody.model_validate(body)
        created = over.compose.message(
            owner=_viewer(app).owner,
            content=asked.content(over.world.media),
            channels=asked.channels,
            schedule=asked.schedule.schedule() if asked.schedule else None,
            window=asked.window(),
            idempotency=_idempotency(app, body),
            trace=_trace(app),
        )
        return _created(created, "messages")

    @app.get(f"{API_ROOT}/messages")
    def list_messages() -> dict[str, Any]:
        return _list(app, over, Kind.MESSAGE, "messages")

    @app.get(f"{API_ROOT}/messages/<id>")
    def show_message(id: str) -> dict[str, Any]:  # noqa: A002  the route's own word
        return views.shown(over.showing.one(Parent(kind=Kind.MESSAGE, id=checked_id(id)), _viewer(app)))


def _certifications(app: APIGatewayHttpResolver, over: System) -> None:
    @app.get(f"{API_ROOT}/certifications/types")
    def list_types() -> dict[str, Any]:
        return {"types": catalogue()}

    @app.post(f"{API_ROOT}/certifications")
    def announce_certification() -> Response[str]:
        body = _body(app)
        asked = CertificationBody.model_validate(body)
        now = over.world.clock.now()
        draft = asked.draft(_viewer(app).owner, over.world.media, Schedule(at=now, local=to_text(now), zone="UTC"))
        created = over.announce.certification(
            draft=draft,
            schedule=asked.schedule.schedule() if asked.schedule else None,
            window=asked.window(),
            idempotency=_idempotency(app, body),
            trace=_trace(app),
        )
        return _created(created, "certifications")

    @app.get(f"{API_ROOT}/certifications")
    def list_certifications() -> dict[str, Any]:
        return _list(app, over, Kind.CERTIFICATION, "certifications")

    @app.get(f"{API_ROOT}/certifications/<id>")
    def show_certification(id: str) -> dict[str, Any]:  # noqa: A002  the route's own word
        return views.shown(over.showing.one(Parent(kind=Kind.CERTIFICATION, id=checked_id(id)), _viewer(app)))


def _about(app: APIGatewayHttpResolver, over: System) -> None:
    @app.post(f"{API_ROOT}/media")
    def keep_media() -> Response[str]:
        _viewer(app)
        stored = over.world.media.keep(_bytes(app))
        said = {"key": stored.key, "content_type": stored.content_type, "size": stored.size}
        return Response(status_code=201, content_type=JSON, body=json.dumps(said))

    @app.get(f"{API_ROOT}/channels")
    def list_channels() -> dict[str, Any]:
        return {"channels": networks(over.channels, over.accounts.of(_viewer(app).owner))}

    @app.get(f"{API_ROOT}/health")
    def health() -> Response[str]:
        beat = over.dispatch.last_beat()
        alive = beat is not None and over.world.clock.now() - beat < ALARMING_SILENCE
        said = {
            "status": "ok" if alive else "silent",
            "version": __version__,
            "stage": over.settings.stage,
            "mode": over.settings.mode.value,
            "last_tick_at": to_text(beat) if beat else None,
        }
        return Response(status_code=200 if alive else 503, content_type=JSON, body=json.dumps(said))


def _list(app: APIGatewayHttpResolver, over: System, kind: Kind, name: str) -> dict[str, Any]:
    query = app.current_event.query_string_parameters or {}
    limit = query.get("limit", "20")
    if not limit.isascii() or not limit.isdecimal():
        raise InvalidInputError(f"limit is '{limit[:20]}'; it must be a whole number from 1 to 100.")
    page = over.lists.page(kind, _viewer(app), asked_of(query), limit=int(limit), after=query.get("cursor"))
    return {name: [views.row(row) for row in page.rows], "cursor": page.cursor}


def _created(created: Created, group: str) -> Response[str]:
    where = f"{API_ROOT}/{group}/{created.id}"
    headers = {"Location": where}
    if created.replayed:
        headers["Idempotent-Replayed"] = "true"
    body = json.dumps(views.created(created) | {"links": {"self": where}})
    return Response(status_code=201, content_type=JSON, body=body, headers=headers)


def _body(app: APIGatewayHttpResolver) -> Any:
    try:
        body = app.current_event.json_body
    except (ValueError, TypeError) as error:
        raise InvalidInputError("The body is not JSON.", hint="Send a JSON object.") from error
    if not isinstance(body, dict):
        raise InvalidInputError("The body is not a JSON object.", hint='Send {"text": …, "channels": […]}.')
    return body


def _bytes(app: APIGatewayHttpResolver) -> bytes:
    body = app.current_event.body or ""
    if not app.current_event.is_base64_encoded:
        raise InvalidInputError("The body is text.", hint="Send the image's bytes with Content-Type: image/png.")
    return base64.b64decode(body)


def _idempotency(app: APIGatewayHttpResolver, body: Any) -> IdempotencyKey | None:
    headers = {name.lower(): value for name, value in (app.current_event.headers or {}).items()}
    key = headers.get("idempotency-key")
    # The route is part of the request: one key for a message and a certification is a mistake.
    return None if key is None else IdempotencyKey.of(key, {"path": app.current_event.path, "body": body})


def _viewer(app: APIGatewayHttpResolver) -> Viewer:
    return viewer(app.current_event.raw_event["requestContext"])


def _trace(app: APIGatewayHttpResolver) -> str:
    return str(app.current_event.raw_event["requestContext"].get("requestId", ""))


def _no_route(error: NoRouteError) -> Response[str]:  # noqa: ARG001  Powertools passes it
    return problems.answer(404, "Not found", "There is no such route.", hint=f"Routes begin with {API_ROOT}/.")


def _where(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
