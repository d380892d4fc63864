"""Questions are recorded after the answers, in order and once, and nothing confirmed is lost."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from semantic.audit_trail.recorder import NOT_RECORDED, NOT_YET, Recorder
from semantic.errors import StoreFailed
from semantic.policy.actor import Actor
from semantic.query.codec import query_from_json
from semantic.results.cell import cell_of
from semantic.store.audit.log import AUDIT
from semantic.store.database import Store, connect_store
from semantic.store.keys import Keys
from semantic.store.numbers.receipts import read_stored_receipt
from semantic.store.people import erase_person
from semantic.workspace import Workspace
from tests.copies import copy_shop
from tests.proof import part
from tests.shop import ShopWorkspace, open_shop

REVENUE = query_from_json('{"metrics":["revenue"],"by":["channel"]}')
COST = query_from_json('{"metrics":["cost"]}')
ZOE = query_from_json('{"metrics":["revenue"],"where":{"dim":"email","op":"in","values":["zoe@example.com"]}}')


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    opened = open_shop(copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


@pytest.fixture
def recorder(shop: ShopWorkspace, store: Store, keys: Keys) -> Iterator[Recorder]:
    shop.recorder = Recorder(store, keys)
    yield shop.recorder
    shop.recorder.close()
    shop.recorder = None


@pytest.fixture
def away() -> Store:
    return Store(connect_store("postgresql://u:x@127.0.0.1:1/none?connect_timeout=1"))


def acts(store: Store) -> list[tuple[str, str]]:
    with store.read() as connection:
        return [(row.kind, row.about) for row in connection.execute(select(AUDIT).order_by(AUDIT.c.number))]


def test_a_question_has_a_receipt_stored_with_its_act(
    shop: ShopWorkspace, recorder: Recorder, store: Store, keys: Keys
) -> None:
    shown = shop.ask(REVENUE, shop.people["steward"])
    recorder.flush()
    with store.read() as connection:
        stored_receipt = read_stored_receipt(connection, shown.receipt, keys)
        said = connection.execute(select(AUDIT.c.said)).scalar_one()
    assert stored_receipt is not None
    assert (stored_receipt.query, stored_receipt.today, stored_receipt.row_count, stored_receipt.surface) == (
        REVENUE,
        shop.day,
        shown.table.num_rows,
        "page",
    )
    assert stored_receipt.model_digest == shop.model.version
    assert set(stored_receipt.definitions) == {"metric:revenue", "dimension:channel", "settings"}
    assert acts(store) == [("question.asked", f"receipt:{shown.receipt}")]
    assert json.loads(said) == {"metrics": ["revenue"], "rows": shown.table.num_rows, "surface": "page"}


def test_the_same_answer_to_the_same_person_has_one_receipt(
    shop: ShopWorkspace, recorder: Recorder, store: Store
) -> None:
    steward, dora = shop.people["steward"], shop.people["dora"]
    first = shop.ask(REVENUE, steward).receipt
    assert {shop.ask(REVENUE, person).receipt for person in (steward, replace(steward))} == {first}
    others = [shop.ask(REVENUE, dora).receipt, shop.ask(COST, steward).receipt]
    others.append(shop.ask(REVENUE, steward, today=shop.day + timedelta(days=1)).receipt)
    recorder.flush()
    assert len({first, *others}) == 4
    assert acts(store) == [("question.asked", f"receipt:{receipt}") for receipt in (first, *others)]


def test_different_rows_have_different_receipts(store: Store, keys: Keys, tmp_path: Path) -> None:
    recorder = Recorder(store, keys)
    receipts: list[str] = []
    for place, change in (("a", "SELECT 1"), ("b", "UPDATE orders SET amount = 11 WHERE order_id = 'o01'")):
        other = open_shop(copy_shop(tmp_path / f"{place}.duckdb", change))
        other.recorder = recorder
        receipts.append(other.ask(REVENUE, other.people["steward"]).receipt)
        other.close()
    recorder.close()
    assert len(set(receipts)) == 2


def test_an_answer_has_its_receipt_and_no_value_is_stored(
    shop: ShopWorkspace, recorder: Recorder, store: Store
) -> None:
    """The largest order is 5120, which is in no column of the store, not even as a digest without a key."""
    shown = shop.ask(query_from_json('{"metrics":["largest_order"]}'), shop.people["steward"])
    assert shown.rows() == [{"largest_order": 5120.0}]
    recorder.flush()
    with store.read() as connection:
        row = connection.execute(text("SELECT * FROM receipts")).one()
    # Not as part of a longer digest, in which any four digits can occur.
    assert not any(re.search(r"(?<![0-9a-f])5120(?![0-9a-f])", str(cell)) for cell in row)


def test_a_file_is_exported_only_once_its_receipt_is_stored(
    shop: ShopWorkspace, recorder: Recorder, store: Store
) -> None:
    steward = shop.people["steward"]
    shown = shop.ask(REVENUE, steward)
    shop.record_export(shown, steward, "csv")
    told = [("question.asked", f"receipt:{shown.receipt}"), ("answer.exported", f"receipt:{shown.receipt}")]
    assert acts(store) == told
    with pytest.raises(StoreFailed, match="no file was made"):
        shop.record_export(replace(shown, receipt=""), steward, "csv")
    with pytest.raises(StoreFailed, match="no file was made"):
        shop.record_export(replace(shown, receipt="R-2222-2222-2222"), steward, "csv")


def test_a_file_is_logged_only_by_its_format_and_receipt(
    shop: ShopWorkspace, recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    steward = shop.people["steward"]
    shown = shop.ask(REVENUE, steward)
    with caplog.at_level(logging.INFO, "samepage"):
        shop.record_export(shown, steward, "csv")
    [line] = [record for record in caplog.records if getattr(record, "event", "") == "export"]
    assert line.getMessage() == "A file was exported."
    assert line.__dict__["facts"] == {"format": "csv", "receipt": shown.receipt}


def test_a_board_is_exported_only_once_all_its_receipts_are_stored(
    shop: ShopWorkspace, recorder: Recorder, store: Store
) -> None:
    steward = shop.people["steward"]
    shown = [shop.ask(query, steward).receipt for query in (REVENUE, COST)]
    shop.record_board_export("b1", shown, steward, "pdf")
    receipts = [f"receipt:{receipt}" for receipt in shown]
    told = [("question.asked", receipt) for receipt in receipts]
    told += [("board.exported", "board:b1"), *(("answer.exported", receipt) for receipt in receipts)]
    assert acts(store) == told
    with pytest.raises(StoreFailed, match="no file was made"):
        shop.record_board_export("b1", [*shown, ""], steward, "pdf")
    assert acts(store) == told
    with pytest.raises(StoreFailed, match="no file was made"):
        shop.record_board_export("b1", [*shown, "R-2222-2222-2222"], steward, "pdf")


def test_while_the_store_is_unavailable_questions_continue_and_say_so(
    shop: ShopWorkspace, recorder: Recorder, store: Store, away: Store
) -> None:
    steward = shop.people["steward"]
    recorder.store = away
    first = shop.ask(REVENUE, steward)
    with pytest.raises(StoreFailed):
        recorder.flush(seconds=1.5)
    second = shop.ask(COST, steward)
    assert second.notes[-1] == NOT_YET
    assert recorder.is_away
    recorder.store = store
    recorder.flush()
    assert acts(store) == [("question.asked", f"receipt:{result.receipt}") for result in (first, second)]
    assert NOT_YET not in shop.ask(COST, steward).notes
    shop.record_export(second, steward, "xlsx")


def test_an_act_that_cannot_be_queued_has_no_receipt_and_says_so(
    shop: ShopWorkspace, store: Store, keys: Keys, away: Store
) -> None:
    shop.recorder = recorder = Recorder(store, keys, most_waiting=1)
    recorder.store = away
    steward = shop.people["steward"]
    asked = [shop.ask(query, steward) for query in (REVENUE, COST)]
    assert [bool(result.receipt) for result in asked] == [True, False]
    assert asked[1].notes[-1] == NOT_RECORDED
    recorder.store = store
    recorder.flush()
    again = shop.ask(COST, steward)
    assert again.receipt
    shop.recorder = None
    recorder.close()
    told = [("question.asked", f"receipt:{asked[0].receipt}"), ("audit.gap", "audit")]
    assert acts(store) == [*told, ("question.asked", f"receipt:{again.receipt}")]


def test_an_unstorable_act_does_not_stop_the_others_and_leaves_a_gap(
    shop: ShopWorkspace, recorder: Recorder, store: Store
) -> None:
    broken = Actor(id="half a letter \ud800", name="X", roles=frozenset({"steward"}))
    lost = shop.ask(REVENUE, broken)
    kept = shop.ask(REVENUE, shop.people["steward"])
    recorder.flush()
    assert acts(store) == [("audit.gap", f"receipt:{lost.receipt}"), ("question.asked", f"receipt:{kept.receipt}")]
    with pytest.raises(StoreFailed):
        shop.record_export(lost, broken, "csv")
    assert shop.ask(REVENUE, broken).receipt != lost.receipt, "a receipt that opens nothing is not given again"


def test_a_file_is_exported_only_if_the_export_can_be_recorded(
    shop: ShopWorkspace, recorder: Recorder, store: Store
) -> None:
    """The receipt can be stored, but no database can store the person's ID."""
    shown = shop.ask(REVENUE, shop.people["steward"])
    broken = Actor(id="half a letter \ud800", name="X", roles=frozenset({"steward"}))
    with pytest.raises(StoreFailed, match="no file was made"):
        shop.record_export(shown, broken, "csv")
    assert acts(store) == [("question.asked", f"receipt:{shown.receipt}"), ("audit.gap", "audit")]


