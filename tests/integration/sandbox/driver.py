"""Clients of a running sandbox: a plain one, and one per network that knows its headers."""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlsplit

from standardwebhooks.webhooks import Webhook

PNG = b"\x89PNG\r\n\x1a\n" + b"a picture with \r\n\r\n in it"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]  # by lower-case name
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Sandbox:
    """A sandbox that is listening."""

    url: str

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] = NO_HEADERS,
        timeout: float = 5,
    ) -> Reply:
        """One request on a connection of its own; a body that is not bytes is sent as JSON."""
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        given = {"Content-Type": "application/json"} if raw is not None and raw is not body else {}
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=timeout)
        try:
            connection.request(method, path, raw, given | dict(headers))
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, names, answer.read())
        finally:
            connection.close()

    def open(self, network: str, account: str, token: str) -> Reply:
        body = {"network": network, "account": account, "token": token}
        return self.send("POST", "/_sandbox/accounts", body)

    def order(self, **order: object) -> Reply:
        reply = self.send("POST", "/_sandbox/faults", order)
        assert reply.status == 201, reply.body
        return reply

    def posts(self, query: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.send("GET", f"/_sandbox/posts?{query}").json["posts"]
        return found

    def count(self, network: str, account: str) -> dict[str, int]:
        counted: dict[str, int] = self.send("GET", "/_sandbox/count").json["networks"][network][account]
        return counted

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def connect(self) -> socket.socket:
        parts = urlsplit(self.url)
        return socket.create_connection((parts.hostname, parts.port), timeout=5)


@dataclass(frozen=True)
class Page:
    """A Facebook page and its token."""

    sandbox: Sandbox
    network: str = "facebook"
    account: str = "1029384756"
    token: str = "page-token"
    base: str = "/facebook/v26.0"

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Reply:
        given = {"Authorization": f"Bearer {self.token}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return self.sandbox.send(method, f"{self.base}/{path}", body, headers=given)

    def post(self, body: object, query: str = "") -> Reply:
        return self.call("POST", f"{self.account}/feed{query}", body)

    def publish(self, text: str) -> Reply:
        return self.post({"message": text})

    def upload(self, content: bytes, **fields: str) -> Reply:
        parts = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
        parts.append(b'name="source"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n' + content)
        body = b"".join(b"--edge\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--edge--"
        return self.call("POST", f"{self.account}/photos", body, Content_Type="multipart/form-data; boundary=edge")

    def listed(self, query: str = "?fields=id,message,created_time") -> Any:
        return self.call("GET", f"{self.account}/published_posts{query}").json


LINKEDIN_HEADERS = {"Linkedin-Version": "202606", "X-Restli-Protocol-Version": "2.0.0"}


@dataclass(frozen=True)
class Author:
    """A LinkedIn organisation or person and its token."""

    sandbox: Sandbox
    network: str = "linkedin"
    account: str = "urn:li:organization:2414183"
    token: str = "author-token"
    headers: Mapping[str, str] = field(default_factory=lambda: LINKEDIN_HEADERS)

    def call(self, method: str, path: str, body: object = None, *, restli: str = "") -> Reply:
        given = {"Authorization": f"Bearer {self.token}", **self.headers}
        if restli:
            given["X-RestLi-Method"] = restli
        return self.sandbox.send(method, f"/linkedin/rest/{path}", body, headers=given)

    def body(self, commentary: str, **more: object) -> dict[str, object]:
        return {
            "author": self.account,
            "commentary": commentary,
            "visibility": "PUBLIC",
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
        } | more

    def post(self, body: object) -> Reply:
        return self.call("POST", "posts", body)

    def publish(self, text: str) -> Reply:
        return self.post(self.body(text))

    def begin_upload(self) -> Reply:
        return self.call("POST", "images?action=initializeUpload", {"initializeUploadRequest": {"owner": self.account}})

    def upload(self, content: bytes = PNG) -> str:
        value = self.begin_upload().json["value"]
        assert self.sandbox.send("PUT", urlsplit(value["uploadUrl"]).path, content).status == 201
        image: str = value["image"]
        return image

    def find(self, query: str = "&count=10&sortBy=LAST_MODIFIED") -> Reply:
        path = f"posts?author={quote(self.account, safe='')}&q=author{query}"
        return self.call("GET", path, restli="FINDER")


@dataclass(frozen=True)
class Receiver:
    """A webhook endpoint and its secret; signing is done by the official library."""

    sandbox: Sandbox
    network: str = "webhook"
    account: str = "news"
    token: str = SECRET

    def deliver(
        self, body: bytes, *, delivery: str = "msg_1", at: datetime | None = None, signature: str = ""
    ) -> Reply:
        moment = at or datetime.now(UTC)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": delivery,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": signature or Webhook(self.token).sign(delivery, moment, body.decode()),
        }
        return self.sandbox.send("POST", f"/webhook/{self.account}", body, headers=headers)

    def publish(self, text: str) -> Reply:
        return self.deliver(envelope({"text": text}), delivery=f"msg_{text.encode().hex()}")


def envelope(data: object) -> bytes:
    """A payload as Standard Webhooks suggests it."""
    return json.dumps({"type": "post.published", "timestamp": "2026-11-23T10:00:00Z", "data": data}).encode()


Client = Page | Author | Receiver
