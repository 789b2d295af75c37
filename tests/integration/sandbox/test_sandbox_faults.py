"""Ordered trouble: what a client notices, and what really happened (errors)."""

import json
import socket
import time
from http.client import RemoteDisconnected
from threading import Thread
from typing import Any

import pytest

from integration.sandbox.driver import PNG, Author, Client, Page, Receiver, Reply, Sandbox
from omnipub.sandbox.fault_effects import PLAYS
from omnipub.sandbox.faults import KINDS, FaultKind, Order

BEFORE = [FaultKind.THROTTLE, FaultKind.ERROR_BEFORE, FaultKind.EXPIRED_TOKEN, FaultKind.REJECT]


def order(client: Client, kind: FaultKind, **more: object) -> dict[str, Any]:
    placed: dict[str, Any] = client.sandbox.order(network=client.network, kind=kind, **more).json
    return placed


def out(client: Client) -> int:
    return client.sandbox.count(client.network, client.account)["posts"]


def wait_until_out(client: Client) -> None:
    end = time.monotonic() + 3
    while not out(client):
        assert time.monotonic() < end, "nothing was published"
        time.sleep(0.01)


def open_publish(client: Client, text: str = "x") -> socket.socket:
    """Send a whole publish request by hand and leave its answer unread."""
    sent = []

    class Wire(Sandbox):
        def send(self, method: str, path: str, body: object = None, *, headers: Any = None, **_: Any) -> Reply:
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            lines = [f"{method} {path} HTTP/1.1", f"Content-Length: {len(raw)}", "Content-Type: application/json"]
            lines.append(f"Host: {client.sandbox.host}")
            lines += [f"{name}: {value}" for name, value in headers.items() if name != "Content-Type"]
            sent.append("\r\n".join([*lines, "", ""]).encode() + raw)
            return Reply(0, {}, b"")

    type(client)(Wire(client.sandbox.url)).publish(text)
    line = client.sandbox.connect()
    line.sendall(sent[0])
    return line


def test_every_kind_has_a_nature_and_a_play() -> None:
    assert set(KINDS) == set(PLAYS) == set(FaultKind)


@pytest.mark.parametrize("kind", BEFORE)
def test_a_refusal_strikes_once_and_nothing_is_out(client: Client, kind: FaultKind) -> None:
    order(client, kind)
    assert client.publish("x").status >= 400
    assert out(client) == 0
    assert client.publish("x").status < 300


REFUSALS = [
    (Page, FaultKind.THROTTLE, 400, 32),
    (Page, FaultKind.EXPIRED_TOKEN, 400, 190),
    (Page, FaultKind.REJECT, 400, 368),
    (Page, FaultKind.ERROR_BEFORE, 500, 2),
    (Author, FaultKind.THROTTLE, 429, "TOO_MANY_REQUESTS"),
    (Author, FaultKind.EXPIRED_TOKEN, 401, "EXPIRED_ACCESS_TOKEN"),
    (Author, FaultKind.REJECT, 400, "ILLEGAL_ARGUMENT"),
    (Author, FaultKind.ERROR_BEFORE, 500, "INTERNAL_SERVER_ERROR"),
    (Receiver, FaultKind.THROTTLE, 429, None),
    (Receiver, FaultKind.EXPIRED_TOKEN, 401, None),
    (Receiver, FaultKind.REJECT, 410, None),
    (Receiver, FaultKind.ERROR_BEFORE, 500, None),
]


@pytest.mark.parametrize(("network", "kind", "status", "code"), REFUSALS)
def test_each_network_refuses_in_its_own_words(
    sandbox: Sandbox, network: type[Client], kind: FaultKind, status: int, code: object
) -> None:
    client = network(sandbox)
    sandbox.open(client.network, client.account, client.token)
    order(client, kind)
    reply = client.publish("x")
    error = reply.json["error"] if network is Page else reply.json
    assert (reply.status, error.get("code")) == (status, code) if code else reply.status == status


def test_facebook_tells_the_wait_in_minutes_under_the_pages_name(page: Page) -> None:
    order(page, FaultKind.THROTTLE, wait_seconds=90)
    usage = json.loads(page.publish("x").headers["x-business-use-case-usage"])
    assert usage[page.account][0]["estimated_time_to_regain_access"] == 2


def test_linkedin_tells_no_wait(organisation: Author) -> None:
    order(organisation, FaultKind.THROTTLE)
    assert "retry-after" not in organisation.publish("x").headers


def test_a_webhook_tells_the_wait_in_seconds(receiver: Receiver) -> None:
    order(receiver, FaultKind.THROTTLE, wait_seconds=7)
    assert receiver.publish("x").headers["retry-after"] == "7"


def test_an_error_reads_the_same_whether_it_was_accepted_or_not(client: Client) -> None:
    replies = []
    for kind, published in ((FaultKind.ERROR_BEFORE, 0), (FaultKind.ERROR_AFTER, 1)):
        order(client, kind)
        replies.append(client.publish("x"))
        assert out(client) == published
    shapes = [(reply.status, {**reply.json, "error": None}, set(reply.headers) - {"date"}) for reply in replies]
    assert shapes[0] == shapes[1]


