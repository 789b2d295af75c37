import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from omnipub.domain.conversation import Secret
from omnipub.domain.delivery.outcome import FoundPost, Outcome, Sighting, TryEnd
from omnipub.domain.redaction import HIDDEN, Redaction
from support.echoes import WAYS, traces

TOKEN = "EAABsbCS1iHg+BO7/Ca_Na-Ry0Zq9Zd"
SECRETS = {
    "a token": TOKEN,
    "an app password": "k3vq-7xzw-m2pj-9rtb",
    "a signing secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "other scripts": "pässwörter-große-Füße-42",
    "marks of notations": 'a1"b2\\c3<d4>&e5%f6/g7+h8=i9 j',
    "eight characters": "Zq9Zd+7x",
}

FOUND = FoundPost(
    network_id="1" * 20, text="Hello", created_at=datetime(2026, 11, 23, tzinfo=UTC), permalink="https://x.y/1"
)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_hidden_in_whatever_way_it_is_written(kind: str, way: str) -> None:
    secret = SECRETS[kind]
    if kind == "eight characters" and way.startswith(
        ("without its", "with stars", "spaced", "in two", "a piece", "cap")
    ):
        return  # what is left of so short a secret is less than a piece
    said = f"the value '{WAYS[way](secret)}' is not accepted"
    shown = Redaction([Secret(secret)]).sentence(f"It does not work. Net says: “{said}”")
    for part in secret.split():
        assert traces(shown, part) == []
    assert HIDDEN in shown
    assert shown.startswith("It does not work. Net says: “the valu")
    assert shown.endswith(" is not accepted”")


def test_the_name_of_a_scheme_is_no_secret() -> None:
    hidden = Redaction([Secret(f"Bearer {TOKEN}")])
    assert hidden.words(f"Bearer tokens like Bearer {TOKEN} end") == f"Bearer tokens like Bearer {HIDDEN} end"


def test_both_halves_of_a_basic_credential_are_secret() -> None:
    hidden = Redaction([Secret("Basic b21uaXB1Yi11c2VyOnBhc3N3b3JkLTQyNDI=")])
    assert hidden.words("user omnipub-user, password-4242") == f"user {HIDDEN}, {HIDDEN}"


