"""Bluesky's sessions: who an account is, and access tokens that say so for two hours."""

import base64
import hashlib
import hmac
import json
import time

from omnipub.sandbox.http_exchange import SandboxRequest
from omnipub.sandbox.network import SandboxState
from omnipub.sandbox.networks.bluesky.errors import NETWORK, refused
from omnipub.strict_json import loads

LIVES_SECONDS = 120 * 60
SCOPE = "com.atproto.appPass"
_HEADER = {"typ": "at+jwt", "alg": "HS256"}


def did_of(account: str) -> str:
    """The account's DID: its name, if it is one, else one made from its handle."""
    if account.startswith("did:"):
        return account
    return "did:plc:" + base64.b32encode(hashlib.sha256(account.encode()).digest()).decode().lower()[:24]


def account_of(stock: SandboxState, repo: object) -> str:
    """The account that is named by its handle or DID; empty if there is none."""
    accounts = [row["account"] for row in stock.ledger.accounts() if row["network"] == NETWORK]
    return next((account for account in accounts if repo in (account, did_of(account))), "")


def access_token(did: str, password: str, *, now: float) -> str:
    """A token that needs no memory: it is signed with the account's password, so a new password ends it."""
    claims = {"scope": SCOPE, "sub": did, "iat": int(now), "exp": int(now) + LIVES_SECONDS}
    signed = f"{_encoded(_HEADER)}.{_encoded(claims)}"
    return f"{signed}.{_signature(signed, password)}"


def named_in(token: str) -> str:
    """The DID that a token names, whether it is genuine or not; empty if it is no token."""
    try:
        claims = loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        return str(claims["sub"])
    except (IndexError, KeyError, TypeError, ValueError):
        return ""


def signed_in(request: SandboxRequest, stock: SandboxState) -> str:
    """The account whose session the request is made in.

    Raises:
        RefusalError: It is made in none, or in one that is over.
    """
    token = request.bearer
    if not token:
        raise refused("unsigned")
    account = account_of(stock, named_in(token))
    password = stock.ledger.token(NETWORK, account)
    signed, _, signature = token.rpartition(".")
    if password is None or not hmac.compare_digest(_signature(signed, password), signature):
        raise refused("token")
    if loads(base64.urlsafe_b64decode(signed.split(".")[1] + "=="))["exp"] <= time.time():
        raise refused("expired")
    return account


def _encoded(part: dict[str, object] | dict[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def _signature(signed: str, password: str) -> str:
    digest = hmac.digest(password.encode(), signed.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
