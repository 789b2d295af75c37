"""HTTP over sockets: reads requests, writes answers, and ends connections as rudely as ordered."""

import select
import socket
import struct
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from omnipub.sandbox.exchange import Answer, Request, json_answer
from omnipub.sandbox.rooms import Rooms
from omnipub.sandbox.trouble import Silence

HOST = "127.0.0.1"
BODY_BYTES = 64 * 1024 * 1024
_LINGER_NOT = struct.pack("ii", 1, 0)  # on, zero seconds: closing sends RST instead of FIN


class Server(ThreadingHTTPServer):
    """The sandbox on one port of this machine; `url` is where."""

    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, directory: Path, port: int = 0) -> None:
        self.rooms = Rooms(directory)
        super().__init__((HOST, port), Handler)
        self.url = f"http://{HOST}:{self.server_port}"

    def server_bind(self) -> None:
        """Take the port without asking a name server who we are, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def server_close(self) -> None:
        """Let go of the port and of the file."""
        super().server_close()
        self.rooms.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are what the sandbox is for; everything else is a mistake of ours."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection; also the line that faults pull."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "omnipub-sandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one packet

    def serve(self) -> None:
        """Answer one request."""
        body = self._body()
        if isinstance(body, Answer):
            self.close_connection = True  # what follows on this line is not understood
            self._write(body)
            return
        target = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=tuple(unquote(segment) for segment in target.path.lstrip("/").split("/")),
            query=dict(parse_qsl(target.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
            base_url=self.server.url,
        )
        answer = self.server.rooms.answer(request, self)
        if isinstance(answer, Answer):
            self._write(answer)
        else:
            self._fall_silent(answer)

    do_GET = do_POST = do_PUT = do_DELETE = serve  # noqa: N815 - the base class looks for these names

    def wait_for_client_to_leave(self, seconds: float) -> None:
        """Return when the client has hung up, or after `seconds`."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            readable, _, _ = select.select([self.connection], [], [], left)
            try:
                if readable and not self.connection.recv(1, socket.MSG_PEEK):
                    return
            except ConnectionError:
                return
            if readable:
                time.sleep(min(left, 0.05))  # the client has sent ahead, so it is still there

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
        """Say nothing: the ledger tells what happened."""

    def _body(self) -> bytes | Answer:
        if "transfer-encoding" in self.headers:
            return json_answer({"error": "Send a Content-Length; chunked bodies are not read here."}, status=411)
        length = self.headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            return json_answer({"error": "Content-Length must be a number."}, status=400)
        if int(length) > BODY_BYTES:
            return json_answer({"error": f"At most {BODY_BYTES} bytes are read here."}, status=413)
        return self.rfile.read(int(length))

    def _write(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:  # noqa: PLR2004 - No Content has no length either
            self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body)

    def _fall_silent(self, silence: Silence) -> None:
        self.close_connection = True
        if silence is Silence.RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
            self.rfile.close()  # both files hold the socket open
            self.wfile.close()
            self.connection.close()