def test_a_hang_publishes_and_ends_without_an_answer(client: Client) -> None:
    order(client, FaultKind.ACCEPT_THEN_HANG, seconds=0.2)
    began = time.monotonic()
    with pytest.raises(RemoteDisconnected):
        client.publish("x")
    assert time.monotonic() - began >= 0.2
    assert out(client) == 1


def test_a_hang_outlasts_a_clients_patience(client: Client) -> None:
    order(client, FaultKind.ACCEPT_THEN_HANG)
    with open_publish(client) as line:
        wait_until_out(client)
        line.settimeout(0.1)
        with pytest.raises(TimeoutError):
            line.recv(1)


def test_a_late_acceptance_happens_only_once_the_client_has_left(client: Client) -> None:
    order(client, FaultKind.ACCEPT_AFTER_CLIENT_LEFT)
    with open_publish(client):
        time.sleep(0.15)
        assert out(client) == 0
    wait_until_out(client)


def test_a_late_acceptance_happens_anyway_when_time_is_over(client: Client) -> None:
    order(client, FaultKind.ACCEPT_AFTER_CLIENT_LEFT, seconds=0.1)
    assert client.publish("x").status < 300
    assert out(client) == 1


@pytest.mark.parametrize(("kind", "published"), [(FaultKind.RESET, 0), (FaultKind.RESET_AFTER, 1)])
def test_a_reset_arrives_as_one(client: Client, kind: FaultKind, published: int) -> None:
    order(client, kind)
    with pytest.raises(ConnectionResetError), open_publish(client) as line:
        assert line.recv(1) != b"", "closed in good order"
    assert out(client) == published


def test_a_slow_answer_is_an_answer(client: Client) -> None:
    order(client, FaultKind.SLOW, seconds=0.2)
    began = time.monotonic()
    assert client.publish("x").status < 300
    assert time.monotonic() - began >= 0.2
    assert out(client) == 1


def test_a_facebook_post_can_be_out_before_it_is_listed(page: Page) -> None:
    order(page, FaultKind.LISTED_LATE, seconds=0.2)
    assert page.publish("late").status == 200
    assert (out(page), page.listed()["data"]) == (1, [])
    time.sleep(0.25)
    assert len(page.listed()["data"]) == 1


def test_a_linkedin_post_can_be_out_before_it_is_found(organisation: Author) -> None:
    order(organisation, FaultKind.LISTED_LATE, seconds=0.2)
    assert organisation.publish("late").status == 201
    assert (out(organisation), organisation.find().json["paging"]["total"]) == (1, 0)
    time.sleep(0.25)
    assert organisation.find().json["paging"]["total"] == 1


def test_facebook_can_refuse_a_duplicate(page: Page) -> None:
    page.publish("same")
    order(page, FaultKind.DUPLICATE_DETECTION, times=0)
    reply = page.publish(" same\n")
    assert (reply.status, reply.json["error"]["code"]) == (400, 506)
    assert page.publish("other").status == 200
    assert out(page) == 2


def test_linkedin_names_the_post_that_a_duplicate_repeats(organisation: Author) -> None:
    urn = organisation.publish("same").headers["x-restli-id"]
    order(organisation, FaultKind.DUPLICATE_DETECTION, times=0)
    reply = organisation.publish("same")
    assert (reply.status, reply.json["errorDetails"]["inputErrors"][0]["code"]) == (422, "DUPLICATE_POST")
    assert urn in reply.json["message"]
    assert out(organisation) == 1


def test_a_duplicate_of_a_deleted_post_is_none(page: Page) -> None:
    page.call("DELETE", page.publish("same").json["id"])
    order(page, FaultKind.DUPLICATE_DETECTION)
    assert page.publish("same").status == 200


def test_facebook_can_forget_to_say_the_id(page: Page) -> None:
    order(page, FaultKind.NO_ID)
    reply = page.publish("x")
    assert (reply.status, reply.json, out(page)) == (200, {}, 1)


def test_linkedin_can_forget_to_say_the_id(organisation: Author) -> None:
    order(organisation, FaultKind.NO_ID)
    reply = organisation.publish("x")
    assert reply.status == 201
    assert "x-restli-id" not in reply.headers
    assert out(organisation) == 1


def test_a_refused_request_does_not_use_up_an_order_for_afterwards(page: Page) -> None:
    order(page, FaultKind.ERROR_AFTER)
    assert page.post({}).status == 400
    assert page.publish("x").status == 500


def test_an_order_strikes_as_often_as_it_says(page: Page) -> None:
    order(page, FaultKind.ERROR_BEFORE, times=2)
    assert [page.publish("x").status for _ in range(3)] == [500, 500, 200]


