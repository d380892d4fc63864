"""The command `python -m semantic sign-in`: check if people can sign in with these settings, and as which person."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from semantic.commands.command_line import run_command
from semantic.config.settings import SettingsError, load_settings
from semantic.config.sign_in import Provider, SignInSettings
from semantic.errors import ProviderFailed
from semantic.oidc.client import ProviderClient
from semantic.oidc.metadata import Metadata
from semantic.policy.claims import person_from_claims

_EXAMPLE = """example:
  python -m semantic sign-in check
  python -m semantic sign-in check --offline
  python -m semantic sign-in try claims.json --provider okta

the settings are the table [sign_in] of the file that SAMEPAGE_SETTINGS names.
"""
_SECRET = "SAMEPAGE_COOKIE_SECRET"


def run(arguments: Sequence[str]) -> int:
    """Run one sign-in command, and return its exit code.

    The code is 0 for success, 1 for a problem, and 2 for wrong usage.
    """
    return run_command(_parser(), arguments, _act)


def _act(asked: argparse.Namespace) -> int:
    settings = load_settings().sign_in
    if settings is None:
        raise SettingsError(
            "The settings have no [sign_in] table. Set SAMEPAGE_SETTINGS to a TOML file that has one. The "
            "how-to pages have complete examples."
        )
    return asked.run(asked, settings)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m semantic sign-in",
        description="Check OpenID Connect sign-in before anyone uses it.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(name: str, run: Callable[[argparse.Namespace, SignInSettings], int], says: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=says, description=says)
        command.set_defaults(run=run)
        return command

    check = add("check", _check, "Read the settings, ask each provider for its metadata and keys, and report problems.")
    check.add_argument("--offline", action="store_true", help="only read the settings; don't contact providers")
    tried = add("try", _try, "Show who someone would be, from the claims of a token as the provider shows it.")
    tried.add_argument("claims", type=Path, help="a file with the claims as JSON")
    tried.add_argument("--provider", required=True, help="the name of a provider in the settings")
    return parser


def _check(asked: argparse.Namespace, settings: SignInSettings) -> int:
    """Print what to register at each provider and how it responds. Return 1 if someone couldn't sign in."""
    print(f"People open    {settings.address}")
    print(f"Register       {settings.address}/auth/callback   as redirect URI")
    print(f"               {settings.address}/                as post-logout redirect URI")
    print(f"               {settings.address}/auth/ended      as back-channel logout URI")
    problems = [] if os.environ.get(_SECRET) else [f"{_SECRET} isn't set, and the server doesn't start without it."]
    for provider in settings.providers:
        print(f"\n{provider.label} ({provider.name})")
        problems += _look_at(provider, is_offline=asked.offline)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def _look_at(provider: Provider, *, is_offline: bool) -> list[str]:
    """Print the details of a provider, and return the problems found."""
    print(f"  metadata     {provider.metadata}")
    print(f"  secret       {'is set' if provider.client_secret else 'none: the app relies on PKCE'}")
    print(f"  id           the claim {provider.person}{', trusted unverified' if provider.trust_email else ''}")
    print(f"  ids          {'any' if provider.domains is None else 'only of ' + ', '.join(provider.domains)}")
    print(f"  groups       the claim {provider.groups}")
    for role, groups in provider.mapping.roles.items():
        print(f"  role         {role} for {', '.join(groups)}")
    for name, claim in provider.mapping.attributes.items():
        print(f"  attribute    {name} from the claim {claim}")
    if provider.mapping.policy_groups is not None:
        print(f"  in policies  {', '.join(provider.mapping.policy_groups) or 'none of its groups'}")
    if is_offline:
        return []
    client = ProviderClient(provider)
    try:
        metadata, keys = client.metadata(), client.count_keys()
    except ProviderFailed as failed:
        return [str(failed)]
    print(f"  issuer       {metadata.issuer}, with {keys} {'key' if keys == 1 else 'keys'}")
    print(f"  renewal      {_renewal(provider)}")
    print(f"  sign-out     {'also at the provider' if metadata.end_session else 'only here: the provider offers none'}")
    print(f"  back-channel {'yes' if metadata.ends_sign_ins else 'not announced'}")
    return list(_problems(provider, metadata))


def _renewal(provider: Provider) -> str:
    asked = "offline_access" in provider.scopes
    return f"by refresh token{'' if asked else ' if the provider sends one'}, otherwise silently by the browser"


def _problems(provider: Provider, metadata: Metadata) -> Iterator[str]:
    unknown = [scope for scope in provider.scopes if metadata.scopes and scope not in metadata.scopes]
    if unknown:
        yield (
            f"{provider.label} doesn't offer {', '.join(unknown)}. Remove it from "
            f"sign_in.providers.{provider.name}.scopes, or add it there."
        )
    if provider.userinfo and not metadata.userinfo:
        yield f"{provider.label} has no userinfo. Set userinfo = false in sign_in.providers.{provider.name}."


def _try(asked: argparse.Namespace, settings: SignInSettings) -> int:
    """Print the person that some claims identify. Raises SettingsError, SignInRefused."""
    provider = settings.provider(asked.provider)
    if provider is None:
        known = ", ".join(each_provider.name for each_provider in settings.providers)
        raise SettingsError(f"There's no provider named {asked.provider!r}. The settings have: {known}.")
    person = person_from_claims(_read_claims(asked.claims), provider, datetime.now(UTC))
    print(f"Id         {person.id}")
    print(f"Name       {person.name}")
    print(f"Role       {_role(person.roles, person.role_groups)}")
    print(f"Groups     {', '.join(sorted(person.groups)) or 'none'}")
    if person.policy_groups is not None:
        print(f"Policies   can use {', '.join(sorted(person.policy_groups)) or 'none of these groups'}")
    for name, value in person.attributes.items():
        print(f"Attribute  {name} = {value if isinstance(value, str) else ', '.join(value)}")
    return 0


def _role(roles: frozenset[str], groups: Sequence[str]) -> str:
    return f"{', '.join(roles)}, by {', '.join(groups)}" if roles else "none: they could sign in but open nothing"


def _read_claims(file: Path) -> Mapping[str, Any]:  # Any: JSON
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"The file {file} can't be read as JSON.") from error
    if not isinstance(document, dict):
        raise SettingsError(f"The file {file} has no claims. It needs one JSON object.")
    # Claims missing in a preview are in every real token.
    return {"iss": "https://preview.example", "sub": "preview", **document}
