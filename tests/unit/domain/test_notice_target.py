"""Names of targets, and mail addresses: what is one, and what people may see."""

import pytest

from omnipub.domain.mail_address import AT_MOST, checked_address, masked
from omnipub.domain.notice_target import TargetKind, checked_target, kind_of
from omnipub.errors import InvalidInputError


@pytest.mark.parametrize("name", ["mail", "webhook", "slack", "mail:ops", "slack:on-call", "webhook:2"])
def test_a_target_is_a_kind_or_a_kind_with_a_name(name: str) -> None:
    assert checked_target(name) == name
    assert kind_of(name) is TargetKind(name.split(":", maxsplit=1)[0])


@pytest.mark.parametrize("name", ["", "pager", "mail:", "mail:Ops", "mail:a b", "mail:a#b", "MAIL", "mail:" + "x" * 33])
def test_nothing_else_is_one_and_the_error_says_what_is(name: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        checked_target(name)
    assert "mail, webhook, slack" in raised.value.hint


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ada@example.com", "ada@example.com"),
        ("ada+omnipub@mail.example.com", "ada+omnipub@mail.example.com"),
        ("root@localhost", "root@localhost"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
    ],
)
def test_a_mail_address_has_its_domain_in_ascii(text: str, address: str) -> None:
    assert checked_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        *("", "ada", "@example.com", "ada@", "ada@example", "ada@example..com", "ada@.example.com", "ada@example.com."),
        *("a b@example.com", "ada@example.com\n", "ada@example.com\r\nBcc: x@example.com", "<ada@example.com>"),
        *("ada@example.com,bo@example.com", "ada@home@example.com", '"ada"@example.com', "ada@[127.0.0.1]"),
        *("x" * AT_MOST + "@example.com", "ada@" + "ü" * 70 + ".example"),
    ],
)
def test_what_is_no_address_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        checked_address(text)
    assert len(text) < 5 or text not in raised.value.message + raised.value.hint.replace("ada@example.com", "")


def test_of_an_address_people_see_a_letter_and_the_domain() -> None:
    assert masked("ada@example.com") == "a…@example.com"
