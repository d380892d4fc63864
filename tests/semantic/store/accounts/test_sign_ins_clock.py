"""Sign-ins and a clock that jumps: no sign-in lasts longer because of it, and claims dated ahead are renewed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from semantic.config.sign_in import SignInSettings
from semantic.errors import StoreFailed
from semantic.identity.renewal import is_too_old
from semantic.store.accounts.sign_ins import CLOCKS_APART, count_open
from semantic.store.database import Store
from tests.semantic.store.clock import Clock
from tests.semantic.store.signing import Process, person

JUMPS = pytest.mark.parametrize("days", [1, 365])
SETTINGS = SignInSettings(address="http://127.0.0.1:9", hours=12, renew_minutes=15, contact="", providers=())


@JUMPS
def test_a_sign_in_begun_while_the_clock_was_ahead_does_not_count_once_it_is_right(
    process: Process, another: Process, clock: Clock, days: int
) -> None:
    """Otherwise, it would last for the jump and twelve hours more."""
    clock.move(days=days)
    token = process.begin(person(clock))
    assert process.who(token) == "mia@example.com"
    clock.move(days=-days)
    assert [each_process.who(token) for each_process in (process, another)] == [None, None]
    with process.store.read() as connection:
        assert not count_open(connection, clock())
    clock.move(days=days, hours=12)
    assert [each_process.who(token) for each_process in (process, another)] == [None, None], "nor later than it was for"


@JUMPS
def test_a_clock_that_goes_back_lengthens_no_sign_in(process: Process, clock: Clock, days: int) -> None:
    token = process.begin(person(clock))
    clock.move(days=-days)
    assert process.who(token) is None
    clock.move(days=days, hours=11)
    assert process.who(token) == "mia@example.com", "it goes on once the clock is right, for its own hours"
    clock.move(hours=1)
    assert process.who(token) is None


@JUMPS
def test_a_clock_that_jumps_ahead_ends_expired_sign_ins(process: Process, clock: Clock, days: int) -> None:
    token = process.begin(person(clock))
    assert process.who(token) == "mia@example.com"
    clock.move(days=days)
    process.sign_ins.look()
    assert process.who(token) is None
    assert len(process.told) == 1


def test_two_servers_with_slightly_different_clocks_agree(process: Process, another: Process, clock: Clock) -> None:
    token = process.begin(person(clock))
    clock.at -= CLOCKS_APART
    assert another.who(token) == "mia@example.com"
    clock.move(seconds=-1)
    assert another.who(token) is None


@JUMPS
def test_claims_dated_ahead_do_not_count(clock: Clock, days: int) -> None:
    """Otherwise, a removed role would count until the clock reaches their date."""
    assert is_too_old(clock() + timedelta(days=days), SETTINGS, clock())
    assert not is_too_old(clock() + CLOCKS_APART, SETTINGS, clock())


@JUMPS
def test_cached_sign_ins_are_not_trusted_longer_if_the_clock_goes_back(
    process: Process, clock: Clock, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    clock.move(days=days)
    process.sign_ins.look()
    clock.move(days=-days)
    token = process.begin(person(clock))
    assert process.who(token) == "mia@example.com"
    process.sign_ins._heard_at = clock() + timedelta(days=days)

    def away(_: Store) -> None:
        raise StoreFailed("The store does not answer.")

    monkeypatch.setattr(Store, "read", away)
    with pytest.raises(StoreFailed):
        process.who(token)
