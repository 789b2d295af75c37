"""A request as HTTP writes it: its body as bytes, and its headers; and how an answer's body is read.

Rules of this module:
1. All of it is in memory before a connection is made, so whatever goes wrong here is "not sent".
2. The same request is the same bytes: JSON keeps its order, and nothing is drawn by chance.
3. Secrets are revealed for the bytes and the headers alone; errors name a host at most.
"""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from omnipub.adapters.http.ssrf_guard import Destination
from omnipub.domain.conversation import Request, Secret
from omnipub.names import SERVICE
from omnipub.ports.http import NotSentError
from omnipub.strict_json import JsonError, loads

BODY_BYTES = 1024 * 1024
"""Of an answer, more is not read. What is cut off is no JSON any more and reaches the channel as text."""


def written(
    request: Request, target: Destination, media: Callable[[str], bytes]
) -> tuple[bytes | None, dict[str, str]]:
    """Body and headers.

    Raises:
        NotSentError: The body cannot be put together, for instance since its media cannot be read.
    """
    try:
        body, content_type = _body(request, media)
    except Exception as error:
        # Media come from a store of whatever kind. Nothing has been sent, whatever went wrong there.
        raise NotSentError(f"The request to {target.host} could not be put together.") from error
    headers = {
        "Host": target.host_header,
        "User-Agent": SERVICE,
        "Accept": "application/json",
        "Connection": "keep-alive" if request.kept_for else "close",
    }
    if content_type and "content-type" not in {name.lower() for name in request.headers}:
        headers["Content-Type"] = content_type
    return body, headers | {name: _revealed(value) for name, value in request.headers.items()}


def parsed(data: bytes) -> Any:
    """JSON, whatever the content type says (Graph calls its JSON JavaScript), else text."""
    if len(data) > BODY_BYTES:
        return data[:BODY_BYTES].decode(errors="replace")
    try:
        return loads(data, lenient=True)
    except JsonError:
        return data.decode(errors="replace")


def _body(request: Request, media: Callable[[str], bytes]) -> tuple[bytes | None, str]:
    if request.form is not None:
        return _multipart(request, media)
    if request.media is not None:
        return media(request.media.key), request.media.content_type
    if request.raw is not None:
        return request.raw, ""
    if request.json is not None:
        text = json.dumps(request.json, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode(), "application/json"
    return None, ""


def _multipart(request: Request, media: Callable[[str], bytes]) -> tuple[bytes, str]:
    """A form and perhaps files; the boundary comes from the content, so the same form is the same bytes."""
    parts = [
        f'Content-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{_revealed(value)}'.encode()
        for name, value in (request.form or {}).items()
    ]
    for file in (*([request.media] if request.media else []), *request.files):
        suffix = file.content_type.partition("/")[2]
        head = (
            f'Content-Disposition: form-data; name="{_quoted(file.field)}"; filename="image.{suffix}"\r\n'
            f"Content-Type: {file.content_type}\r\n\r\n"
        )
        parts.append(head.encode() + media(file.key))
    boundary = sha256(b"\0".join(parts)).hexdigest()[:40].encode()
    lines = [line for part in parts for line in (b"--" + boundary, part)]
    return b"\r\n".join([*lines, b"--" + boundary + b"--", b""]), f"multipart/form-data; boundary={boundary.decode()}"


def _quoted(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _revealed(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value
