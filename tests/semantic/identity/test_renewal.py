"""Claims are renewed with the provider in time, by one process at a time, and expire otherwise."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from semantic.config.sign_in import RoleMapping, SignInSettings
from semantic.identity.renewal import GRACE, Renewals, is_too_old, read_stored_proof, stored_proof
from semantic.identity.sessions import SignedIn, SignIns
from semantic.oidc.client import ProviderClient
from semantic.policy.claims import person_from_claims
from semantic.store.accounts.sign_ins import read_refresh
from semantic.store.database import Store, connect_store
from semantic.store.keys import keys_of
from tests.copies import empty_store
from tests.provider import TestProvider
from tests.semantic.oidc.conftest import prove
from tests.semantic.store import stores
from tests.semantic.store.clock import Clock
from tests.waiting import until

KEYS = keys_of(stores.SECRET)


class Process:
    """One server over the store."""

    def __init__(self, store: Store, settings: SignInSettings) -> None:
        self.store, self.settings = store, settings
        self.clients = {provider.name: ProviderClient(provider) for provider in settings.providers}
        self.sign_ins = SignIns(store, KEYS, providers=self.clients, people=dict)
        self.renewals = Renewals(store, KEYS, self.sign_ins, settings, self.clients)

    def sign_in(self, person: str, issuer: str = "full") -> str:
        client = self.clients[issuer]
        proof = prove(client, person)
        proven = person_from_claims(proof.claims, client.provider, self.store.now())
        until = self.store.now() + timedelta(hours=12)
        return self.sign_ins.begin(proven, provider=issuer, until=until, refresh=stored_proof(proof).to_text())

    def find(self, token: str) -> SignedIn:
        signed_in = self.sign_ins.find(token)
        assert signed_in is not None
        return signed_in

    def tend(self, token: str) -> str:
        return self.renewals.tend(token, self.find(token))

    def why_over(self, token: str) -> str | None:
        self.sign_ins.look()
        return None if self.sign_ins.find(token) is None else "open"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def processes(tmp_path: Path, clock: Clock, provider: TestProvider) -> Iterator[tuple[Process, Process]]:
    """Two servers over one store, with claims that are old after a quarter of an hour."""
    mapping = RoleMapping(roles={"marketer": ("mk-marketing",), "steward": ("mk-mops",)})
    settings = SignInSettings(
        address="http://127.0.0.1:9",
        hours=12,
        renew_minutes=15,
        contact="",
        providers=(provider.settings("full", mapping), provider.settings("lean", mapping)),
    )
    address = str(tmp_path / "store.sqlite")
    opened = [empty_store(address, clock=clock), Store(connect_store(address), clock=clock)]
    yield Process(opened[0], settings), Process(opened[1], settings)
    for store in opened:
        store.close()


def refreshes(provider: TestProvider, person: str) -> int:
    return sum(one["did"] == "refresh_token" and one["person"] == person for one in provider.log())


def test_recent_claims_are_not_renewed(
    processes: tuple[Process, Process], clock: Clock, provider: TestProvider
) -> None:
    process, _ = processes
    token, before = process.sign_in("mia"), refreshes(provider, "mia")
    clock.move(minutes=15)
    assert process.tend(token) == "fresh"
    assert refreshes(provider, "mia") == before


def test_old_claims_are_renewed_in_the_background(
    processes: tuple[Process, Process], clock: Clock, provider: TestProvider
) -> None:
    process, other = processes
    provider.turn(people={"omar": {"groups": ["mk-marketing", "mk-mops"]}})
    token = process.sign_in("omar")
    assert process.find(token).person.roles == {"steward"}
    provider.turn(people={"omar": {"groups": ["mk-marketing"]}})
    clock.move(minutes=16)
    assert process.tend(token) == "asking"
    until(lambda: process.find(token).person.roles == {"marketer"})
    assert process.tend(token) == "fresh"
    assert other.find(token).person.roles == {"marketer"}
    clock.move(minutes=16)  # with the refresh token that came back
    assert other.tend(token) == "asking"
    until(lambda: other.find(token).claims_at == clock())


def test_two_processes_use_a_refresh_token_once(
    processes: tuple[Process, Process], clock: Clock, provider: TestProvider
) -> None:
    token = processes[0].sign_in("mia")
    signed_ins = [process.find(token) for process in processes]
    before = refreshes(provider, "mia")
    clock.move(minutes=80)  # so old that each waits for the answer
    with ThreadPoolExecutor(2) as pool:
        states = list(
            pool.map(lambda pair: pair[0].renewals.tend(token, pair[1]), zip(processes, signed_ins, strict=True))
        )
    assert states == ["fresh", "fresh"]
    assert refreshes(provider, "mia") == before + 1
    assert all(process.find(token).claims_at == clock() for process in processes)


def test_a_person_removed_at_the_provider_is_signed_out(
    processes: tuple[Process, Process], clock: Clock, provider: TestProvider
) -> None:
    process, other = processes
    token = process.sign_in("ada")
    provider.turn(forget="ada")
    clock.move(minutes=16)
    assert process.tend(token) == "asking"
    until(lambda: process.why_over(token) is None)
    assert other.sign_ins.find(token) is None


def test_an_unreachable_provider_is_waited_for_at_most_an_hour(
    processes: tuple[Process, Process], clock: Clock, provider: TestProvider
) -> None:
    process, _ = processes
    token = process.sign_in("mia")
    provider.turn(down=True)
    try:
        clock.move(minutes=74)
        assert process.tend(token) == "asking"
        time.sleep(0.5)
        assert process.find(token).person.roles == {"marketer"}
        clock.move(minutes=2)
        assert is_too_old(process.find(token).claims_at, process.settings, clock())
        assert process.tend(token) == "over"
        assert process.sign_ins.find(token) is None
    finally:
        provider.turn(down=False)


def test_claims_are_valid_to_the_minute() -> None:
    clock = Clock()
    settings = SignInSettings(address="http://127.0.0.1:9", hours=12, renew_minutes=15, contact="", providers=())
    allowed = timedelta(minutes=15) + GRACE
    assert not is_too_old(clock() - allowed, settings, clock())
    assert is_too_old(clock() - allowed - timedelta(seconds=1), settings, clock())
    assert not is_too_old(None, settings, clock())
    assert not is_too_old(clock() - allowed * 2, None, clock())


def test_without_a_refresh_token_the_browser_has_to_sign_in_again(
    processes: tuple[Process, Process], clock: Clock
) -> None:
    process, _ = processes
    token = process.sign_in("mia", "lean")
    clock.move(minutes=16)
    assert process.tend(token) == "asking"  # whether there is a refresh token is looked up behind the page
    until(lambda: process.tend(token) == "ask_soon")
    clock.move(minutes=60)
    assert process.tend(token) == "ask_now"
    proof = prove(process.clients["lean"], "mia")
    assert not process.renewals.keep(token, proof, "full")
    assert process.renewals.keep(token, proof, "lean")
    assert process.tend(token) == "fresh"
    assert process.find(token).claims_at == clock()


def test_refresh_tokens_are_stored_encrypted(processes: tuple[Process, Process], tmp_path: Path) -> None:
    process, _ = processes
    token = process.sign_in("mia")
    with process.store.read() as connection:
        kept = read_stored_proof(read_refresh(connection, KEYS, process.find(token).number))
    assert kept.refresh_token
    assert kept.refresh_token not in repr(kept)
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert process.find(token).number.encode() in files
    for secret in (kept.refresh_token, kept.id_token, token):
        assert secret.encode() not in files


def test_a_person_whose_provider_no_longer_vouches_for_their_id_is_signed_out(
    processes: tuple[Process, Process], clock: Clock
) -> None:
    process, other = processes
    token = process.sign_in("mia")
    for domain in ("example.test", "rival.test"):
        providers = tuple(replace(provider, domains=(domain,)) for provider in process.settings.providers)
        restarted = Process(other.store, replace(process.settings, providers=providers))
        clock.move(minutes=80)
        assert restarted.tend(token) == ("fresh" if domain == "example.test" else "over")
    assert process.why_over(token) is None


def test_removing_a_provider_from_the_settings_ends_its_sign_ins(
    processes: tuple[Process, Process], clock: Clock
) -> None:
    process, _ = processes
    token = process.sign_in("mia")
    del process.clients["full"]
    clock.move(minutes=80)
    assert process.tend(token) == "over"
    assert process.sign_ins.find(token) is None
