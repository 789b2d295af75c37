import re

import pytest

from omnipub.handlers.api.app import ROUTES
from omnipub.handlers.api.hint_sentences import WORDS, links, links_of, sentence, steps, worded
from omnipub.hints import Action, Hint, SubjectGroup
from omnipub.names import API_ROOT

FULL = {
    "id": "01KB0CVP6ZJ7X3Q5N8T4W2E9HD",
    "channel": "facebook",
    "account": "1",
    "scope": "all",
    "data": "/d",
    "file": "/f",
}


def test_the_api_has_words_for_every_action() -> None:
    assert set(WORDS) == set(Action)
    assert len(WORDS) > 1


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("when", ["", "If it is out"])
def test_no_sentence_of_the_api_is_a_command(action: Action, when: str) -> None:
    words = sentence(Hint(action=action, when=when, **FULL))
    assert re.fullmatch(r"[A-Z][^`]*[^.`]\.", words)
    assert "omnipub " not in words.replace("omnipub can", "")
    assert "--" not in words
    assert not when or words.startswith(f"{when}, ")


def test_every_link_is_a_route_that_exists() -> None:
    routes = {(route.method, route.path.replace("<id>", FULL["id"])) for route in ROUTES}
    told = [
        (link["method"], link["href"].removeprefix(API_ROOT).partition("?")[0])
        for action in Action
        for group in SubjectGroup
        for link in links(Hint(action=action, group=group, **FULL))
    ]
    assert told
    assert set(told) <= routes


def test_an_item_that_is_not_known_has_no_link() -> None:
    assert links(Hint(action=Action.SHOW)) == []
    assert links(Hint(action=Action.SHOW, group=SubjectGroup.CERTIFICATION, id="X"))[0]["href"].endswith(
        "/certifications/X"
    )


def test_several_hints_are_one_text_and_each_link_once() -> None:
    hints = ["An id has 26 letters.", Hint(action=Action.LIST), Hint(action=Action.LIST)]
    assert worded(hints) == "An id has 26 letters. The list shows what there is. The list shows what there is."
    assert links_of(hints) == [{"rel": "collection", "href": f"{API_ROOT}/messages", "method": "GET"}]
    assert [one["action"] for one in steps([hints[1]])] == ["list"]