def test_the_key_inside_a_signing_secret_is_secret() -> None:
    hidden = Redaction([Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")])
    assert hidden.words("key 31f290f6bf0629") == f"key {HIDDEN}"


@pytest.mark.parametrize(
    ("secret", "said", "shown"),
    [
        ("x", "x is no token of xavier", "x is no token of xavier"),
        ("post", "a post, posted by a poster", f"a {HIDDEN}, posted by a poster"),
        ("facebook", "Facebook: not a facebook token", f"Facebook: not a {HIDDEN} token"),
        ("", "All is well", "All is well"),
    ],
)
def test_a_short_secret_hides_whole_words_only(secret: str, said: str, shown: str) -> None:
    assert Redaction([Secret(secret)]).words(said) == shown


def test_our_own_words_stay_whoever_chose_the_secret() -> None:
    plain = "Facebook no longer accepts the page's token; connect the page again."
    for secret in ("Facebook", "accepts the", "page", "longer", "Facebook-page"):
        assert Redaction([Secret(secret)]).sentence(plain) == plain


def test_a_whole_secret_is_hidden_outside_of_quotes_too() -> None:
    assert Redaction([Secret(TOKEN)]).sentence(f"It is {TOKEN}.") == f"It is {HIDDEN}."


def test_a_code_or_an_address_that_quotes_a_secret_is_not_kept() -> None:
    outcome = Outcome(ended=TryEnd.PUBLISHED, network_id="1_2", code=f"E{TOKEN}", permalink=f"https://x.y/?t={TOKEN}")
    shown = Redaction([Secret(TOKEN)]).outcome(outcome)
    assert (shown.network_id, shown.code, shown.permalink) == ("1_2", HIDDEN, "")


def test_an_id_that_quotes_a_secret_leaves_the_try_unclear() -> None:
    outcome = Redaction([Secret(TOKEN)]).outcome(Outcome(ended=TryEnd.PUBLISHED, network_id=f"at://{TOKEN}/1"))
    assert outcome.ended is TryEnd.AMBIGUOUS
    assert TOKEN not in str(outcome)


def test_numbers_in_ids_and_addresses_stay_though_a_token_has_them() -> None:
    outcome = Outcome(ended=TryEnd.PUBLISHED, network_id="-1001102015431/7", permalink="https://t.me/c/1102015431/7")
    assert Redaction([Secret("1102015431:AAHdqTcvCH1vGWJxfSeofSAs0")]).outcome(outcome) == outcome


def test_a_look_that_would_quote_a_secret_has_failed() -> None:
    def seen(network_id: str, permalink: str = "") -> Sighting:
        post = FoundPost(network_id=network_id, text=TOKEN, created_at=None, permalink=permalink)  # type: ignore[arg-type]
        return Redaction([Secret(TOKEN)]).sighting(Sighting(posts=(post,)))

    assert seen("1_2", f"https://x.y/{TOKEN}").posts[0].permalink == ""
    failed = seen(TOKEN)
    assert failed.posts == ()
    assert failed.failed is not None


def test_an_answer_without_end_and_a_token_without_end_take_no_time() -> None:
    secrets = [Secret(TOKEN), Secret("aB3-" * 300_000)]
    began = time.perf_counter()
    shown = Redaction(secrets).sentence("“" + f"{TOKEN} %41" * 100_000)
    Redaction(secrets).outcome(Outcome(ended=TryEnd.PUBLISHED, network_id="1", permalink="https://" + "a" * 1_000_000))
    assert time.perf_counter() - began < 10
    assert traces(shown, TOKEN) == []


@pytest.mark.parametrize("secrets", [[], [Secret("x")]])
def test_without_a_secret_nothing_is_changed(secrets: list[Secret]) -> None:
    hidden = Redaction(secrets)
    outcome = Outcome(ended=TryEnd.REJECTED, network_id="1" * 2_001, sentence="a" * 4_001)
    sighting = Sighting(posts=(FOUND,), failed=outcome)
    assert hidden.outcome(outcome) is outcome
    assert hidden.sighting(sighting) is sighting
    assert hidden.words("a" * 4_001) == "a" * 4_001


def test_another_end_loses_an_id_that_quotes_a_secret_and_stays_what_it_is() -> None:
    rejected = Outcome(ended=TryEnd.REJECTED, network_id=TOKEN, code="no")
    assert Redaction([Secret(TOKEN)]).outcome(rejected) == Outcome(ended=TryEnd.REJECTED, code="no")


@pytest.mark.parametrize(("length", "kept"), [(2_000, True), (2_001, False)])
def test_an_address_is_kept_up_to_its_longest(length: int, kept: bool) -> None:  # noqa: FBT001
    address = "https://x.y/".ljust(length, "z")
    seen = Redaction([Secret(TOKEN)]).sighting(Sighting(posts=(replace(FOUND, permalink=address),)))
    assert seen.posts[0].permalink == (address if kept else "")


@pytest.mark.parametrize(("length", "kept"), [(4_000, "z" * 4_000), (4_001, "z" * 3_999 + "…")])
def test_words_are_kept_up_to_their_longest(length: int, kept: str) -> None:
    assert Redaction([Secret(TOKEN)]).words("z" * length) == kept


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"{TOKEN} is bad", f"{HIDDEN} is bad"),
        (f"{TOKEN}k3vq-7xzw-m2pj is bad", f"{HIDDEN} is bad"),
        ("EAA…9Zd is bad", f"{HIDDEN} is bad"),
        ("EA…9Zd is fine", "EA…9Zd is fine"),
        ("EAA…Zd is fine", "EAA…Zd is fine"),
        ("EAABsb… is bad", f"{HIDDEN} is bad"),
        ("EAABs… is fine", "EAABs… is fine"),
        ("…0Zq9Zd is bad", f"{HIDDEN} is bad"),
        ("…Zq9Zd is fine", "…Zq9Zd is fine"),
        ("please wait… all is fine", "please wait… all is fine"),
    ],
)
def test_a_secret_is_hidden_up_to_its_ends(said: str, shown: str) -> None:
    assert Redaction([Secret(TOKEN), Secret("k3vq-7xzw-m2pj")]).words(said) == shown


def test_letters_and_digits_tell_a_secret_in_their_words_and_not_in_ours() -> None:
    hidden = Redaction([Secret("abc1-def2-ghij")])
    assert hidden.words("got ABC1 DEF2") == f"got {HIDDEN}"
    assert hidden.sentence("got ABC1 DEF2") == "got ABC1 DEF2"


def test_digits_alone_with_something_between_them_tell_no_secret() -> None:
    assert Redaction([Secret("1234-5678-abcd")]).words("call 1234 5678") == "call 1234 5678"


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ("whsec_YWI=", "ab is fine"),
        ("whsec_!!!!", "all is fine"),
        ("Basic bWU6cGFzc3dvcmQtNDI0Mg==", "me is fine"),
        ("Basic b21uaXB1Yi11c2Vy", "omnipub-user is fine"),
        ("Bearer b21uaXB1Yi11c2VyOnBhc3N3b3JkLTQyNDI=", "omnipub-user is fine"),
    ],
)
def test_what_is_no_part_of_a_secret_stays(secret: str, said: str) -> None:
    assert Redaction([Secret(secret)]).words(said) == said


def test_of_a_very_long_secret_its_two_ends_are_looked_for() -> None:
    secret = "".join(f"{number:05d}k" for number in range(5_000))
    hidden = Redaction([Secret(secret)])
    assert hidden.words(secret[:24]) == hidden.words(secret[-24:]) == HIDDEN
    assert hidden.words(secret[15_000:15_024]) == secret[15_000:15_024]


def test_of_the_longest_secret_its_middle_is_looked_for_too() -> None:
    secret = "".join(f"{number:05d}k" for number in range(5_000))[:16_384]
    assert Redaction([Secret(secret)]).words(secret[8_188:8_196]) == HIDDEN
