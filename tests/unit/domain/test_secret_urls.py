import pytest

from omnipub.domain.secret_urls import is_own_place, normalised, place, secrets_in, shown
from omnipub.errors import InvalidInputError

ADDRESS = "https://hooks.example.com/services/T0/B0?key=S3cret%2Fx"


@pytest.mark.parametrize(
    "same",
    [
        "HTTPS://hooks.example.com/services/T0/B0?key=S3cret%2Fx",
        "https://HOOKS.Example.COM/services/T0/B0?key=S3cret%2Fx",
        "https://hooks.example.com:443/services/T0/B0?key=S3cret%2Fx",
        "https://hooks.example.com./services/T0/B0?key=S3cret%2Fx",
        "https://hooks.example.com/services/T0/B0?key=S3cret%2fx",
        "https://hooks.example.com/services/%540/B0?key=S3cret%2Fx",
        "https://hooks.example.com/services/./T0/x/../B0?key=S3cret%2Fx",
        "https://hooks.example.com/services/T0/B0?key=S3cret%2Fx#part",
    ],
)
def test_two_spellings_of_one_address_are_one(same: str) -> None:
    assert normalised(same) == normalised(ADDRESS) == ADDRESS


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.com", "https://example.com/"),
        ("http://example.com:80/x", "http://example.com/x"),
        ("https://bücher.example/x", "https://xn--bcher-kva.example/x"),
        ("https://example.com/ü", "https://example.com/%C3%BC"),
        ("https://[2001:DB8::1]/x", "https://[2001:db8::1]:443/x"),
    ],
)
def test_what_may_be_written_in_two_ways_has_one_spelling(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    "other",
    [
        "https://hooks.example.com/services/t0/B0?key=S3cret%2Fx",
        "https://hooks.example.com/services/T0/B0/?key=S3cret%2Fx",
        "https://hooks.example.com:8443/services/T0/B0?key=S3cret%2Fx",
        "http://hooks.example.com/services/T0/B0?key=S3cret%2Fx",
        "https://hooks.example.com/services/T0/B0?key=S3cret/x",
        "https://hooks.example.com/services/T0%2FB0?key=S3cret%2Fx",
    ],
)
def test_what_may_lead_elsewhere_is_another_address(other: str) -> None:
    assert normalised(other) != normalised(ADDRESS)


@pytest.mark.parametrize(
    "bad",
    ["", "x", "ftp://example.com/S3cret", "https:///S3cret", "https://u:S3cret@h/", "https://h:S3cret/", "a S3cret"],
)
def test_what_is_no_address_is_refused_and_not_quoted(bad: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        normalised(bad)
    assert "S3cret" not in f"{refused.value.message}{refused.value.hint}"
    assert place(bad) == ""


def test_people_see_scheme_and_host_and_the_end_of_the_hash() -> None:
    assert place(ADDRESS) == "https://hooks.example.com"
    assert shown("https://hooks.example.com~" + "0" * 28 + "1a2b") == "https://hooks.example.com …1a2b"
    assert shown("urn:li:organization:1") == "urn:li:organization:1"
    assert not is_own_place("intranet")


def test_everything_but_scheme_and_host_is_secret() -> None:
    kept = {secret.reveal() for secret in secrets_in(f"{ADDRESS}#part")}
    assert {"/services/T0/B0", "T0", "B0", "key=S3cret%2Fx", "S3cret/x", "part"} <= kept
    assert not any("hooks.example" in one for one in kept)


def test_words_of_receivers_and_empty_parts_are_no_secrets() -> None:
    found = [secret.reveal() for secret in secrets_in("https://hooks.example.com/services/T0/B0/")]
    assert found == ["/services/T0/B0/", "T0", "B0"]


def test_a_user_name_and_a_password_are_secret_each() -> None:
    found = [secret.reveal() for secret in secrets_in("https://user1:passw2@example.com/")]
    assert found == ["user1:passw2", "user1", "passw2"]


@pytest.mark.parametrize("bad", ["https://example.com/a b", "https://example.com/a\x7fb"])
def test_an_address_with_a_space_or_a_control_character_is_refused(bad: str) -> None:
    with pytest.raises(InvalidInputError, match="no spaces"):
        normalised(bad)


@pytest.mark.parametrize(
    ("address", "spelling"),
    [
        ("https://[2001:DB8::1]:8443/x", "https://[2001:db8::1]:8443/x"),
        ("https://example.com/x", "https://example.com/x"),
        ("https://example.com/%2D%2e%5F%7Ex", "https://example.com/-._~x"),
        ("https://example.com/a/b/..", "https://example.com/a/"),
        ("https://example.com/a/.", "https://example.com/a/"),
        ("https://example.com/..", "https://example.com/"),
    ],
)
def test_an_address_has_this_spelling(address: str, spelling: str) -> None:
    assert normalised(address) == spelling


@pytest.mark.parametrize("account", ["https://example.com", "me~0123456789"])
def test_an_id_without_a_hash_of_an_address_is_shown_whole(account: str) -> None:
    assert not is_own_place(account)
    assert shown(account) == account
