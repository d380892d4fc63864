"""Connections by name, from variables and from the settings file. A variable overrides the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from semantic.config.settings import ADDRESS, SettingsError, load_settings


def in_file(tmp_path: Path, text: str) -> dict[str, str]:
    (tmp_path / "settings.toml").write_text(text, encoding="utf-8")
    return {"SAMEPAGE_SETTINGS": str(tmp_path / "settings.toml")}


def test_there_are_no_other_connections_by_default() -> None:
    assert dict(load_settings({}).connections) == {}
    assert dict(load_settings({"SAMEPAGE_CONNECTION_PLANS": ""}).connections) == {}


def test_a_variable_overrides_the_file_and_both_can_reference_a_secret(tmp_path: Path) -> None:
    (tmp_path / "crm").write_text("postgresql://reader:a-secret@db/crm\n", encoding="utf-8")
    given = in_file(tmp_path, f'[connections]\nplans = "plans.duckdb"\ncrm = "file:{tmp_path}/crm"\n')
    settings = load_settings({**given, "SAMEPAGE_CONNECTION_PLANS": "env:PLANS", "PLANS": "/srv/plans.duckdb"})
    assert dict(settings.connections) == {"plans": "/srv/plans.duckdb", "crm": "postgresql://reader:a-secret@db/crm"}
    assert settings.come_from["connection_plans"] == "the variable PLANS, which SAMEPAGE_CONNECTION_PLANS names"
    assert settings.address == ADDRESS
    assert "a-secret" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('connections = "plans.duckdb"', "is a table"),
        ('[connections]\nuploads = "plans.duckdb"', "files that people upload"),
        ("[connections]\nplans = 3", "'plans' in the settings file is no address"),
        ('[connections]\n"Our plans" = "plans.duckdb"', "can't be a connection's name"),
        ('[connections]\nplans = "env:NOT_THERE"', "'NOT_THERE', which is not set"),
    ],
)
def test_an_invalid_connection_is_refused(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=words):
        load_settings(in_file(tmp_path, text))


def test_the_name_of_a_variable_is_checked_too() -> None:
    with pytest.raises(SettingsError, match="SAMEPAGE_CONNECTION_1ST can't be a connection's name"):
        load_settings({"SAMEPAGE_CONNECTION_1ST": "plans.duckdb"})
