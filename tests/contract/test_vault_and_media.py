"""What the vault and the media store promise."""

import base64
import hashlib
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from omnipub.adapters.aws import s3_media
from omnipub.adapters.aws.kms_vault import KmsVault
from omnipub.adapters.aws.s3_media import S3Media
from omnipub.adapters.local.media import DirectoryMedia
from omnipub.adapters.local.vault import KeyfileVault
from omnipub.domain.conversation import Secret
from omnipub.domain.sealing import Purpose
from omnipub.errors import ConfigurationError, InvalidInputError, NotFoundError, SealBrokenError
from omnipub.ports.media import Media
from omnipub.ports.vault import Vault

MINISTACK = pytest.param("ministack", marks=pytest.mark.ministack)

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 100
SECRET = Secret("a-token-of-ours")


@pytest.fixture(params=["machine", "moto", MINISTACK])
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Vault:
    if request.param == "machine":
        return KeyfileVault(tmp_path / "key")
    cloud = request.getfixturevalue(f"over_{request.param}")
    return KmsVault(cloud.clients, cloud.key())


@pytest.fixture(params=["machine", "moto", MINISTACK])
def media(request: pytest.FixtureRequest, tmp_path: Path) -> Media:
    if request.param == "machine":
        return DirectoryMedia(tmp_path / "media")
    cloud = request.getfixturevalue(f"over_{request.param}")
    return S3Media(cloud.clients, cloud.bucket())


def test_a_sealed_secret_opens_for_its_purpose_only(vault: Vault) -> None:
    sealed = vault.seal(SECRET, ("owner", "facebook", "1", "token"))
    assert vault.open(sealed, ("owner", "facebook", "1", "token")) == SECRET
    with pytest.raises(SealBrokenError):
        vault.open(sealed, ("owner", "facebook", "2", "token"))


@pytest.mark.parametrize(
    ("sealed_for", "opened_for"),
    [
        (("o", "linkedin", "x/renewal", "token"), ("o", "linkedin", "x", "renewal")),
        (("o/linkedin", "x", "y", "token"), ("o", "linkedin", "x/y", "token")),
        (("o", "linkedin", 'x","token', "token"), ("o", "linkedin", "x", "token", "token")),
        (("o", "linkedin", "x", "token"), ("o", "linkedin", "x")),
        (("o", "linkedin", "x", "token"), ("o", "linkedin", "x", "renewal")),
    ],
)
def test_no_two_purposes_are_the_same(vault: Vault, sealed_for: Purpose, opened_for: Purpose) -> None:
    sealed = vault.seal(SECRET, sealed_for)
    assert vault.open(sealed, sealed_for) == SECRET
    with pytest.raises(SealBrokenError):
        vault.open(sealed, opened_for)


@pytest.mark.parametrize("kind", ["token", "renewal"])
def test_what_was_sealed_before_opens_for_the_same_account(vault: Vault, kind: str) -> None:
    purpose = ("owner", "linkedin", "urn:li:person:a", kind)
    sealed = sealed_before(vault, "owner/linkedin/urn:li:person:a" + ("" if kind == "token" else "/renewal"))
    assert vault.open(sealed, purpose) == SECRET
    with pytest.raises(SealBrokenError):
        vault.open(sealed, ("other", *purpose[1:]))


def sealed_before(vault: Vault, purpose: str) -> str:
    """What a release that knew only meaning 1 of the items wrote."""
    if isinstance(vault, KeyfileVault):
        data = vault._cipher.encrypt(b"n" * 12, SECRET.reveal().encode(), purpose.encode())
        return f"v1.{base64.urlsafe_b64encode(b'n' * 12 + data).decode()}"
    assert isinstance(vault, KmsVault)
    blob = vault._clients.of("kms").encrypt(
        KeyId=vault._key, Plaintext=SECRET.reveal().encode(), EncryptionContext={"purpose": purpose}
    )["CiphertextBlob"]
    return f"kms1.{base64.urlsafe_b64encode(blob).decode()}"


