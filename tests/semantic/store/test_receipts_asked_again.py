"""Opening a receipt from a file says whether the numbers are still equal and what has changed.

The shop is changed in one place at a time, then in all places at once. Its numbers can be added up in your head: all
orders except the test order are 10225.50, the test order is 9999, and Dora's orders (customers from Germany) are 10 +
20 + 5120 + 0.50.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import select

from semantic.config.settings import Settings
from semantic.display.export.export import export, file_name
from semantic.errors import UnknownReceipt
from semantic.query.codec import query_from_json
from semantic.results.result import Result
from semantic.services.comments.changed import has_changed
from semantic.services.process import Live
from semantic.services.receipts import Replayed, factors_of, replay, verdict
from semantic.store.audit.log import AUDIT
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.people import erase_person
from tests.copies import copy_shop
from tests.shop import SHOP, ShopWorkspace

REVENUE = query_from_json('{"metrics":["revenue"]}')
BY_CHANNEL = query_from_json('{"metrics":["revenue"],"by":["channel"],"order":[{"by":"channel"}]}')
ZOE = query_from_json('{"metrics":["revenue"],"where":{"dim":"email","op":"in","values":["zoe@example.com"]}}')

TESTS_COUNT = (
    "{name: revenue, measure: orders.amount, filter: NOT is_test,",
    "{name: revenue, measure: orders.amount,",
)
FRANCE_TOO = ('where: "home IN (:countries)"}', "where: \"home IN (:countries) OR home = 'FR'\"}")
NO_TIER = ("    who: {groups: [masked]}\n", "    who: {groups: [masked], roles: [steward]}\n")
FIRST_IS_11 = "UPDATE orders SET amount = 11 WHERE order_id = 'o01'"
FRENCH_IS_41 = "UPDATE orders SET amount = 41 WHERE order_id = 'o03'"

Open = Callable[..., Live]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of parsed models, because most tests here open the same few."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture
def shop(store: Store, keys: Keys, models: Path, tmp_path: Path) -> Iterator[Open]:
    """Opens the original shop, or one with changes to its model's text and to its data."""
    opened: list[Live] = []
    data: dict[str, Path] = {}

    def open_shop(*model: tuple[str, str], data_changes: tuple[str, ...] = ()) -> Live:
        place = "".join(data_changes)
        if place not in data:
            data[place] = copy_shop(tmp_path / f"shop{len(data)}.duckdb", *data_changes)
        folder = tmp_path / f"model{len(opened)}"
        folder.mkdir()
        for file in SHOP.glob("*.yml"):
            text = file.read_text(encoding="utf-8")
            if file.name == "shop.yml":
                for before, after in model:
                    assert before in text
                    text = text.replace(before, after, 1)
            (folder / file.name).write_text(text, encoding="utf-8")
        settings = Settings(data=str(data[place]), model=folder, mask_key="a key of the tests", model_cache=models)
        opened.append(Live(settings, store, keys, ShopWorkspace.open(settings)))
        return opened[-1]

    yield open_shop
    for live in opened:
        live.recorder.close()
        live.workspace().close()


def ask(live: Live, query: object = REVENUE, person: str = "steward") -> Result:
    assert query in (REVENUE, BY_CHANNEL, ZOE)
    workspace = live.workspace()
    shown = workspace.ask(query, workspace.people[person])  # type: ignore[arg-type]
    live.recorder.flush()
    return shown


def again(live: Live, receipt: str, person: str = "steward") -> Replayed:
    return replay(live, receipt, live.workspace().people[person])


def changed(answer: Replayed) -> dict[str, str]:
    return {each_told.word: each_told.state for each_told in factors_of(answer)}


def value(answer: Replayed | Result) -> object:
    shown = answer.result if isinstance(answer, Replayed) else answer
    assert shown is not None
    return shown.rows()[0]["revenue"]


SAME = {"Definition": "same", "Policy": "same", "Data": "same"}

# From a file, after nothing has changed, one thing, and all of them


