"""What the vault and the media store promise."""

import stat
from pathlib import Path

import pytest

from omnipub.adapters.directory_media import DirectoryMedia
from omnipub.adapters.keyfile_vault import KeyfileVault
from omnipub.domain.conversation import Secret
from omnipub.errors import ConfigurationError, InvalidInputError, NotFoundError, SealBrokenError

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 100
SECRET = Secret("a-token-of-ours")


def test_a_sealed_secret_opens_for_its_purpose_only(tmp_path: Path) -> None:
    vault = KeyfileVault(tmp_path / "key")
    sealed = vault.seal(SECRET, "owner/facebook/1")
    assert vault.open(sealed, "owner/facebook/1") == SECRET
    with pytest.raises(SealBrokenError):
        vault.open(sealed, "owner/facebook/2")


def test_the_same_secret_is_sealed_differently_each_time_and_never_lies_open(tmp_path: Path) -> None:
    vault = KeyfileVault(tmp_path / "key")
    first, second = vault.seal(SECRET, "p"), vault.seal(SECRET, "p")
    assert first != second
    assert SECRET.reveal() not in first


@pytest.mark.parametrize("damage", ["v2.abc", "v1.", "v1.!!!", "", "v1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="])
def test_damaged_or_foreign_seals_do_not_open(tmp_path: Path, damage: str) -> None:
    with pytest.raises(SealBrokenError):
        KeyfileVault(tmp_path / "key").open(damage, "p")


def test_the_key_file_is_for_its_owner_only_and_kept(tmp_path: Path) -> None:
    sealed = KeyfileVault(tmp_path / "key").seal(SECRET, "p")
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert KeyfileVault(tmp_path / "key").open(sealed, "p") == SECRET
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


def test_the_same_image_is_stored_once_under_its_digest(tmp_path: Path) -> None:
    media = DirectoryMedia(tmp_path / "media")
    first, second = media.keep(PNG), media.keep(PNG)
    assert first == second
    assert first.content_type == "image/png"
    assert media.bytes_of(first.key) == PNG
    assert media.describe(first.key) == first
    assert [file.name for file in (tmp_path / "media").iterdir()] == [first.key]


@pytest.mark.parametrize("data", [b"", b"hello", b"<svg/>", b"\x89PNG\r\n\x1a\n" + b"x" * (10 * 1024 * 1024)])
def test_what_is_no_image_or_too_large_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(InvalidInputError):
        DirectoryMedia(tmp_path / "media").keep(data)


@pytest.mark.parametrize("key", ["0" * 64, "../vault.key", "", "x"])
def test_a_key_of_nothing_is_not_found(tmp_path: Path, key: str) -> None:
    with pytest.raises(NotFoundError):
        DirectoryMedia(tmp_path / "media").bytes_of(key)