def test_the_same_secret_is_sealed_differently_each_time_and_never_lies_open(vault: Vault) -> None:
    first, second = vault.seal(SECRET, ("p",)), vault.seal(SECRET, ("p",))
    assert first != second
    assert SECRET.reveal() not in first


@pytest.mark.parametrize(
    "damage",
    [
        "v3.abc",
        "v2.abc",
        "v1.",
        "v1.!!!",
        "",
        "v1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "kms1.",
        "kms1.!!!",
        "kms1.AAAA",
    ],
)
def test_damaged_or_foreign_seals_do_not_open(vault: Vault, damage: str) -> None:
    with pytest.raises(SealBrokenError):
        vault.open(damage, ("p",))


def test_what_was_changed_after_sealing_does_not_open(vault: Vault) -> None:
    sealed = vault.seal(SECRET, ("p",))
    middle = len(sealed) * 2 // 3
    changed = sealed[:middle] + ("A" if sealed[middle] != "A" else "B") + sealed[middle + 1 :]
    with pytest.raises(SealBrokenError):
        vault.open(changed, ("p",))


def test_the_key_file_is_for_its_owner_only_and_kept(tmp_path: Path) -> None:
    sealed = KeyfileVault(tmp_path / "key").seal(SECRET, ("p",))
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert KeyfileVault(tmp_path / "key").open(sealed, ("p",)) == SECRET
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(ConfigurationError, match="read by others"):
        KeyfileVault(tmp_path / "key")


def test_a_damaged_key_file_is_not_silently_replaced(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"short")
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(ConfigurationError, match="damaged"):
        KeyfileVault(tmp_path / "key")


def test_a_secret_does_not_show_itself() -> None:
    assert SECRET.reveal() not in f"{SECRET} {SECRET!r} {[SECRET]} { {'t': SECRET} }"


def test_an_image_is_stored_under_its_digest_however_often(media: Media) -> None:
    first, second = media.keep(PNG), media.keep(PNG)
    assert first == second
    assert (first.key, first.content_type) == (hashlib.sha256(PNG).hexdigest(), "image/png")
    assert media.bytes_of(first.key) == PNG
    assert media.describe(first.key) == first


def test_the_same_image_is_one_file(tmp_path: Path) -> None:
    media = DirectoryMedia(tmp_path / "media")
    first, _ = media.keep(PNG), media.keep(PNG)
    assert [file.name for file in (tmp_path / "media").iterdir()] == [first.key]


@pytest.mark.parametrize("data", [b"", b"hello", b"<svg/>", b"\x89PNG\r\n\x1a\n" + b"x" * (10 * 1024 * 1024)])
def test_what_is_no_image_or_too_large_is_refused(media: Media, data: bytes) -> None:
    with pytest.raises(InvalidInputError):
        media.keep(data)


@pytest.mark.parametrize("key", ["0" * 64, "../vault.key", "", "x"])
def test_a_key_of_nothing_is_not_found(media: Media, key: str) -> None:
    with pytest.raises(NotFoundError):
        media.bytes_of(key)
    with pytest.raises(NotFoundError):
        media.describe(key)


def test_an_old_image_that_a_message_names_counts_as_new(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = request.getfixturevalue("over_moto")
    bucket = cloud.bucket()
    cloud.clients.of("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    media = S3Media(cloud.clients, bucket)
    kept = media.keep(PNG)
    assert media.describe(kept.key) == kept
    assert len(cloud.clients.of("s3").list_object_versions(Bucket=bucket)["Versions"]) == 1
    monkeypatch.setattr(s3_media, "FRESH", timedelta(seconds=-5))
    assert media.describe(kept.key) == kept
    assert len(cloud.clients.of("s3").list_object_versions(Bucket=bucket)["Versions"]) == 2
    assert media.bytes_of(kept.key) == PNG
