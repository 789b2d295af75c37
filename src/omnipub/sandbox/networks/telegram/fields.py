"""The documented fields of each method of Telegram's Bot API, read from JSON, forms or multipart."""

from collections.abc import Mapping
from types import MappingProxyType

from omnipub.sandbox import shapes
from omnipub.sandbox.http_exchange import SandboxRequest
from omnipub.sandbox.networks.telegram.errors import refused
from omnipub.strict_json import loads

TEXT_UNITS = 4_096
CAPTION_UNITS = 1_024
ALBUM = (2, 10)


def _number_or_text(value: object, path: str) -> list[shapes.Problem]:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return [] if whole else shapes.text(pattern=r"@\w{4,32}|-?[0-9]{1,20}")(value, path)


def _message_number(value: object, path: str) -> list[shapes.Problem]:
    given = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    return shapes.number(1, 2**31, whole=True)(given, path)


_CHAT = {"chat_id": _number_or_text}
_QUIETLY = {"disable_notification": shapes.flag, "protect_content": shapes.flag}
_PREVIEW = shapes.fields(
    {},
    {
        "is_disabled": shapes.flag,
        "url": shapes.WEB_ADDRESS,
        "prefer_small_media": shapes.flag,
        "prefer_large_media": shapes.flag,
        "show_above_text": shapes.flag,
    },
)
_PHOTO = shapes.fields({"type": shapes.text("photo"), "media": shapes.text(pattern=r"\S+")}, {"caption": shapes.text()})

METHODS: Mapping[str, shapes.Shape] = MappingProxyType(
    {
        "sendMessage": shapes.fields(_CHAT | {"text": shapes.text()}, _QUIETLY | {"link_preview_options": _PREVIEW}),
        "sendPhoto": shapes.fields(_CHAT, _QUIETLY | {"photo": shapes.text(pattern=r"\S+"), "caption": shapes.text()}),
        "sendMediaGroup": shapes.fields(
            _CHAT | {"media": shapes.rows(_PHOTO, least=ALBUM[0], most=ALBUM[1])}, _QUIETLY
        ),
        "getMe": shapes.fields({}),
        "getChat": shapes.fields(_CHAT),
        "getChatMember": shapes.fields(_CHAT | {"user_id": shapes.number(1, 2**52, whole=True)}),
        "deleteMessage": shapes.fields(_CHAT | {"message_id": _message_number}),
    }
)
"""What each method takes. Telegram ignores other fields; here they are refused, as they are mistakes."""

_JSON_IN_FORMS = frozenset({"link_preview_options", "media", "disable_notification", "protect_content"})
"""Fields whose values are JSON even where all other values are plain text."""


def given_fields(request: SandboxRequest) -> dict[str, object]:
    """The body's fields with JSON types, however they were sent."""
    try:
        form = request.form
        values = dict(form.values)
        if not form.typed:
            for name in _JSON_IN_FORMS & values.keys():
                values[name] = loads(str(values[name]))
    except ValueError as error:
        raise refused("request", f"can't parse the request: {error}") from error
    return values


def fitting_fields(request: SandboxRequest, method: str) -> dict[str, object]:
    """The body's fields, which are what the method takes."""
    values = given_fields(request)
    if method == "sendMessage" and not str(values.get("text", "")).strip():
        raise refused("request", "message text is empty")
    problems = METHODS[method](values, "")
    if problems:
        raise refused("request", f"sandbox: {shapes.sentence(problems)}")
    return values


def checked_length(text: str, most: int, sentence: str) -> str:
    """`text`, unless it has more UTF-16 units than `most`."""
    if len(text.encode("utf-16-le")) > 2 * most:
        raise refused("request", sentence)
    return text
