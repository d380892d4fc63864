"""The mail server in the settings: every value is checked, and no message contains the password."""

from __future__ import annotations

from pathlib import Path

import pytest

from semantic.config.mail import MailServer, is_address
from semantic.config.settings import load_settings
from semantic.errors import SettingsError

TABLE = """
[mail]
host = "smtp.example.com"
user = "samepage"
password = "env:MAIL_SECRET"
sender = "Samepage <numbers@example.com>"
"""


def _mail(folder: Path, table: str = TABLE, **more: str) -> MailServer | None:
    file = folder / "settings.toml"
    file.write_text(table, encoding="utf-8")
    return load_settings({"SAMEPAGE_SETTINGS": str(file), "MAIL_SECRET": "verysecret", **more}).mail


def test_a_table_is_read_with_a_referenced_password(tmp_path: Path) -> None:
    mail = _mail(tmp_path)
    assert mail == MailServer(
        host="smtp.example.com", port=587, security="starttls", sender="Samepage <numbers@example.com>",
        user="samepage", password="verysecret",
    )  # fmt: skip
    assert mail is not None
    assert (mail.sender_address, mail.domain) == ("numbers@example.com", "example.com")
    assert "verysecret" not in repr(mail)


def test_variables_are_enough_and_override_the_file(tmp_path: Path) -> None:
    given = {"SAMEPAGE_MAIL_HOST": "mail", "SAMEPAGE_MAIL_SENDER": "a@b.example", "SAMEPAGE_MAIL_SECURITY": "tls"}
    assert load_settings(given).mail == MailServer(host="mail", port=465, security="tls", sender="a@b.example")
    mail = _mail(tmp_path, SAMEPAGE_MAIL_HOST="other.example.com", SAMEPAGE_MAIL_PORT="2525")
    assert mail is not None
    assert (mail.host, mail.port) == ("other.example.com", 2525)
    (tmp_path / "secret").write_text("from a file\n", encoding="utf-8")
    mail = _mail(tmp_path, SAMEPAGE_MAIL_PASSWORD=f"file:{tmp_path / 'secret'}")
    assert mail is not None
    assert mail.password == "from a file"
    assert load_settings({}).mail is None


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('"env:MAIL_SECRET"', '"verysecret"', "mail.password is written out"),
        ('"env:MAIL_SECRET"', '"env:NO_SUCH"', "names the variable 'NO_SUCH', which is not set"),
        ("smtp.example.com", "smtp example", "the host needs a name"),
        ("smtp.example.com", "", "the host needs a name"),
        ("Samepage <numbers@example.com>", "numbers", "the sender needs an address"),
        ("Samepage <numbers@example.com>", "a@b.example\\\\r\\\\nBcc: x@y.example", "the sender needs an address"),
        ("[mail]", '[mail]\nsecurity = "ssl"', "the security is starttls or tls or none"),
        ("[mail]", '[mail]\nsecurity = "none"', "only sent over an encrypted connection"),
        ("[mail]", "[mail]\nport = 70000", "the port is a number from 1 to 65,535"),
        ("[mail]", '[mail]\nport = "x"', "the port is a number"),
        ("[mail]", "[mail]\nport = true", "mail.port isn't text"),
        ("[mail]", '[mail]\nhots = "x"', "mail has unknown keys: hots"),
        ('user = "samepage"', "", "there is a password but no user"),
    ],
)
def test_an_error_is_reported_without_the_password(tmp_path: Path, before: str, after: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as refused:
        _mail(tmp_path, TABLE.replace(before, after.replace("\\\\", "\\")))
    assert "verysecret" not in str(refused.value)


def test_links_start_with_the_apps_address() -> None:
    assert load_settings({}).address == "http://localhost:8501"
    assert load_settings({"SAMEPAGE_ADDRESS": "https://Samepage.Example.com:443/"}).address == (
        "https://samepage.example.com"
    )
    for wrong in ("samepage.example.com", "https://x.example/app", "ftp://x.example", "https://a@x.example"):
        with pytest.raises(SettingsError, match="SAMEPAGE_ADDRESS"):
            load_settings({"SAMEPAGE_ADDRESS": wrong})


def test_allowed_hosts_are_a_list_of_names() -> None:
    assert load_settings({}).allowed_hosts == frozenset()
    given = load_settings({"SAMEPAGE_ALLOWED_HOSTS": "Hooks.internal, 10.0.0.5,"})
    assert given.allowed_hosts == {"hooks.internal", "10.0.0.5"}
    with pytest.raises(SettingsError, match="SAMEPAGE_ALLOWED_HOSTS"):
        load_settings({"SAMEPAGE_ALLOWED_HOSTS": "https://hooks.internal/"})


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("lena@example.com", True),
        ("lena.brandt+boards@mail.example.co.uk", True),
        ("jörg@münchen.example", True),
        ("lena@localhost", True),
        ("lena", False),
        ("lena@", False),
        ("@example.com", False),
        ("lena@example.com\n", False),
        ("a b@example.com", False),
        (".lena@example.com", False),
        ("lena@exa_mple.com", False),
        (f"{'x' * 65}@example.com", False),
    ],
)
def test_an_address_must_be_plain(text: str, is_one: bool) -> None:
    assert is_address(text) is is_one
