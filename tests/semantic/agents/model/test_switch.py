"""When the language model can read questions: by default, but not once switched off, or if the setting can't be
trusted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from semantic.agents.model.switch import SETTING, is_switched_off, seal_of
from semantic.store.accounts.settings import write_setting
from semantic.store.database import Store, connect_store
from semantic.store.keys import Keys, keys_of
from semantic.store.migrate import upgrade


@dataclass
class Here:
    store: Store
    keys: Keys


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    store = Store(connect_store(str(tmp_path / "store.sqlite")))
    upgrade(store)
    yield Here(store, keys_of("a secret of tests, long enough to sign with"))
    store.close()


def set_to(here: Here, value: object) -> None:
    with here.store.write(recorded=False) as transaction:
        write_setting(transaction, SETTING, value, revision=0)  # pyright: ignore


def test_the_model_is_on_until_someone_switches_it_off(here: Here) -> None:
    assert not is_switched_off(here)
    why = "Only 97.1% of paraphrases gave the same answer, below the bar of 98%"
    set_to(here, {"on": False, "why": why, "seal": seal_of(here.keys, is_on=False, why=why)})
    assert is_switched_off(here)


def test_a_sealed_setting_switches_the_model_on_again(here: Here) -> None:
    set_to(here, {"on": True, "why": "", "seal": seal_of(here.keys, is_on=True, why="")})
    assert not is_switched_off(here)


@pytest.mark.parametrize("value", [True, None, {}, {"on": True}, {"on": True, "why": "", "seal": "0" * 64}, "on"])
def test_a_setting_that_samepage_did_not_write_counts_as_off(here: Here, value: object) -> None:
    set_to(here, value)
    assert is_switched_off(here)


def test_the_model_is_off_while_the_store_is_unavailable() -> None:
    away = Store(connect_store("postgresql://no_one@127.0.0.1:1/none?connect_timeout=1"))
    assert is_switched_off(Here(away, keys_of("a secret of tests, long enough to sign with")))