def test_closing_writes_pending_records(shop: ShopWorkspace, store: Store, keys: Keys) -> None:
    shop.recorder = Recorder(store, keys)
    asked = [shop.ask(query, shop.people["steward"]) for query in (REVENUE, COST, ZOE)]
    shop.recorder.close()
    shop.recorder = None
    assert acts(store) == [("question.asked", f"receipt:{result.receipt}") for result in asked]


def test_a_question_that_names_a_person_is_unreadable_once_its_asker_is_erased(
    shop: ShopWorkspace, recorder: Recorder, store: Store, keys: Keys
) -> None:
    shown = shop.ask(ZOE, shop.people["steward"])
    recorder.flush()
    with store.read() as connection:
        assert connection.execute(text("SELECT query FROM receipts")).scalar() is None
        stored_receipt = read_stored_receipt(connection, shown.receipt, keys)
    assert stored_receipt is not None
    assert stored_receipt.query == ZOE
    with store.write(recorded=False) as transaction:
        erase_person(transaction, "steward", keys)
    with store.read() as connection:
        stored_receipt = read_stored_receipt(connection, shown.receipt, keys)
    assert stored_receipt is not None
    assert (stored_receipt.query, stored_receipt.is_erased) == (None, True)


def test_looking_at_rows_and_options_is_recorded_too(shop: ShopWorkspace, recorder: Recorder, store: Store) -> None:
    steward = shop.people["steward"]
    shown = shop.ask(REVENUE, steward)
    shop.records(REVENUE, cell_of(shown, 0, "revenue"), "revenue", steward)
    for _ in range(3):
        shop.values("email", REVENUE, steward, search="zoe@example.com")
    recorder.flush()
    assert [kind for kind, _ in acts(store)] == ["question.asked", "rows.listed", "values.offered"]
    with store.read() as connection:
        said = [row.said for row in connection.execute(select(AUDIT).order_by(AUDIT.c.number))]
    assert not any("zoe" in one for one in said), "what was searched for may be somebody's"