def from_spreadsheet(live: Live, shown: Result) -> str:
    content = export(shown, live.workspace().visible(live.workspace().people["steward"]), "xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(content))["About this answer"]
    return next(str(row[1]) for row in sheet.iter_rows(values_only=True) if row[0] == "Receipt")


def from_csv(live: Live, shown: Result) -> str:
    match = re.search(r"R-[0-9A-Z-]+(?=\.csv$)", file_name(shown, "csv"))
    assert match is not None
    return match[0]


FILES = pytest.mark.parametrize("read", [from_spreadsheet, from_csv])


@FILES
def test_an_unchanged_question_has_equal_numbers(shop: Open, read: Callable[[Live, Result], str]) -> None:
    before = shop()
    receipt = read(before, ask(before, BY_CHANNEL))
    replayed = again(shop(), receipt)
    assert (replayed.values, changed(replayed)) == ("equal", SAME)
    assert verdict(replayed)[0] == "Equal"


@FILES
def test_a_definition_that_changed_is_named(shop: Open, read: Callable[[Live, Result], str]) -> None:
    before = shop()
    shown = ask(before)
    receipt = read(before, shown)
    replayed = again(shop(TESTS_COUNT), receipt)
    assert (value(shown), value(replayed)) == (10225.5, 20224.5)
    assert (replayed.values, replayed.definitions, changed(replayed)) == (
        "differ",
        ("Revenue",),
        SAME | {"Definition": "changed"},
    )
    assert verdict(replayed)[1].endswith("Changed since: the definition.")


@FILES
def test_a_changed_policy_is_only_reported_as_different(shop: Open, read: Callable[[Live, Result], str]) -> None:
    """Dora asked. Her rule now also allows French customers: 40 + 80 + 2560 more."""
    before = shop()
    shown = ask(before, person="dora")
    replayed = again(shop(FRANCE_TOO), read(before, shown), "dora")
    assert (value(shown), value(replayed)) == (5150.5, 7830.5)
    assert (replayed.values, changed(replayed)) == (
        "differ",
        {"Definition": "same", "Policy": "changed", "Data": "unknown"},
    )
    assert "FR" not in "".join(each_told.sentence for each_told in factors_of(replayed)) + verdict(replayed)[1]


@FILES
def test_changed_data_is_reported(shop: Open, read: Callable[[Live, Result], str]) -> None:
    before = shop()
    receipt = read(before, ask(before))
    replayed = again(shop(data_changes=(FIRST_IS_11,)), receipt)
    assert value(replayed) == 10226.5
    assert (replayed.values, changed(replayed)) == ("differ", SAME | {"Data": "changed"})
    assert verdict(replayed)[1].endswith("Changed since: the data.")


@FILES
def test_all_changes_are_reported(shop: Open, read: Callable[[Live, Result], str]) -> None:
    before = shop()
    receipt = read(before, ask(before))
    replayed = again(shop(TESTS_COUNT, NO_TIER, data_changes=(FIRST_IS_11,)), receipt)
    assert value(replayed) == 20225.5
    assert (replayed.values, set(changed(replayed).values())) == ("differ", {"changed"})
    assert verdict(replayed)[1].endswith(
        "Changed since: the definition, policy and data. Any of them can explain the difference."
    )


def test_changes_that_leave_the_numbers_equal_are_reported_too(shop: Open) -> None:
    """Stewards now see hashes of addresses, and the data is a different file with the same rows."""
    receipt = ask(shop()).receipt
    replayed = again(shop(NO_TIER, data_changes=("SELECT 1",)), receipt)
    assert (replayed.values, changed(replayed)) == (
        "equal",
        {"Definition": "same", "Policy": "changed", "Data": "changed"},
    )


def test_a_change_to_other_definitions_is_not_reported(shop: Open) -> None:
    receipt = ask(shop()).receipt
    replayed = again(shop(("{name: cost, measure: ads.cost,", "{name: cost, measure: ads.clicks,")), receipt)
    assert (replayed.values, changed(replayed)) == ("equal", SAME)


def test_periods_are_counted_from_the_day_it_was_asked(shop: Open) -> None:
    """The question was about the last month, and was asked on 20 April 2026, so it covers March, which has 310."""
    live = shop()
    workspace = live.workspace()
    assert isinstance(workspace, ShopWorkspace)
    workspace.day = date(2026, 4, 20)
    query = query_from_json('{"metrics":["revenue"],"time":{"last":1,"unit":"month"}}')
    shown = workspace.ask(query, workspace.people["steward"])
    assert value(shown) == 310
    later = shop()
    later_workspace = later.workspace()
    assert isinstance(later_workspace, ShopWorkspace)
    later_workspace.day = later_workspace.day.replace(month=8)
    live.recorder.flush()
    replayed = again(later, shown.receipt)
    assert (value(replayed), replayed.values) == (310, "equal")


# Who opens it


def test_another_person_sees_their_own_rows_and_no_comparison(shop: Open) -> None:
    live = shop()
    receipt = ask(live).receipt
    replayed = again(live, receipt, "dora")
    assert value(replayed) == 5150.5
    assert (replayed.values, changed(replayed)) == (
        "not_compared",
        {"Definition": "same", "Policy": "changed", "Data": "unknown"},
    )
    assert replayed.asked_by == "", "a marketer is not told who asked"


def test_stewards_see_who_asked_but_no_comparison_under_another_policy(shop: Open) -> None:
    live = shop()
    receipt = ask(live, person="dora").receipt
    replayed = again(live, receipt, "steward")
    assert (replayed.asked_by, replayed.values) == ("Dora", "not_compared")
    theirs = ask(live, person="steward").receipt
    assert again(live, theirs, "steward").asked_by == "Steward"


def test_changes_to_hidden_rows_are_not_revealed(shop: Open) -> None:
    """An order of a French customer is hidden from Dora, so nothing that she sees can differ."""
    receipt = ask(shop(), person="dora").receipt
    found = [again(shop(data_changes=one), receipt, "dora") for one in ((), (FRENCH_IS_41,))]
    assert [(replayed.values, verdict(replayed), factors_of(replayed)) for replayed in found[1:]] == [
        (found[0].values, verdict(found[0]), factors_of(found[0]))
    ]
    assert (found[1].values, changed(found[1])) == ("equal", SAME)


def test_a_change_to_visible_rows_is_reported(shop: Open) -> None:
    receipt = ask(shop(), person="dora").receipt
    replayed = again(shop(data_changes=(FIRST_IS_11,)), receipt, "dora")
    assert (replayed.values, changed(replayed)) == ("differ", SAME | {"Data": "changed"})


def test_a_changed_attribute_counts_as_a_different_policy(shop: Open) -> None:
    receipt = ask(shop(), person="dora").receipt
    live = shop(
        (
            "groups: [customer_country], attributes: {countries: [DE]}",
            "groups: [customer_country], attributes: {countries: [DE, FR]}",
        )
    )
    replayed = again(live, receipt, "dora")
    assert (value(replayed), replayed.values, replayed.policy_differs) == (7830.5, "differ", True)


# What cannot be asked again


def test_a_removed_metric_is_named_only_to_the_person_who_asked(shop: Open) -> None:
    live = shop()
    workspace = live.workspace()
    query = query_from_json('{"metrics":["calls"]}')
    receipt = workspace.ask(query, workspace.people["steward"]).receipt
    live.recorder.flush()
    after = shop(("{name: calls, measure: calls.calls", "{name: calls_made, measure: calls.calls"))
    mine, theirs = again(after, receipt), again(after, receipt, "dora")
    assert mine.result is None
    assert "'calls'" in verdict(mine)[1]
    assert theirs.result is None
    assert "calls" not in verdict(theirs)[1]
    assert factors_of(mine) == ()


def test_a_value_masked_for_the_opener_is_not_revealed_by_the_question(shop: Open) -> None:
    live = shop()
    receipt = ask(live, ZOE).receipt
    assert value(again(live, receipt)) == 635
    hidden = again(live, receipt, "mia")
    assert (hidden.result, hidden.values) == (None, "not_compared")
    assert "zoe" not in repr(verdict(hidden))


def test_an_erased_persons_question_that_named_a_person_is_gone(shop: Open, store: Store, keys: Keys) -> None:
    live = shop()
    named, plain = ask(live, ZOE).receipt, ask(live).receipt
    with store.write(recorded=False) as transaction:
        assert erase_person(transaction, "steward", keys)
    replayed = again(live, named)
    assert replayed.result is None
    assert "erased" in verdict(replayed)[1]
    assert again(live, plain).asked_by == "An erased person"


@pytest.mark.parametrize("receipt", ["R-2222-2222-2222", "R-2222-2222-2223", "revenue", ""])
def test_a_missing_receipt_gives_everyone_the_same_message(shop: Open, receipt: str) -> None:
    live = shop()
    texts: set[str] = set()
    for person in ("steward", "dora", "mia"):
        with pytest.raises(UnknownReceipt) as caught:
            again(live, receipt, person)
        texts.add(str(caught.value))
    assert len(texts) == 1


def test_opening_a_receipt_is_recorded(shop: Open, store: Store) -> None:
    live = shop()
    receipt = ask(live).receipt
    again(live, receipt)
    live.recorder.flush()
    with store.read() as connection:
        acts = [(row.kind, row.about) for row in connection.execute(select(AUDIT).order_by(AUDIT.c.number))]
    assert acts == [("question.asked", f"receipt:{receipt}"), ("receipt.opened", f"receipt:{receipt}")]


def test_a_change_in_calculation_is_reported_if_nothing_else_explains_it(shop: Open) -> None:
    """Nothing known has changed, but the rows differ. This is the text for a case that shouldn't happen."""
    live = shop()
    replayed = replace(again(live, ask(live).receipt), values="differ", same_sql=False)
    assert "calculated by different SQL. This shouldn't happen" in verdict(replayed)[1]


def test_the_viewer_is_recorded_as_asking_not_the_person_viewed(shop: Open) -> None:
    """The steward asks while viewing as Dora. The receipt is the steward's, and the two people aren't compared."""
    live = shop()
    workspace = live.workspace()
    shown = workspace.ask(REVENUE, replace(workspace.people["dora"], viewed_by="steward"))
    live.recorder.flush()
    assert value(shown) == 5150.5
    by_steward, by_dora = again(live, shown.receipt), again(live, shown.receipt, "dora")
    assert (by_steward.asked_by, by_dora.asked_by) == ("steward", "")
    assert changed(by_steward)["Policy"] == "changed"
    assert (value(by_dora), by_dora.values) == (5150.5, "equal")


# Below a comment


def test_a_changed_number_is_noticed_only_by_people_with_its_authors_access(shop: Open) -> None:
    before = shop()
    whole, of_dora = ask(before).receipt, ask(before, person="dora").receipt
    after = shop(data_changes=(FIRST_IS_11,))  # an order from Germany
    people = after.workspace().people
    noticed = {
        (name, receipt) for receipt in (whole, of_dora) for name in people if has_changed(after, receipt, people[name])
    }
    # Like the steward, Noa sees every row without a mask. Mia has masks.
    assert noticed == {("steward", whole), ("noa", whole), ("dora", of_dora)}


def test_a_number_that_stayed_the_same_is_not_noticed(shop: Open) -> None:
    before = shop()
    receipt = ask(before, person="dora").receipt
    after = shop(data_changes=(FRENCH_IS_41,))  # Dora doesn't see this row
    assert not has_changed(after, receipt, after.workspace().people["dora"])
    for unknown in ("", "R-2222-2222-2222", "nothing"):
        assert not has_changed(after, unknown, after.workspace().people["dora"])


def test_comparing_below_a_comment_is_not_an_opened_receipt(shop: Open) -> None:
    live = shop()
    assert not has_changed(live, ask(live).receipt, live.workspace().people["steward"])
    live.recorder.flush()
    with live.store.read() as connection:
        assert "receipt.opened" not in {row.kind for row in connection.execute(select(AUDIT.c.kind))}
