import stat
from base64 import b64encode
from pathlib import Path

import pytest

from webhooks.errors import SettingsError
from webhooks.security.keys import Keyring, Purpose

FIRST, SECOND = (b64encode(bytes([n]) * 32).decode() for n in (1, 2))
ROW = "registration A https://receiver.example/"


def keyring(*lines: str) -> Keyring:
    return Keyring.parse("\n".join(lines), "the key file x")


def test_a_new_key_is_made_once_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    made = Keyring.open(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Keyring.open(path).token_key() == made.token_key()
    assert [file.name for file in tmp_path.iterdir()] == ["keys"]
    assert path.read_text().splitlines()[0].endswith("back them up.")


def test_what_was_encrypted_is_read_with_its_key_only() -> None:
    sealed = keyring(FIRST).encrypt(Purpose.SECRET, b"mySecret", ROW)
    assert b"mySecret" not in sealed
    assert keyring(SECOND, FIRST).decrypt(Purpose.SECRET, sealed, ROW) == b"mySecret"
    with pytest.raises(SettingsError, match="a key that is not among those given: put it back"):
        keyring(SECOND).decrypt(Purpose.SECRET, sealed, ROW)


def test_the_first_key_is_the_one_that_writes() -> None:
    sealed = keyring(SECOND, FIRST).encrypt(Purpose.SECRET, b"mySecret", ROW)
    assert keyring(SECOND).decrypt(Purpose.SECRET, sealed, ROW) == b"mySecret"


@pytest.mark.parametrize("place", range(4, 45))
def test_one_changed_bit_is_noticed(place: int) -> None:
    sealed = bytearray(keyring(FIRST).encrypt(Purpose.SECRET, b"mySecret 4567", ROW))
    sealed[place % len(sealed)] ^= 1
    with pytest.raises(SettingsError):
        keyring(FIRST).decrypt(Purpose.SECRET, bytes(sealed), ROW)


@pytest.mark.parametrize("cut", [0, 3, 4, 15, 16, 20])
def test_a_piece_of_it_is_refused(cut: int) -> None:
    sealed = keyring(FIRST).encrypt(Purpose.SECRET, b"mySecret", ROW)
    with pytest.raises(SettingsError):
        keyring(FIRST).decrypt(Purpose.SECRET, sealed[:cut], ROW)


def test_row_and_purpose_are_part_of_it() -> None:
    keys = keyring(FIRST)
    sealed = keys.encrypt(Purpose.SECRET, b"mySecret", ROW)
    for purpose, row in ((Purpose.SECRET, ROW + "2"), (Purpose.BODY, ROW)):
        with pytest.raises(SettingsError, match="was changed or moved to another row"):
            keys.decrypt(purpose, sealed, row)
    assert keys.encrypt(Purpose.SECRET, b"mySecret", ROW) != sealed


def test_credentials_are_recognised_by_each_key() -> None:
    stored = keyring(FIRST).fingerprint("secret")
    assert keyring(SECOND, FIRST).recognises(stored, "secret")
    assert not keyring(SECOND, FIRST).recognises(stored, "Secret")
    assert not keyring(SECOND).recognises(stored, "secret")
    assert not keyring(FIRST).recognises(b"", "secret")
    assert stored in keyring(SECOND, FIRST).fingerprints("secret")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "the key file x holds no key"),
        (["# only this"], "holds no key"),
        (["canary"], "the key file x, line 1 is no key"),
        ([FIRST, "", "# old", SECOND[:-8] + "===="], "line 4 is no key"),
        ([b64encode(bytes(16)).decode()], "line 1 is no key"),
        (["canarỳ"], "line 1 is no key"),
        ([FIRST, f"\ufeff{SECOND}"], "line 2 is no key"),
    ],
)
def test_a_faulty_file_is_told_without_its_content(lines: list[str], message: str) -> None:
    with pytest.raises(SettingsError, match=message) as raised:
        keyring(*lines)
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", None])
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "keys"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(SettingsError, match="cannot be read or made"):
        Keyring.open(path)


def test_a_byte_order_mark_before_the_keys_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_bytes(b"\xef\xbb\xbf" + FIRST.encode() + b"\r\n")
    assert Keyring.open(path).token_key() == keyring(FIRST).token_key()
    assert keyring(f"\ufeff{FIRST}").token_key() == keyring(FIRST).token_key()
