"""The count: what is a double, a repeat, a deletion."""

from threading import Thread

import pytest

from integration.sandbox.driver import PNG, Author, Client, Page, Sandbox


def test_a_new_account_counts_nothing(client: Client) -> None:
    assert client.sandbox.count(client.network, client.account) == {
        "posts": 0,
        "doubles": 0,
        "repeats": 0,
        "deleted": 0,
    }


def test_the_same_content_again_is_one_double_each(page: Page) -> None:
    for text in ("same", "same", "other", "same"):
        page.publish(text)
    assert page.sandbox.count("facebook", page.account) == {"posts": 4, "doubles": 2, "repeats": 0, "deleted": 0}
    assert [post["double"] for post in page.sandbox.posts()] == [True, False, True, False]


@pytest.mark.parametrize("again", ["e\u0301t\u00e9  plage", " \u00e9t\u00e9\nplage "], ids=["decomposed", "spaced"])
def test_spelling_that_readers_cannot_tell_apart_is_a_double(page: Page, again: str) -> None:
    page.publish("\u00e9t\u00e9 plage")
    page.publish(again)
    assert page.sandbox.count("facebook", page.account)["doubles"] == 1


def test_another_link_or_picture_makes_another_post(page: Page) -> None:
    page.publish("same")
    page.post({"message": "same", "link": "https://example.org/1"})
    page.post({"message": "same", "link": "https://example.org/2"})
    page.upload(PNG, caption="same")
    page.upload(PNG + b"2", caption="same")
    assert page.sandbox.count("facebook", page.account)["doubles"] == 0
    page.upload(PNG, caption="same", alt_text_custom="described in another way")
    assert page.sandbox.count("facebook", page.account)["doubles"] == 1


def test_two_spellings_of_the_same_little_text_are_a_double(organisation: Author) -> None:
    organisation.publish("#tag")
    organisation.publish(r"\#tag")
    assert organisation.sandbox.count("linkedin", organisation.account)["doubles"] == 1


def test_the_same_content_on_two_accounts_is_no_double(organisation: Author, person: Author) -> None:
    organisation.publish("same")
    person.publish("same")
    assert organisation.sandbox.send("GET", "/_sandbox/count").json["totals"]["doubles"] == 0


def test_a_deleted_post_is_counted_as_deleted_and_doubles_nothing(page: Page) -> None:
    post = page.publish("same").json["id"]
    page.publish("same")
    page.call("DELETE", post)
    assert page.sandbox.count("facebook", page.account) == {"posts": 1, "doubles": 0, "repeats": 0, "deleted": 1}
    shown = [(post["deleted_at"] is None, post["double"]) for post in page.sandbox.posts()]
    assert shown == [(True, False), (False, False)]


def test_totals_add_up_over_networks(page: Page, organisation: Author) -> None:
    page.publish("a")
    page.publish("a")
    organisation.publish("a")
    totals = page.sandbox.send("GET", "/_sandbox/count").json["totals"]
    assert totals == {"posts": 3, "doubles": 1, "repeats": 0, "deleted": 0}


def test_simultaneous_posts_are_all_counted_under_ids_of_their_own(page: Page) -> None:
    threads = [Thread(target=page.publish, args=("same",)) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert page.sandbox.count("facebook", page.account) == {"posts": 30, "doubles": 29, "repeats": 0, "deleted": 0}
    assert len({post["id"] for post in page.sandbox.posts()}) == 30


def test_a_reset_forgets_posts_and_orders_but_neither_accounts_nor_used_ids(sandbox: Sandbox, page: Page) -> None:
    before = page.publish("x").json["id"]
    sandbox.order(network="facebook", kind="reset")
    assert sandbox.send("POST", "/_sandbox/reset").json["totals"]["posts"] == 0
    assert sandbox.posts() == []
    assert page.publish("x").json["id"] != before
