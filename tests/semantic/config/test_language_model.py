"""The settings of a language model: off by default, a key from a file or variable, and only valid addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from semantic.config.settings import SettingsError, load_settings

ADDRESS = "https://models.example.com/v1"


def read(**given: str) -> object:
    return load_settings({f"SAMEPAGE_{name.upper()}": value for name, value in given.items()}).language_model


def test_the_language_model_is_off_by_default() -> None:
    assert read() is None


def test_an_address_and_a_name_switch_the_language_model_on(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("a-secret-key\n")
    settings = load_settings(
        {
            "SAMEPAGE_LANGUAGE_MODEL_ADDRESS": f"{ADDRESS}/",
            "SAMEPAGE_LANGUAGE_MODEL_NAME": "house-model",
            "SAMEPAGE_LANGUAGE_MODEL_KEY": f"file:{tmp_path / 'key'}",
            "SAMEPAGE_LANGUAGE_MODEL_SECONDS": "2.5",
        }
    )
    model = settings.language_model
    assert model is not None
    assert (model.address, model.name, model.key, model.seconds) == (ADDRESS, "house-model", "a-secret-key", 2.5)
    assert "a-secret-key" not in repr(settings) + repr(model)


@pytest.mark.parametrize(
    "address",
    [
        "http://models.example.com/v1",  # not encrypted, and not named
        "https://",
        "models.example.com",
        "https://ann:secret@models.example.com/v1",
        "https://models.example.com/v1?key=secret",
        "https://models.example.com:port/v1",
        "file:///etc/passwd",
    ],
)
def test_invalid_addresses_end_the_process_with_a_message(address: str) -> None:
    with pytest.raises(SettingsError, match="SAMEPAGE_LANGUAGE_MODEL_ADDRESS") as raised:
        # Through a variable, because `file:` would be read as a reference only in a setting that can be secret.
        read(language_model_address=address, language_model_name="house-model")
    assert "secret" not in str(raised.value)


def test_a_named_host_may_use_http() -> None:
    given = {"language_model_address": "http://10.0.0.5:8000/v1", "language_model_name": "house-model"}
    assert read(**given, allowed_hosts="10.0.0.5") is not None
    with pytest.raises(SettingsError):
        read(**given, allowed_hosts="10.0.0.6")


@pytest.mark.parametrize(
    "given",
    [
        {"language_model_address": ADDRESS},
        {"language_model_name": "house-model"},
        {"language_model_key": "a-secret-key"},
        {"language_model_address": ADDRESS, "language_model_name": "m", "language_model_seconds": "0"},
        {"language_model_address": ADDRESS, "language_model_name": "m", "language_model_seconds": "61"},
        {"language_model_address": ADDRESS, "language_model_name": "m", "language_model_key": "a\u00e9\n"},
    ],
)
def test_an_incomplete_setting_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as raised:
        read(**given)
    assert "a-secret-key" not in str(raised.value)