def test_many_simultaneous_people_lose_nothing(shop: ShopWorkspace, recorder: Recorder, store: Store) -> None:
    """Eight people ask many questions each. Every receipt is stored with its act, in each person's order."""
    each = part(100, one_in=5)
    receipts: dict[str, list[str]] = {}

    def ask(name: str) -> None:
        actor = Actor(id=name, name=name, roles=frozenset({"steward"}))
        receipts[name] = [shop.ask(replace(COST, limit=place + 1), actor).receipt for place in range(each)]

    threads = [threading.Thread(target=ask, args=(f"person {number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.flush(seconds=120)
    written = [about.removeprefix("receipt:") for _, about in acts(store)]
    assert len(set(written)) == len(written) == 8 * each
    for mine in receipts.values():
        assert [about for about in written if about in set(mine)] == mine


def test_without_a_recorder_there_is_no_receipt(shop: ShopWorkspace) -> None:
    assert isinstance(shop, Workspace)
    assert shop.ask(REVENUE, shop.people["steward"]).receipt == ""


def test_a_person_with_an_unstorable_name_is_recorded(shop: ShopWorkspace, recorder: Recorder, store: Store) -> None:
    """PostgreSQL can't store NUL in text, and no database half a surrogate pair.

    Such a name must not lose anyone's acts.
    """
    for number, name in enumerate(("Ana\0", "\0", "Ana \ud800", "A" * 100_000)):
        shop.ask(REVENUE, replace(shop.people["steward"], id=f"odd{number}", name=name))
    recorder.flush()
    assert [kind for kind, _ in acts(store)] == ["question.asked"] * 4
