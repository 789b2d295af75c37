"""What is particular to the vault, the media store and the seat on AWS."""

import hashlib

import pytest

from omnipub.adapters.aws.clients import patience_with
from omnipub.adapters.aws.kms_vault import REMEMBERED_SECONDS, SECRET_BYTES, KmsVault
from omnipub.adapters.aws.place import KNOWN_SECONDS, AwsPlace
from omnipub.adapters.aws.s3_media import PREFIX, S3Media
from omnipub.domain.conversation import Secret
from omnipub.errors import ConfigurationError, InvalidInputError, SealBrokenError, UnavailableError
from omnipub.ports.place import Evidence
from support.aws import Cloud
from support.faulty_botocore import break_into

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 100
ATTEMPTS = patience_with("kms").attempts
SECRET = Secret("a-token-of-ours")


class Seconds:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_secret_is_opened_once_for_a_while(emulated: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = Seconds()
    vault = KmsVault(emulated.clients, emulated.key(), monotonic=seconds)
    sealed = vault.seal(SECRET, "p")
    faulty = break_into(monkeypatch, emulated.clients, "kms", {"Decrypt"})
    for _ in range(3):
        assert vault.open(sealed, "p") == SECRET
    assert len(faulty.made()) == 1
    with pytest.raises(SealBrokenError):
        vault.open(sealed, "q")
    seconds.now += REMEMBERED_SECONDS
    assert vault.open(sealed, "p") == SECRET
    assert len(faulty.made()) == 3


@pytest.mark.parametrize("code", ["IncorrectKeyException", "InvalidCiphertextException"])
def test_what_kms_cannot_open_is_a_broken_seal(emulated: Cloud, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    # no emulator notices that a text was sealed with another key
    vault = KmsVault(emulated.clients, emulated.key())
    sealed = vault.seal(SECRET, "p")
    break_into(monkeypatch, emulated.clients, "kms", {"Decrypt"}, f"code {code}")
    with pytest.raises(SealBrokenError, match="does not open"):
        vault.open(sealed, "p")
    assert vault.open(sealed, "p") == SECRET


@pytest.mark.parametrize("code", ["DisabledException", "KMSInvalidStateException"])
def test_a_key_that_is_switched_off_breaks_no_seal(emulated: Cloud, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    key = emulated.key()
    vault = KmsVault(emulated.clients, key)
    sealed = vault.seal(SECRET, "p")
    break_into(monkeypatch, emulated.clients, "kms", {"Decrypt"}, f"code {code}")
    with pytest.raises(UnavailableError) as failed:
        vault.open(sealed, "p")
    assert "aws kms" in failed.value.hint
    assert failed.value.hint.endswith(f"--key-id {key}")


@pytest.mark.parametrize("fault", ["throttle", "error", "unreachable"])
def test_a_vault_that_does_not_answer_is_no_broken_seal_and_shows_no_secret(
    emulated: Cloud, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    vault = KmsVault(emulated.clients, emulated.key())
    sealed = vault.seal(SECRET, "p")
    faulty = break_into(monkeypatch, emulated.clients, "kms", {"Encrypt", "Decrypt"}, *[fault] * 2 * ATTEMPTS)
    for act in (lambda: vault.open(sealed, "p"), lambda: vault.seal(SECRET, "p")):
        with pytest.raises(UnavailableError) as failed:
            act()
        assert SECRET.reveal() not in f"{failed.value} {failed.value.__cause__!r} {failed.value.hint}"
    assert faulty.made() == [fault] * 2 * ATTEMPTS
    assert vault.open(sealed, "p") == SECRET


@pytest.mark.parametrize("length", [0, SECRET_BYTES + 1])
def test_a_token_that_kms_cannot_take_is_refused_without_showing_it(emulated: Cloud, length: int) -> None:
    with pytest.raises(InvalidInputError, match="4,096") as refused:
        KmsVault(emulated.clients, emulated.key()).seal(Secret("t" * length), "p")
    assert "ttt" not in str(refused.value)


def test_the_longest_token_is_taken(emulated: Cloud) -> None:
    vault = KmsVault(emulated.clients, emulated.key())
    longest = Secret("t" * SECRET_BYTES)
    assert vault.open(vault.seal(longest, "p"), "p") == longest


def test_a_key_that_is_not_there_is_a_matter_of_configuration(emulated: Cloud) -> None:
    absent = f"arn:aws:kms:eu-west-1:123456789012:key/{'0' * 8}-0000-4000-8000-{'0' * 12}"
    with pytest.raises(ConfigurationError, match="does not exist"):
        KmsVault(emulated.clients, absent).seal(SECRET, "p")


def test_an_image_carries_its_type_and_its_checksum(emulated: Cloud) -> None:
    bucket = emulated.bucket()
    kept = S3Media(emulated.clients, bucket).keep(PNG)
    head = emulated.clients.of("s3").head_object(Bucket=bucket, Key=PREFIX + kept.key)
    assert (head["ContentType"], head["ContentLength"]) == ("image/png", len(PNG))
    assert kept.key == hashlib.sha256(PNG).hexdigest()
    assert "immutable" in head["CacheControl"]


@pytest.mark.parametrize("fault", ["error", "unreachable"])
def test_a_bucket_that_does_not_answer_is_not_an_absent_image(
    emulated: Cloud, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    media = S3Media(emulated.clients, emulated.bucket())
    kept = media.keep(PNG)
    only = {"GetObject", "HeadObject", "PutObject"}
    faulty = break_into(monkeypatch, emulated.clients, "s3", only, *[fault] * 3 * ATTEMPTS)
    for act in (lambda: media.bytes_of(kept.key), lambda: media.describe(kept.key), lambda: media.keep(PNG)):
        with pytest.raises(UnavailableError):
            act()
    assert faulty.made() == [fault] * 3 * ATTEMPTS
    assert media.bytes_of(kept.key) == PNG


def test_a_bucket_that_is_not_there_is_a_matter_of_configuration(emulated: Cloud) -> None:
    with pytest.raises(ConfigurationError, match="omnipub-none does not exist"):
        S3Media(emulated.clients, "omnipub-none").keep(PNG)


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def place_on(cloud: Cloud, seconds: Seconds) -> AwsPlace:
    return AwsPlace(cloud.clients, table=cloud.table(), bucket=cloud.bucket(), pause=lambda _: None, monotonic=seconds)


@pytest.fixture
def place(emulated: Cloud, seconds: Seconds) -> AwsPlace:
    return place_on(emulated, seconds)


@pytest.fixture
def identified(over_ministack: Cloud, seconds: Seconds) -> AwsPlace:
    """A place whose table has an id; moto's tables have none."""
    return place_on(over_ministack, seconds)


def remembered(place: AwsPlace) -> int:
    """The epoch, without the table's id."""
    return int(place._recently(place._remembered)[0])


def test_a_seat_remembers_the_highest_epoch(place: AwsPlace) -> None:
    assert remembered(place) == 0
    for epoch, highest in ((1, 1), (7, 7), (3, 7), (8, 8)):
        place.remember("", epoch)
        assert remembered(place) == highest


def test_of_two_that_remember_at_once_the_higher_stays(
    emulated: Cloud, place: AwsPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.remember("", 1)
    other = AwsPlace(emulated.clients, table=place._table, bucket=place._bucket)
    real = AwsPlace._write

    def overtaken(self: AwsPlace, epoch: int, tag: str) -> bool:
        monkeypatch.setattr(AwsPlace, "_write", real)
        other.remember("", 9)
        return real(self, epoch, tag)

    monkeypatch.setattr(AwsPlace, "_write", overtaken)
    place.remember("", 5)
    assert (remembered(place), remembered(other)) == (9, 9)


@pytest.mark.ministack
def test_a_seat_asks_again_after_a_while(
    over_ministack: Cloud, identified: AwsPlace, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty = break_into(monkeypatch, over_ministack.clients, "dynamodb", {"DescribeTable"})
    other = AwsPlace(over_ministack.clients, table=identified._table, bucket=identified._bucket)
    for _ in range(5):
        assert identified.evidence(identified.fresh(0)) == Evidence(epoch=0)
    assert len(faulty.made()) == 1
    other.remember("", 4)
    seconds.now += KNOWN_SECONDS
    assert identified.evidence(identified.fresh(0)) == Evidence(epoch=4)
    assert len(faulty.made()) == 2


@pytest.mark.ministack
def test_a_table_made_anew_under_the_old_name_is_another_place(
    over_ministack: Cloud, identified: AwsPlace, seconds: Seconds
) -> None:
    from support.aws import table_shape

    before, dynamodb = identified.fresh(0), over_ministack.clients.of("dynamodb")
    dynamodb.delete_table(TableName=identified._table)
    dynamodb.create_table(TableName=identified._table, **table_shape())
    seconds.now += KNOWN_SECONDS
    assert identified.fresh(0) != before
    assert identified.fresh(0).rpartition("/")[0] == before.rpartition("/")[0]
    assert identified.evidence(before) is None


@pytest.mark.ministack
def test_two_tables_are_two_places(over_ministack: Cloud, identified: AwsPlace) -> None:
    assert AwsPlace(over_ministack.clients, table=over_ministack.table(), bucket=identified._bucket).fresh(
        0
    ) != identified.fresh(0)