def test_an_order_without_end_strikes_until_it_is_deleted(page: Page) -> None:
    placed = order(page, FaultKind.ERROR_BEFORE, times=0)
    assert [page.publish("x").status for _ in range(3)] == [500, 500, 500]
    assert page.sandbox.send("DELETE", f"/_sandbox/faults?id={placed['id']}").json == {"deleted": 1}
    assert page.publish("x").status == 200


def test_an_order_for_one_account_leaves_the_others_alone(page: Page) -> None:
    page.sandbox.open("facebook", "other", "other-token")
    order(page, FaultKind.ERROR_BEFORE, account="other")
    assert page.publish("x").status == 200
    assert Page(page.sandbox, account="other", token="other-token").publish("x").status == 500


def test_an_order_for_one_network_leaves_the_others_alone(page: Page, receiver: Receiver) -> None:
    order(page, FaultKind.ERROR_BEFORE)
    assert receiver.publish("x").status == 200


def test_an_order_meets_the_endpoint_it_names(page: Page) -> None:
    post = page.publish("x").json["id"]
    photo = {"caption": "x", "published": "false"}
    for endpoint in ("upload", "look_up", "delete"):
        order(page, FaultKind.ERROR_BEFORE, endpoint=endpoint, times=0)
    assert page.publish("y").status == 200
    assert page.upload(PNG, caption="published at once").status == 200
    assert page.upload(PNG, **photo).status == 500
    assert page.call("GET", f"{page.account}/published_posts").status == 500
    assert page.call("DELETE", post).status == 500


def test_an_order_for_uploads_meets_both_steps_of_linkedins(organisation: Author) -> None:
    path = "/linkedin/dms-uploads/" + organisation.begin_upload().json["value"]["image"]
    order(organisation, FaultKind.ERROR_BEFORE, endpoint="upload", account=organisation.account, times=2)
    assert organisation.begin_upload().status == 500
    assert organisation.sandbox.send("PUT", path, PNG).status == 500
    assert organisation.sandbox.send("PUT", path, PNG).status == 201


def test_an_order_for_any_endpoint_meets_all(page: Page) -> None:
    order(page, FaultKind.ERROR_BEFORE, endpoint="any", times=0)
    assert page.publish("x").status == 500
    assert page.call("GET", f"{page.account}/published_posts").status == 500


def test_a_share_is_thrown_with_dice_that_fall_the_same_again(page: Page) -> None:
    rounds = []
    for _ in range(2):
        placed = order(page, FaultKind.ERROR_BEFORE, times=0, share=0.5, seed=7)
        rounds.append([page.publish("x").status for _ in range(20)])
        page.sandbox.send("DELETE", f"/_sandbox/faults?id={placed['id']}")
    assert rounds[0] == rounds[1]
    assert 3 < rounds[0].count(500) < 17


def test_the_oldest_order_that_fits_strikes_first(page: Page) -> None:
    order(page, FaultKind.ERROR_BEFORE)
    order(page, FaultKind.THROTTLE)
    assert [page.publish("x").status for _ in range(3)] == [500, 400, 200]


def test_orders_are_listed_with_their_hits(page: Page) -> None:
    order(page, FaultKind.ERROR_BEFORE)
    page.publish("x")
    listed = page.sandbox.send("GET", "/_sandbox/faults").json
    assert [(item["kind"], item["hits"]) for item in listed["faults"]] == [("error_before", 1)]
    assert set(listed["kinds"]) == set(FaultKind)
    assert set(listed["faults"][0]) == set(Order.__dataclass_fields__) - {"dice"}


def test_simultaneous_requests_do_not_share_a_hit(page: Page) -> None:
    order(page, FaultKind.ERROR_BEFORE, times=5)
    statuses: list[int] = []
    threads = [Thread(target=lambda: statuses.append(page.publish("x").status)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (statuses.count(500), statuses.count(200)) == (5, 15)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"network": "facebook", "kind": "explode"}, "throttle, error_before"),
        ({"network": "myspace", "kind": "reset"}, "facebook, linkedin, webhook"),
        ({"network": "facebook", "kind": "reset", "time": 1}, "times"),
        ({"network": "facebook", "kind": "reset", "times": -1}, "between 0"),
        ({"network": "facebook", "kind": "reset", "endpoint": "like"}, "look_up"),
        ({"network": "facebook", "kind": "reset", "seconds": 1}, "slow"),
        ({"network": "facebook", "kind": "slow", "wait_seconds": 1}, "throttle"),
        ({"network": "facebook", "kind": "slow", "share": 1.5}, "between 0 and 1"),
        ({"network": "webhook", "kind": "no_id"}, "facebook, linkedin"),
        ({"network": "facebook", "kind": "listed_late", "endpoint": "delete"}, "publish"),
        ({"kind": "reset"}, "network is required"),
        ("reset", "object"),
    ],
)
def test_an_order_that_means_nothing_is_told_what_would(sandbox: Sandbox, wrong: object, named: str) -> None:
    reply = sandbox.send("POST", "/_sandbox/faults", wrong)
    assert reply.status == 400
    assert named in reply.json["error"]
    assert sandbox.send("GET", "/_sandbox/faults").json["faults"] == []
