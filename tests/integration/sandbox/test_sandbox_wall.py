"""The wall."""

import re

import pytest

from integration.sandbox.driver import PNG, Author, Client, Page, Receiver, Sandbox, envelope


def wall(sandbox: Sandbox, path: str = "/") -> str:
    reply = sandbox.send("GET", path)
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    return reply.body.decode()


def test_the_wall_shows_every_networks_posts(page: Page, organisation: Author, receiver: Receiver) -> None:
    for client in (page, organisation, receiver):
        client.publish(f"from {client.network}")
    shown = wall(page.sandbox)
    assert re.findall(r'class="text">([^<]+)<', shown) == ["from facebook", "from linkedin", "from webhook"]
    assert "<b>3</b> posts" in shown


def test_nothing_that_was_posted_becomes_markup(receiver: Receiver) -> None:
    evil = "\"'><script>alert(1)</script>"
    receiver.deliver(
        envelope({"text": evil, "link": "javascript:alert(1)", "media": [{"url": "javascript:alert(2)", "alt": evil}]})
    )
    shown = wall(receiver.sandbox)
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown
    assert "javascript:" not in shown


def test_a_link_may_not_leave_its_attribute(page: Page) -> None:
    page.post({"link": 'https://example.org/"onmouseover="alert(1)'})
    assert '"onmouseover' not in wall(page.sandbox)


def test_the_page_needs_nothing_from_elsewhere(sandbox: Sandbox) -> None:
    assert not re.search(r'(src|href)="?(https?:)?//|url\(|@import', wall(sandbox))
    policy = sandbox.send("GET", "/").headers["content-security-policy"]
    assert "default-src 'none'" in policy


def test_doubles_and_deletions_are_marked(page: Page) -> None:
    page.publish("same")
    assert "double</span>" not in wall(page.sandbox)
    post = page.publish("same").json["id"]
    assert wall(page.sandbox).count("double</span>") == 1
    page.call("DELETE", post)
    assert "deleted</span>" in wall(page.sandbox)


def test_pictures_are_shown_with_their_alternative_text(page: Page) -> None:
    page.upload(PNG, caption="x", alt_text_custom="a <cat>")
    source = re.search(r'<img src="(/media/[0-9a-f]{64})" alt="a &lt;cat&gt;">', wall(page.sandbox))
    assert source
    picture = page.sandbox.send("GET", source[1])
    assert (picture.headers["content-type"], picture.body) == ("image/png", PNG)


def test_the_time_is_shown_to_the_millisecond_and_leads_to_the_post(client: Client) -> None:
    client.publish("find me")
    found = re.search(r'<a href="(/posts/[^"]+)">\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC<', wall(client.sandbox))
    assert found
    assert "find me" in wall(client.sandbox, found[1])


@pytest.mark.parametrize("path", ["/posts/facebook/404", "/media/404", "/elsewhere", "/%3Cscript%3E"])
def test_an_unknown_address_is_404(sandbox: Sandbox, path: str) -> None:
    assert sandbox.send("GET", path).status == 404
