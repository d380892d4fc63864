"""The table [sign_in]: how it's read, and that every error is named without a secret in the message."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from semantic.config.settings import SettingsError, load_settings
from semantic.config.sign_in import Provider, RoleMapping, SignInSettings, read_sign_in

WHOLE = """
address = "https://Samepage.example.com/"
hours = 8
renew_minutes = 10
contact = "it@example.com"
owner_days = 45
[providers.okta]
label = "Okta"
metadata = "https://example.okta.com/.well-known/openid-configuration"
client_id = "abc"
client_secret = "env:OKTA_SECRET"
scopes = "openid email profile groups offline_access"
person = "email"
trust_email = true
groups = "realm_access.roles"
policy_groups = ["mk-web"]
domains = ["Example.com", "mail.example.com"]
userinfo = false
[providers.okta.roles]
administrator = ["samepage-admins"]
marketer = ["mk-marketing", "mk-web"]
[providers.okta.attributes]
markets = "markets"
[providers.google]
label = "Google"
metadata = "https://accounts.google.com/.well-known/openid-configuration"
client_id = "def"
domains = ["*"]
[providers.google.roles]
viewer = ["samepage-admins"]
"""
SMALL = """
address = "https://samepage.example.com"
[providers.okta]
label = "Okta"
metadata = "https://example.okta.com/.well-known/openid-configuration"
client_id = "abc"
[providers.okta.roles]
viewer = ["all"]
"""
AGENCY = """
[providers.agency]
label = "Agency"
metadata = "https://agency.example.net/.well-known/openid-configuration"
client_id = "ghi"
domains = ["agency.example.net"]
"""
BOTH = SMALL.replace('client_id = "abc"', 'client_id = "abc"\ndomains = ["example.com"]') + AGENCY
SECRET = "hunter2-hunter2"


def read(text: str, **environment: str) -> SignInSettings:
    return read_sign_in(tomllib.loads(text), environment)


def test_the_whole_table_is_read() -> None:
    assert read(WHOLE, OKTA_SECRET=f"{SECRET}\n") == SignInSettings(
        address="https://samepage.example.com",
        hours=8,
        renew_minutes=10,
        contact="it@example.com",
        owner_days=45,
        providers=(
            Provider(
                name="okta",
                label="Okta",
                metadata="https://example.okta.com/.well-known/openid-configuration",
                client_id="abc",
                client_secret=SECRET,
                scopes=("openid", "email", "profile", "groups", "offline_access"),
                person="email",
                trust_email=True,
                groups="realm_access.roles",
                userinfo=False,
                domains=("Example.com", "mail.example.com"),
                mapping=RoleMapping(
                    roles={
                        "administrator": ("samepage-admins",),
                        "marketer": ("mk-marketing", "mk-web"),
                    },
                    attributes={"markets": "markets"},
                    policy_groups=("mk-web",),
                ),
            ),
            Provider(
                name="google",
                label="Google",
                metadata="https://accounts.google.com/.well-known/openid-configuration",
                client_id="def",
                mapping=RoleMapping(roles={"viewer": ("samepage-admins",)}, policy_groups=()),
            ),
        ),
    )


def test_missing_keys_have_defaults() -> None:
    sign_in_settings = read(SMALL)
    assert (
        sign_in_settings.hours,
        sign_in_settings.renew_minutes,
        sign_in_settings.contact,
        sign_in_settings.owner_days,
    ) == (12, 15, "", 30)
    assert sign_in_settings.providers[0].userinfo
    assert not sign_in_settings.providers[0].trust_email
    assert sign_in_settings.is_https
    assert sign_in_settings.host == "samepage.example.com"


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://Samepage.example.com:443", "samepage.example.com"),
        ("https://samepage.example.com:8443/", "samepage.example.com:8443"),
        ("http://127.0.0.1:80", "127.0.0.1"),
        ("http://[::1]:8501", "[::1]:8501"),
    ],
)
def test_the_host_is_as_browsers_send_it(address: str, host: str) -> None:
    assert read(SMALL.replace("https://samepage.example.com", address)).host == host


def test_plain_http_is_allowed_only_for_this_machine() -> None:
    sign_in_settings = read(SMALL.replace("https://samepage.example.com", "http://localhost:8501"))
    assert (sign_in_settings.is_https, sign_in_settings.host) == (False, "localhost:8501")


def test_a_secret_is_read_from_a_file_and_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    sign_in_settings = read(SMALL.replace('client_id = "abc"', f'client_id = "abc"\nclient_secret = "file:{file}"'))
    assert sign_in_settings.providers[0].client_secret == SECRET
    assert SECRET not in repr(sign_in_settings)
    assert SECRET not in str(sign_in_settings)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('address = "https://samepage.example.com"', "", "sign_in.address is missing. Write where people open"),
        ("https://samepage.example.com", "http://samepage.example.com", "isn't safe without https"),
        ("https://samepage.example.com", "http://localhost.example.com", "isn't safe without https"),
        ("https://samepage.example.com", "https://samepage.example.com/app", "with nothing after the host"),
        ("https://samepage.example.com", "https://me:pw@samepage.example.com", "sign_in.address is"),
        ("https://samepage.example.com", "samepage.example.com", "sign_in.address is 'samepage.example.com'"),
        ("https://samepage.example.com", "https://samepage.example.com:port", "sign_in.address is"),
        ("https://example.okta.com/.well", "http://example.okta.com/.well", "sign_in.providers.okta.metadata is"),
        ("/.well-known/openid-configuration", "", "ending in /.well-known/openid-configuration"),
        ('label = "Okta"', "label = 1", "sign_in.providers.okta.label is invalid. Write the text of its button"),
        ('label = "Okta"', "", "sign_in.providers.okta.label is missing"),
        ("providers.okta", 'providers."Okta!"', "sign_in.providers.Okta! has a name that can't be used"),
        ("providers.okta", "providers.demo", "sign_in.providers.demo has a name that can't be used"),
        ('client_id = "abc"', 'client_id = "abc"\nclient = "x"', "sign_in.providers.okta.client isn't a known key"),
        ('client_id = "abc"', 'client_id = "abc"\nscopes = "email"', "including openid"),
        ('client_id = "abc"', 'client_id = "abc"\ngroups = "a..b"', "sign_in.providers.okta.groups is invalid"),
        ('client_id = "abc"', 'client_id = "abc"\nuserinfo = "no"', "sign_in.providers.okta.userinfo is invalid"),
        ('viewer = ["all"]', "", "sign_in.providers.okta.roles doesn't give any group a role"),
        ('viewer = ["all"]', "viewer = []", "sign_in.providers.okta.roles doesn't give any group a role"),
        ('[providers.okta.roles]\nviewer = ["all"]', "", "sign_in.providers.okta.roles doesn't give any group a role"),
        ('viewer = ["all"]', 'viewer = "all"', "okta.roles.viewer is invalid. Write a list of groups"),
        ('viewer = ["all"]', 'owner = ["all"]', "sign_in.providers.okta.roles.owner isn't a known key. Use viewer,"),
        ("[providers.okta.roles]\nviewer", "[roles]\nowner", "sign_in.roles.owner isn't a known key. Use viewer,"),
        ('["all"]', '["all"]\n[attributes]\nMarkets = "m"', "sign_in.attributes.Markets isn't a valid attribute name"),
        ('["all"]', '["all"]\n[providers.okta.attributes]\nA = "m"', "okta.attributes.A isn't a valid attribute name"),
        ('["all"]', f'["all"]{AGENCY}', "sign_in.providers.agency.roles doesn't give any group a role"),
        ('["all"]', '["all"]\n[roles]\nviewer = ["x"]', "roles are both set. Keep only the second one."),
        ('address = "https', 'hours = 0\naddress = "https', "sign_in.hours is invalid. Write after how many hours"),
        ('address = "https', 'hours = 200\naddress = "https', "sign_in.hours is invalid"),
        ('address = "https', 'days = 2\naddress = "https', "sign_in.days isn't a known key. Use address, hours"),
    ],
)
def test_an_error_names_what_to_write(before: str, after: str, says: str) -> None:
    assert before in SMALL
    with pytest.raises(SettingsError) as caught:
        read(SMALL.replace(before, after))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        (SECRET, "is written out, or has no source. Write where the secret is"),
        (f"env:{SECRET}", "which is not set"),
        ("file:/nowhere/at/all", "names the file '/nowhere/at/all', which can't be read"),
        ("env:", "is written out, or has no source"),
        ("env:TWO_LINES", "must be a secret"),
    ],
)
def test_messages_contain_no_secret(reference: str, says: str) -> None:
    text = SMALL.replace('client_id = "abc"', f'client_id = "abc"\nclient_secret = "{reference}"')
    with pytest.raises(SettingsError) as caught:
        read(text, TWO_LINES=f"{SECRET}\n{SECRET}")
    assert "sign_in.providers.okta.client_secret" in str(caught.value)
    assert says in str(caught.value)
    if not reference.startswith("env:h"):  # the name of a variable is shown, since it is no secret
        assert SECRET not in str(caught.value)
        assert SECRET not in repr(caught.value.__cause__)


def test_an_entry_without_a_provider_belongs_to_the_only_one() -> None:
    own = 'viewer = ["all"]\n[providers.okta.attributes]\nmarkets = "markets"\n'
    shared = own.replace("[providers.okta.attributes]", "[attributes]")
    for text in (
        SMALL.replace('viewer = ["all"]\n', own),
        SMALL.replace('[providers.okta.roles]\nviewer = ["all"]\n', f"[roles]\n{shared}"),
        SMALL.replace('viewer = ["all"]\n', shared),
    ):
        mapping = read(text).providers[0].mapping
        assert mapping == RoleMapping(roles={"viewer": ("all",)}, attributes={"markets": "markets"})


def test_a_provider_can_have_the_name_of_a_table() -> None:
    text = SMALL.replace("providers.okta", "providers.roles")
    assert read(text).providers[0].mapping.roles == {"viewer": ("all",)}
    with pytest.raises(SettingsError, match=r"sign_in\.providers\.roles\.client isn't a known key\. Use label"):
        read(text.replace("client_id", "client"))


def test_with_several_providers_policies_know_only_named_groups() -> None:
    own = '[providers.agency.roles]\nviewer = ["ours"]\n'
    named = SMALL.replace('client_id = "abc"', 'client_id = "abc"\npolicy_groups = ["all"]')
    named_both = BOTH.replace('client_id = "abc"', 'client_id = "abc"\npolicy_groups = ["all"]')
    assert read(SMALL).providers[0].mapping.policy_groups is None
    assert read(named).providers[0].mapping.policy_groups == ("all",)
    assert [provider.mapping.policy_groups for provider in read(BOTH + own).providers] == [(), ()]
    assert [provider.mapping.policy_groups for provider in read(named_both + own).providers] == [("all",), ()]


@pytest.mark.parametrize("table", ["roles", "attributes"])
def test_an_entry_without_a_provider_is_refused_if_there_are_several(table: str) -> None:
    own = '[providers.agency.roles]\nviewer = ["ours"]\n'
    shared = {"roles": '[roles]\nadministrator = ["samepage-admins"]\n', "attributes": '[attributes]\nmarkets = "m"\n'}
    assert [provider.name for provider in read(BOTH + own).providers] == ["okta", "agency"]
    with pytest.raises(SettingsError) as caught:
        read(BOTH + own + shared[table])
    assert str(caught.value) == (
        f"sign_in.{table} doesn't say which provider it is for, and there are several: okta, agency. Write "
        f"[sign_in.providers.okta.{table}] for okta, and one for each of the others: groups and claims of one "
        "provider don't apply to another."
    )


def test_with_several_providers_each_must_state_its_ids() -> None:
    own = '[providers.agency.roles]\nviewer = ["ours"]\n'
    assert read(SMALL).providers[0].domains is None
    assert [provider.domains for provider in read(BOTH + own).providers] == [("example.com",), ("agency.example.net",)]
    with pytest.raises(SettingsError) as caught:
        read(SMALL + AGENCY + own)
    assert str(caught.value) == (
        "sign_in.providers.okta.domains is missing, and with agency configured too, it's unclear whose ids each may "
        "vouch for. Write a list of "
        'the email domains whose ids it may vouch for, such as ["example.com"], or ["*"] for any id.'
    )


@pytest.mark.parametrize(
    "domain", ["example.com", "a-b.example.com", "localhost", "m\u00fcller.de", "xn--mller-kva.de", "2.de"]
)
def test_a_valid_domain_is_kept_as_written(domain: str) -> None:
    text = SMALL.replace('client_id = "abc"', f'client_id = "abc"\ndomains = ["{domain}"]')
    assert read(text).providers[0].domains == (domain,)


def test_decomposed_letters_are_normalized() -> None:
    text = SMALL.replace('client_id = "abc"', 'client_id = "abc"\ndomains = ["mu\u0308ller.de"]')
    assert read(text).providers[0].domains == ("m\u00fcller.de",)


@pytest.mark.parametrize(
    "domain",
    ["", "*.example.com", "@example.com", "mia@example.com", "example.com.", ".example.com", "example..com", "a b.com",
     "-a.com", "a-.com", "https://example.com", "example.com/x", "example.com:443", "a,b", "a\u3002com", "."],
)  # fmt: skip
def test_an_invalid_domain_is_refused(domain: str) -> None:
    text = SMALL.replace('client_id = "abc"', f'client_id = "abc"\ndomains = ["{domain}"]')
    with pytest.raises(SettingsError, match=r"sign_in\.providers\.okta\.domains") as caught:
        read(text)
    assert 'such as ["example.com"], or ["*"] for any id.' in str(caught.value)


@pytest.mark.parametrize("written", ["[]", '"example.com"', "[1]", '["*", "example.com"]'])
def test_domains_are_a_non_empty_list_or_any(written: str) -> None:
    text = SMALL.replace('client_id = "abc"', f'client_id = "abc"\ndomains = {written}')
    with pytest.raises(SettingsError, match=r"sign_in\.providers\.okta\.domains"):
        read(text)


def test_all_errors_are_reported_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        read(SMALL.replace("https://", "http://"))
    assert "sign_in.address" in str(caught.value)
    assert "sign_in.providers.okta.metadata" in str(caught.value)


def test_the_file_is_read_with_the_other_settings_and_not_in_demo_mode(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    body = SMALL.replace("[providers", "[sign_in.providers")
    file.write_text(f"max_rows = 7\n[sign_in]\n{body}")
    settings = load_settings({"SAMEPAGE_SETTINGS": str(file)})
    assert settings.max_rows == 7
    assert settings.sign_in is not None
    assert settings.sign_in.address == "https://samepage.example.com"
    with pytest.raises(SettingsError, match="can't be combined"):
        load_settings({"SAMEPAGE_SETTINGS": str(file), "SAMEPAGE_DEMO": "1"})
    assert load_settings({}).sign_in is None
    file.write_text("sign_in = 1\n")
    with pytest.raises(SettingsError, match=r"sign_in is invalid\. Write a table"):
        load_settings({"SAMEPAGE_SETTINGS": str(file)})
