"""Putting and deleting a record, and the upload of its images."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from omnipub.channels.answers import accepted, already_gone
from omnipub.channels.drafting import part
from omnipub.channels.networks.bluesky.endpoint import POSTS, TITLE
from omnipub.channels.networks.bluesky.errors import NOT_DELETED, failure_of
from omnipub.channels.networks.bluesky.posts import permalink, uri_in
from omnipub.channels.networks.bluesky.requests import xrpc_request
from omnipub.domain.conversation import Account, FrozenBody, Published, Publishing, Response
from omnipub.domain.delivery.outcome import Outcome, TryEnd
from omnipub.strict_json import loads


def put_record(frozen: FrozenBody, account: Account, now: Callable[[], datetime]) -> Publishing:
    """Upload the images, then put the record: the one request that publishes."""
    record = loads(frozen["record"], lenient=True)
    pictures = []
    for image in frozen["media"]:
        answer = yield xrpc_request("POST", account, "com.atproto.repo.uploadBlob", media=part(image), repeatable=True)
        blob = _blob_in(answer)
        if blob is None:
            return failure_of(answer, publishes=False, now=now())
        pictures.append({"alt": image["alt"], "image": blob})
    if pictures:
        record["embed"] = {"$type": "app.bsky.embed.images", "images": pictures}
    body = {
        "repo": account.id,
        "collection": POSTS,
        "rkey": frozen["rkey"],
        "swapRecord": None,  # left out, it would mean "whatever is there": a put could overwrite
        "record": record,
    }
    answer = yield xrpc_request(
        "POST", account, "com.atproto.repo.putRecord", json=body, publishes=True, repeatable=True
    )
    # Without `commit` in the answer this very record was there already: as much ours, and as much out.
    uri = uri_in(answer)
    if not uri:
        return failure_of(answer, publishes=True, now=now())
    yield Published(network_id=uri)
    return Outcome(ended=TryEnd.PUBLISHED, network_id=uri, permalink=permalink(uri, account))


def delete_record(network_id: str, account: Account) -> Publishing:
    """Delete the record of a post; one that is gone already is gone."""
    body = {"repo": account.id, "collection": POSTS, "rkey": network_id.rpartition("/")[2]}
    answer = yield xrpc_request("POST", account, "com.atproto.repo.deleteRecord", json=body, publishes=True)
    if not accepted(answer):
        return failure_of(answer, publishes=True, refused=NOT_DELETED)
    # Without `commit` in the answer nothing was left to delete.
    if isinstance(answer.body, dict) and "commit" not in answer.body:
        return already_gone(TITLE, network_id)
    return Outcome(ended=TryEnd.PUBLISHED, network_id=network_id)


def _blob_in(answer: Response) -> dict[str, Any] | None:
    blob = answer.body.get("blob") if accepted(answer) and isinstance(answer.body, dict) else None
    return blob if isinstance(blob, dict) else None
