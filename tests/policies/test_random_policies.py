"""Random questions by people under random policies: nothing that they see changes when only rows hidden from them
change.

The sample is the same every time; in `make test` it has a few questions for every policy. Set SAMEPAGE_QUESTIONS for a
larger sample in `make proof`: 2,000 questions take about 2,000 seconds.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import select

from semantic.config.settings import Settings
from semantic.errors import SemanticError
from semantic.query.data import query_to_data
from semantic.query.query import Query, Value
from semantic.services.process import Live
from semantic.services.receipts import factors_of, replay, verdict
from semantic.store.keys import keys_of
from semantic.store.numbers.receipts import RECEIPTS
from tests import proof
from tests.copies import copy_shop, empty_store
from tests.policies.random_policies import (
    GROUP,
    Chosen,
    change_hidden,
    choose,
    moved_balances,
    shop_rows,
    visible_rows,
    write_model,
    write_shop,
)
from tests.policies.test_hidden_rows import MEMBERS, first_and_answered, questions, shown
from tests.proof import part
from tests.semantic.test_at_random import said
from tests.shop import ShopWorkspace

QUESTIONS = int(os.environ.get("SAMEPAGE_QUESTIONS", "200"))
OF_EACH = 20  # questions of one person under one policy
FIRST, WITH_ANSWER = 2, 2  # questions for each policy in `make test`
# Keys of a receipt. People with row rules never see the version of the data, and sealing is random.
OF_EACH_ONE = ("id", "at", "data_version", "sealed")
AROUND = 4  # of these with everything around an answer: exports, passports, rows behind, search


@contextmanager
def twins(
    folder: Path, chosen: Chosen, chance: random.Random
) -> Iterator[tuple[ShopWorkspace, ShopWorkspace, frozenset[str]]]:
    """Yield the shop, a copy in which only rows hidden from the person differ, and the balances whose days differ
    there.

    The days that a dataset's data covers depend on all its rows and are the same for everyone (docs/decisions/0019), so
    they stay.
    """
    model = write_model(folder / "model", chosen)
    shop = shop_rows()
    changed = change_hidden(shop, chosen, chance)
    file, other = copy_shop(folder / "one.duckdb"), write_shop(folder / "other.duckdb", changed)
    opened = [_open(path, model) for path in (file, other)]
    opened[1].take_extents_of(opened[0])
    try:
        yield opened[0], opened[1], moved_balances(shop, changed)
    finally:
        for workspace in opened:
            workspace.close()


def _open(data: Path, model: Path) -> ShopWorkspace:
    workspace = ShopWorkspace.open(Settings(data=str(data), model=model, mask_key="a key of the tests"))
    assert isinstance(workspace, ShopWorkspace)
    return workspace


def receipts(query: Query, one: ShopWorkspace, other: ShopWorkspace, folder: Path) -> tuple[object, object]:
    """Return the receipts of both shops, and what each shop reports when it opens the first shop's receipt."""
    keys = keys_of("a secret of tests, long enough to sign with")
    store = empty_store(str(folder / "store.sqlite"))
    opened = [Live(workspace.settings, store, keys, workspace) for workspace in (one, other)]
    try:
        receipts = [live.workspace().ask(query, live.workspace().people[GROUP]).receipt for live in opened]
        for live in opened:
            live.recorder.flush()
        with store.read() as connection:
            rows = [connection.execute(select(RECEIPTS).where(RECEIPTS.c.id == name)).one() for name in receipts]
        rows_without_numbers = [
            {name: value for name, value in row._mapping.items() if name not in OF_EACH_ONE} for row in rows
        ]
        found = [replay(live, receipts[0], live.workspace().people[GROUP]) for live in opened]
        said = [(factors_of(replayed), verdict(replayed), replayed.same_sql) for replayed in found]
        return (rows_without_numbers[0], said[0]), (rows_without_numbers[1], said[1])
    except SemanticError as error:
        return str(error), str(error)
    finally:
        for live in opened:
            live.recorder.close()
            live.workspace().recorder = None
        store.close()


@pytest.mark.parametrize("number", range(max(1, QUESTIONS // OF_EACH)))
def test_hidden_rows_change_nothing(number: int, tmp_path: Path) -> None:
    chance = random.Random(f"policy {number}")
    chosen = choose(chance)
    with twins(tmp_path, chosen, chance) as (twin, other, moved):
        asked = questions(twin, f"policy {number}")
        if not proof.is_whole:
            asked = first_and_answered(twin, GROUP, f"policy {number}", first=FIRST, answered=WITH_ANSWER)
        for place, query in enumerate(islice(asked, OF_EACH)):
            values: list[Value] = [*chance.sample(MEMBERS, 2)]
            if moved.intersection(query.metrics):
                continue
            mine, theirs = shown(twin, query, GROUP), shown(other, query, GROUP)
            if place < part(AROUND, one_in=4):
                mine |= {f"around {part}": value for part, value in said(twin, query, GROUP, values).items()}
                theirs |= {f"around {part}": value for part, value in said(other, query, GROUP, values).items()}
                mine["receipt"], theirs["receipt"] = receipts(query, twin, other, tmp_path)
            different = [part for part in mine | theirs if repr(mine.get(part)) != repr(theirs.get(part))]
            texts = [f"{part}: {mine.get(part)} / {theirs.get(part)}" for part in different]
            assert not different, "\n".join([f"{chosen.policy}", f"{query_to_data(query)}", *texts])


def test_the_twins_differ_only_in_hidden_rows() -> None:
    """The two shops do differ: rows have changed in most tables, but no visible row has."""
    base = shop_rows()
    hidden = 0
    for number in range(10):
        chance = random.Random(f"policy {number}")
        chosen = choose(chance)
        changed = change_hidden(base, chosen, chance)
        rows, other = visible_rows(base, chosen), visible_rows(changed, chosen)
        for table in base:
            mine = [base[table][place] for place in sorted(rows[table])]
            assert mine == [changed[table][place] for place in sorted(other[table])]
            hidden += base[table] != changed[table]
    assert hidden > 100
