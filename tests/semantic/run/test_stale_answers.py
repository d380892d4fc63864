"""The last answer, shown while a newer one is computed: with its own day and data, and only to its own reader."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from semantic.audit_trail.recorder import Recorder
from semantic.errors import SemanticError
from semantic.model.loading.load import read_folder
from semantic.query.data import query_from_data
from semantic.query.query import Query
from semantic.results.result import Result
from semantic.run.model_cache import open_files
from semantic.run.stale_answers import EarlierAnswer, EarlierAnswers
from semantic.store.keys import keys_of
from semantic.store.numbers.receipts import read_stored_receipt
from tests.copies import copy_shop, empty_store
from tests.semantic.made_results import REVENUE, result
from tests.shop import SHOP, TODAY, ShopWorkspace, open_shop

KEYS = keys_of("a secret of tests, long enough to sign with")
ORDER = "'o14', 'u1', 'c1', 'DE', 'DE', 'mobile', '2026-04-10 10:00:00+00', '2026-04-10', 7, false"


def question(**parts: object) -> Query:
    return query_from_data(parts)


APRIL = question(metrics=["revenue"], time={"from": "2026-04-01", "to": "2026-04-30"})
LATELY = question(metrics=["revenue"], time={"last": 5, "unit": "day"})
BY_CHANNEL = question(metrics=["revenue"], by=["channel"])


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[ShopWorkspace]:
    opened = open_shop(copy_shop(tmp_path / "shop.duckdb"))
    yield opened
    opened.close()


@pytest.fixture
def publish(tmp_path: Path) -> Callable[[], None]:
    """Replaces the shop's file with one that has another order of 7 euros in April."""

    def put() -> None:
        os.replace(
            copy_shop(tmp_path / "next.duckdb", f"INSERT INTO orders VALUES ({ORDER})"), tmp_path / "shop.duckdb"
        )

    return put


def revenue(shown: Result | None) -> object:
    return None if shown is None else shown.rows()[0]["revenue"]


def test_after_new_data_the_previous_answer_is_shown_until_the_new_one_arrives(shop, publish) -> None:
    steward = shop.people["steward"]
    assert shop.earlier(APRIL, steward) is None
    first = shop.ask(APRIL, steward)
    assert revenue(first) == 2235
    publish()
    pending = shop.start(APRIL, steward)
    earlier = shop.earlier(APRIL, steward)
    assert revenue(earlier) == 2235
    assert (earlier.computed_at, earlier.data_version, earlier.cached) == (first.computed_at, first.data_version, True)
    assert earlier.data_version != pending.version
    assert revenue(pending.result()) == 2242
    assert revenue(shop.earlier(APRIL, steward)) == 2242


def test_with_unchanged_data_the_answer_itself_is_shown_at_once(shop) -> None:
    steward = shop.people["steward"]
    shop.ask(APRIL, steward)
    pending = shop.start(APRIL, steward)
    assert pending.done()
    assert pending.version == shop.earlier(APRIL, steward).data_version


def test_yesterdays_answer_states_yesterdays_days(shop) -> None:
    steward = shop.people["steward"]
    shop.day = date(2026, 4, 18)
    shown = shop.ask(LATELY, steward)
    shop.day = TODAY
    earlier = shop.earlier(LATELY, steward)
    assert (earlier.period, earlier.title) == (shown.period, shown.title)
    assert earlier.period.end == date(2026, 4, 18)
    assert shop.preflight(LATELY, steward).period.end == TODAY


def test_an_answer_as_of_another_day_does_not_count_as_the_last_one(shop) -> None:
    """A replay asks in this way."""
    steward = shop.people["steward"]
    shop.ask(LATELY, steward, today=date(2026, 4, 18))
    assert shop.earlier(LATELY, steward) is None


