from pathlib import Path

import certifi
import pytest

from webhooks.errors import SettingsError
from webhooks.settings import Settings, parse_schedule


@pytest.mark.parametrize(
    ("text", "waits"),
    [
        ("0.5s, 250ms,1.5h,1d", (0.5, 0.25, 5400, 86400)),
        ("0s", (0,)),
        ("30d", (2_592_000,)),
    ],
)
def test_a_schedule_is_read(text: str, waits: tuple[float, ...]) -> None:
    assert parse_schedule(text) == waits


@pytest.mark.parametrize(
    "text",
    [
        "",
        ",",
        "5s,",
        "5",
        "5 s",
        "s",
        "-5s",
        "5m",
        "5S",
        "1e3s",
        "infs",
        "31d",
        "9999999s",
        "\N{ARABIC-INDIC DIGIT FIVE}s",
        "5s;5s",
        "1s," * 101,
    ],
)
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="is no retry schedule: write up to 100 waits with commas"):
        parse_schedule(text)


def test_the_default_schedule_is_the_specifications() -> None:
    assert Settings(data=Path("x")).retry_schedule == (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)


def test_a_repr_shows_no_key_and_no_password() -> None:
    settings = Settings(data=Path("x"), keys="canary", store="postgresql://u:canary@h/x", ledger="duckdb:///canary")
    assert "canary" not in repr(settings)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file or directory"),
        ("", "holds no certificate in PEM"),
        ("no certificate", "holds no certificate in PEM"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds no certificate in PEM"),
    ],
)
def test_a_ca_bundle_that_holds_none_is_refused(tmp_path: Path, content: str | None, message: str) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SettingsError, match=f"the CA bundle {file} {message}"):
        Settings(data=tmp_path, ca_bundle=file).check()


def test_settings_that_do_are_not_refused(tmp_path: Path) -> None:
    Settings(data=tmp_path).check()
    Settings(data=tmp_path, ca_bundle=Path(certifi.where()), ledger="duckdb:///x", definitions=tmp_path).check()


def test_a_ledger_without_definitions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="every event would be sent with its default body"):
        Settings(data=tmp_path, ledger="duckdb:///x").check()
