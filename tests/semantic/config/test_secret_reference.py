"""Settings that reference a file or a variable: their value is read from there and never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from semantic.config.settings import SettingsError, load_settings

ADDRESS = "postgresql://reader:canary@db.example.com/shop"


def test_a_files_value_is_read_without_its_line_end(tmp_path: Path) -> None:
    for number, content in enumerate((ADDRESS, f"{ADDRESS}\n", f"{ADDRESS}\r\n")):
        file = tmp_path / str(number)
        file.write_bytes(content.encode())
        settings = load_settings({"SAMEPAGE_DATA": f"file:{file}"})
        assert settings.data == ADDRESS
        assert settings.come_from["data"] == f"the file {file}, which SAMEPAGE_DATA names"


def test_a_variables_value_is_read() -> None:
    settings = load_settings({"SAMEPAGE_STORE": "env:STORE_ADDRESS", "STORE_ADDRESS": ADDRESS})
    assert settings.store == ADDRESS
    assert settings.come_from["store"] == "the variable STORE_ADDRESS, which SAMEPAGE_STORE names"


def test_the_settings_file_can_use_references_too(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a key of masks", encoding="utf-8")
    file = tmp_path / "settings.toml"
    file.write_text(f'mask_key = "file:{tmp_path / "key"}"\ndata = "shop.duckdb"\n', encoding="utf-8")
    settings = load_settings({"SAMEPAGE_SETTINGS": str(file)})
    assert (settings.mask_key, settings.data) == ("a key of masks", "shop.duckdb")
    assert settings.come_from["data"] == "data in the settings file"
    assert settings.come_from["mask_key"] == f"the file {tmp_path / 'key'}, which mask_key in the settings file names"
    assert settings.come_from["store"] == ""  # without a reason


def test_a_value_without_a_reference_is_used_as_is() -> None:
    for value in ("shop.duckdb", "duckdb:///srv/file:x.duckdb", ADDRESS):
        assert load_settings({"SAMEPAGE_DATA": value}).data == value


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"\xff\xfe", "can't be read: it isn't text"),
        (b"x" * 70_000, "is longer than"),
    ],
)
def test_a_file_without_a_secret_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match="SAMEPAGE_AUDIT_KEY names the file") as raised:
        load_settings({"SAMEPAGE_AUDIT_KEY": f"file:{file}"})
    assert says in str(raised.value)


def test_a_missing_reference_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SAMEPAGE_STORE names the file '/nowhere', which can't be read: No such"):
        load_settings({"SAMEPAGE_STORE": "file:/nowhere"})
    with pytest.raises(SettingsError, match=r"SAMEPAGE_STORE names the file .*, which can't be read: it isn't a file"):
        load_settings({"SAMEPAGE_STORE": f"file:{tmp_path}"})
    with pytest.raises(SettingsError, match="SAMEPAGE_STORE names the variable 'NOWHERE', which is not set"):
        load_settings({"SAMEPAGE_STORE": "env:NOWHERE"})


def test_printed_settings_contain_no_secret() -> None:
    names = ("DATA", "STORE", "MASK_KEY", "AUDIT_KEY", "METRICS_TOKEN")
    given = {f"SAMEPAGE_{name}": f"canary-{name}-that-has-more-than-thirty-two-letters" for name in names}
    settings = load_settings(given)
    assert settings.metrics_token == given["SAMEPAGE_METRICS_TOKEN"]
    assert "canary" not in repr(settings) + str(settings)


@pytest.mark.parametrize("token", ["short", "a" * 31, "b" * 31 + "\u00e4", "c" * 31 + "\t"])
def test_a_token_that_is_guessable_or_cannot_be_sent_is_refused(token: str) -> None:
    with pytest.raises(SettingsError, match="SAMEPAGE_METRICS_TOKEN needs at least 32 characters") as raised:
        load_settings({"SAMEPAGE_METRICS_TOKEN": token})
    assert token not in str(raised.value)