def test_no_one_sees_another_persons_earlier_answer(shop) -> None:
    """Each person asks in turn. Someone who hasn't asked finds only the answers of people with the same policy."""
    people = list(shop.people.values())
    alike: dict[object, object] = {}
    for asker in people:
        try:
            shop.ask(BY_CHANNEL, asker)
        except SemanticError:
            continue
        alike[shop.visible(asker).fingerprint, repr(sorted(asker.attributes.items()))] = None
        for other in people:
            earlier = shop.earlier(BY_CHANNEL, other)
            bound = (shop.visible(other).fingerprint, repr(sorted(other.attributes.items())))
            assert (earlier is not None) == (bound in alike)
            if earlier is not None:
                assert earlier.rows() == shop.ask(BY_CHANNEL, other).rows()
                assert earlier.scope == shop.visible(other).scope
    assert len(alike) > 8


@pytest.mark.parametrize("countries", [("DE", "NO"), ("NO",), (), "NO"])
def test_other_attributes_are_another_policy(shop, countries) -> None:
    """Dora sees DE: 10 + 20 from u1, and the rest of her country."""
    dora = shop.people["dora"]
    shop.ask(APRIL, dora)
    moved = replace(dora, attributes={"countries": countries})
    assert shop.earlier(APRIL, moved) is None
    assert shop.earlier(APRIL, replace(dora, attributes={})) is None
    assert shop.earlier(APRIL, replace(dora, for_person="x")) is None
    assert shop.earlier(APRIL, replace(dora, groups=frozenset())) is None
    same = shop.earlier(APRIL, replace(dora, id="somebody else in Germany"))
    assert revenue(same) == revenue(shop.ask(APRIL, dora))


def test_another_zone_or_currency_or_type_is_another_question(shop) -> None:
    steward = shop.people["steward"]
    shop.ask(APRIL, steward)
    for other in (
        replace(APRIL, time_zone="America/New_York"),
        replace(APRIL, week_start="sunday"),
        replace(APRIL, limit=1),
        replace(APRIL, totals=("grand",)),
    ):
        assert shop.earlier(other, steward) is None
    shop.ask(replace(BY_CHANNEL, limit=1), steward)
    assert shop.earlier(replace(BY_CHANNEL, limit=True), steward) is None


def test_another_version_of_the_model_has_its_own(shop) -> None:
    steward = shop.people["steward"]
    shop.ask(APRIL, steward)
    files = dict(read_folder(SHOP))
    name = next(text for text in files if text.endswith("shop.yml"))
    files[name] = files[name].replace("label: Orders", "label: Bookings", 1)
    later = ShopWorkspace(shop.settings, *open_files(files, None), shop.connector, beside=shop)
    assert later.earlier(APRIL, later.people["steward"]) is None
    assert shop.earlier(APRIL, steward) is not None


def test_an_earlier_answer_is_recorded_with_its_own_day_and_data(shop, publish, tmp_path) -> None:
    store = empty_store(str(tmp_path / "store.sqlite"))
    shop.recorder = Recorder(store, KEYS)
    steward, dora = shop.people["steward"], shop.people["dora"]
    shop.day = date(2026, 4, 18)
    first = shop.ask(LATELY, steward)
    shop.day = TODAY
    publish()
    newer, earlier = shop.ask(replace(LATELY, limit=9), steward), shop.earlier(LATELY, steward)
    assert shop.earlier(LATELY, dora) is None
    shop.recorder.flush()
    with store.read() as connection:
        stored_receipt = read_stored_receipt(connection, earlier.receipt, KEYS)
        others = read_stored_receipt(connection, newer.receipt, KEYS)
    assert stored_receipt is not None
    assert others is not None
    assert (stored_receipt.today, stored_receipt.data_version) == (date(2026, 4, 18), first.data_version)
    assert (others.today, others.data_version) == (TODAY, newer.data_version)
    assert first.data_version != newer.data_version
    shop.recorder.close()
    store.close()


def test_memory_is_limited_and_recently_used_answers_stay() -> None:
    shown = result([REVENUE], [(float(number),) for number in range(100)])
    answers = EarlierAnswers(max_bytes=640_000)
    for number in range(200):
        answers.keep(number, EarlierAnswer(shown, TODAY))
        assert answers.find(0) is not None
    assert len(answers) < 100
    assert answers.bytes <= 640_000
    assert answers.find(1) is None
    large = result([REVENUE], [(float(number),) for number in range(10_000)])
    answers.keep(0, EarlierAnswer(large, TODAY))
    assert answers.find(0) is None
