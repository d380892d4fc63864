"""Random questions about the shop, the same every time: all texts about an answer agree with the answer.

Rows behind cells are computed independently, next questions keep the number, and a missing member is in the answer to
the question suggested for it. None of this changes if only things that a person can't see change, including values
under a mask.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from semantic.display.export.about import about
from semantic.display.export.to_csv import to_csv
from semantic.display.pivot import default_across, pivoted
from semantic.display.totals import totals_legend
from semantic.display.words.notable import notable
from semantic.errors import SemanticError
from semantic.explore.drill import break_down, drill_options, exclude, keep_only, zoom
from semantic.explore.pasted_values import match_list
from semantic.explore.repairs import does_compile
from semantic.explore.search import near, search
from semantic.explore.selection import SelectedRows, select_rows
from semantic.explore.why_missing import MissingMember, Why, why_missing
from semantic.query.data import column_name, query_to_data
from semantic.query.query import DATE, Between, Breakdown, Query, Value
from semantic.query.resolve import BUCKET, Asked, resolve
from semantic.results.cell import cell_of, cell_question, find_row, is_same
from semantic.results.formula import formula_tree, metrics_in
from semantic.results.result import Result
from tests.answers.test_cell import passports
from tests.answers.test_records import check_cell, told
from tests.copies import copy_shop
from tests.policies.test_hidden_rows import HIDDEN_FROM, MEMBERS, questions
from tests.proof import part
from tests.shop import TODAY, ShopWorkspace, open_shop

LATER = datetime(2026, 4, 20, tzinfo=UTC)
UNSEEN: dict[str, tuple[str, ...]] = {
    **HIDDEN_FROM,
    # What Mia's masks hide: the tier, years within a decade, and all of a phone number except its last four digits.
    "mia": (
        "UPDATE customers SET tier = 'iron', birth_year = birth_year // 10 * 10 + 7",
        "UPDATE customers SET phone = '9' || phone WHERE length(phone) > 4",
    ),
    # Noa has no personal dimension.
    "noa": ("UPDATE customers SET name = 'Hidden' || customer_id, email = 'h@example.com', phone = '1'",),
    # Orders of other customers, their other actions, and every fact that Vera's rules don't reach.
    "vera": (
        "UPDATE orders SET amount = amount * 3 + 1, channel_key = 'c4', device = 'watch', order_day = '2025-01-01',"
        " ordered_at = '2025-01-01 12:00:00+00' WHERE customer_id IN ('u2', 'u3', 'u4')",
        "UPDATE customers SET name = 'Hidden', home = 'FR', tier = 'iron' WHERE customer_id IN ('u2', 'u3', 'u4')",
        "UPDATE mails SET mailing = 'secret', clicked_on = '2026-04-19' WHERE customer_id IN ('u2', 'u3', 'u4')",
        "UPDATE tickets SET minutes = 999, topic = 'secret' WHERE customer_id IN ('u2', 'u3')",
        "UPDATE ads SET cost = 1",
        "DELETE FROM sessions",
    ),
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    opened = open_shop(copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


def answers(shop: ShopWorkspace, who: str, count: int) -> Iterator[tuple[random.Random, Query, Result]]:
    """Yield the first answers with rows, each with its own random generator."""
    found_count = 0
    for query in questions(shop, f"at random {who}"):
        try:
            result = shop.ask(query, shop.people[who])
        except SemanticError:
            continue
        if not query.metrics or not result.keys or not result.table.num_rows:
            continue
        found_count += 1
        yield random.Random(f"{found_count} {who}"), query, result
        if found_count == count:
            return
    raise AssertionError(f"only {found_count} questions have an answer")


def same(number: float | None, other: float | None) -> bool:
    """Return whether two numbers are equal. A count of nothing can be 0 or no value."""
    if number is None or other is None:
        return {number, other} <= {None, 0}
    return math.isclose(number, other, rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.parametrize("who", ["steward", "mia"])
def test_a_cell_can_be_asked_again_and_its_rows_give_its_number(who: str, shop: ShopWorkspace) -> None:
    person, visible = shop.people[who], shop.visible(shop.people[who])
    for chance, query, result in answers(shop, who, part(7, one_in=2)):
        places = [(row, column) for column in result.values for row in range(result.table.num_rows)]
        for row, column in chance.sample(places, min(3, len(places))):
            cell = cell_of(result, row, column.name)
            assert column.metric is not None
            parts = tuple(metrics_in(formula_tree(column.metric, visible)))
            again = shop.ask(cell_question(cell, query, parts), person)
            place = find_row(again, cell)
            assert place is not None, query_to_data(query)
            assert is_same(again.table.column(column.name)[place].as_py(), cell.value, exact=column.exact)
            check_cell(shop, result, cell, who)


# Drilling down


@pytest.mark.parametrize("who", ["steward", "finn"])
def test_drilling_keeps_the_number_and_removes_excluded_members(who: str, shop: ShopWorkspace) -> None:
    steps = 0
    for chance, query, result in answers(shop, who, part(8, one_in=2)):
        for row in chance.sample(range(result.table.num_rows), min(2, result.table.num_rows)):
            steps += Onward(shop, who, query, result, row).check(chance)
    assert steps > part(10, one_in=2)


class Onward:
    """The drill-downs from one row of an answer."""

    def __init__(self, shop: ShopWorkspace, who: str, query: Query, result: Result, row: int) -> None:
        self.shop, self.actor, self.query, self.result = shop, shop.people[who], query, result
        self.row = result.rows()[row]
        self.asked: Asked = resolve(query, shop.visible(self.actor), today=TODAY)
        self.picked: SelectedRows | None = select_rows(result, [row], self.asked)

    def passes(self, query: Query) -> bool:
        return does_compile(query, self.asked.visible, self.shop.dialect, TODAY)

    def check(self, chance: random.Random) -> int:
        """Check the drill-downs of the answer, and return how many there were."""
        picked = self.picked
        if picked is None or picked.is_undated or picked.is_hour:
            return 0
        kept_query = keep_only(picked, self.result, self.asked, self.passes)
        if kept_query is not None:
            self.check_total(kept_query, picked)
        zoomed = zoom(picked, self.asked, self.passes)
        if zoomed is not None and (kept_query is not None or picked.is_everything):
            self.check_total(replace(kept_query or self.query, time=zoomed.time), None)
        available = self.shop.preflight(self.query, self.actor).available
        ways = drill_options(picked, self.asked, available)
        downs = [
            break_down(picked, one, self.result, self.asked, self.passes)
            for one in chance.sample(ways, min(2, len(ways)))
        ]
        for query in downs:
            if query is not None:
                rows = self.shop.ask(replace(query, totals=((),)), self.actor).rows()
                self.check_numbers(next(row for row in rows if row[BUCKET] == "total"), query)
        without = exclude(picked, self.result, self.asked, self.passes)
        if without is not None and self.query.top is None:
            self.check_gone(without, picked)
        return sum(query is not None for query in (kept_query, zoomed, without, *downs))

    def check_total(self, query: Query, picked: SelectedRows | None) -> None:
        """Check that the question without its breakdowns has the row's numbers."""
        days = picked.days if picked else None
        time = Between(days[0], days[1] - timedelta(days=1)) if days else query.time
        asked = replace(
            query, by=(), top=None, totals=(), having=(), order=(), limit=None, compare=(), time=time
        )  # fmt: skip
        self.check_numbers(self.shop.ask(asked, self.actor).rows()[0], query)

    def check_numbers(self, numbers: dict[str, object], query: Query) -> None:
        for name in self.query.metrics:
            one, other = self.row[name], numbers[name]
            assert same(one, other), (query_to_data(self.query), self.row, query_to_data(query), numbers)  # type: ignore[arg-type]

    def check_gone(self, query: Query, picked: SelectedRows) -> None:
        """Check that no row of the selected members has a number anymore."""
        (group,) = picked.groups
        for row in self.shop.ask(query, self.actor).rows():
            if all(self.at(row, place) == self.at(self.row, place) for place, _ in group):
                assert all(row[name] in (None, 0) for name in self.query.metrics), (query_to_data(query), row)

    def at(self, row: dict[str, object], place: int) -> tuple[object, str]:
        """Return a row's member in one breakdown."""
        return row[self.result.keys[place].name], str(row[BUCKET]).split(",")[place]


# Missing something


@pytest.mark.parametrize("who", ["steward", "dora"])
def test_a_missing_member_is_in_the_suggested_question(who: str, shop: ShopWorkspace) -> None:
    actor = shop.people[who]
    offered = 0
    for chance, query, result in answers(shop, who, part(30, one_in=3)):
        member = member_of(query)
        if member is None:
            continue
        known = members_of(shop, query, member, who)
        for value in chance.sample(known, min(3, len(known))):
            try:
                missing = why_missing(query, member, value, lambda asked: shop.ask(asked, actor))
            except SemanticError:
                continue  # the page says that it isn't known
            said = (query_to_data(query), value, missing)
            assert has(result, query, member, value) == (missing.why in (Why.PRESENT, Why.NO_VALUE)), said
            if missing.with_it is not None:
                offered += 1
                assert has(shop.ask(missing.with_it, actor), query, member, value), said
    assert offered > part(3, one_in=3)


def member_of(query: Query) -> Breakdown | None:
    return next((breakdown for breakdown in query.by if breakdown.dim != DATE and breakdown.grain is None), None)


def members_of(shop: ShopWorkspace, query: Query, member: Breakdown, who: str) -> list[Value]:
    """Return the members that a breakdown has for the question's metrics on any day, written as in a filter."""
    try:
        members = shop.ask(Query(metrics=query.metrics, by=(member,)), shop.people[who]).table.column(
            column_name(member)
        )
    except SemanticError:
        return []
    return [float(value) if isinstance(value, Decimal) else value for value in members.to_pylist()]


def has(result: Result, query: Query, member: Breakdown, value: object) -> bool:
    """Return whether a member is in an answer, with a number or without one."""
    place = query.by.index(member)
    return any(
        row[column_name(member)] == value and str(row[BUCKET]).split(",")[place] in ("member", "none")
        for row in result.rows()
    )


# Nothing hidden is revealed


@pytest.mark.parametrize("who", sorted(UNSEEN))
def test_hidden_data_changes_no_message(who: str, tmp_path: Path) -> None:
    shops = [open_shop(copy_shop(tmp_path / "a.duckdb")), open_shop(copy_shop(tmp_path / "b.duckdb", *UNSEEN[who]))]
    answered, enough = 0, part(3, one_in=2)
    for number, query in enumerate(questions(shops[0], f"unseen {who}")):
        values: list[Value] = [*random.Random(number).sample(MEMBERS, 2)]
        one, other = (said(shop, query, who, values) for shop in shops)
        different = [
            (key, one.get(key), other.get(key)) for key in one | other if repr(one.get(key)) != repr(other.get(key))
        ]
        assert not different, (who, query_to_data(query), different)
        answered += "csv" in one
        if answered == enough:
            break
    assert answered == enough
    for shop in shops:
        shop.close()


def said(shop: ShopWorkspace, query: Query, who: str, values: list[Value]) -> dict[str, object]:
    """Return everything that a person sees around an answer, except the answer itself."""
    actor = shop.people[who]
    visible = shop.visible(actor)
    try:
        answer = shop.ask(query, actor)
    except SemanticError as error:
        return {"error": (error.code, str(error))}
    # The time of computing and the file differ in each shop. People who see all rows also see the file's version.
    answer = replace(answer, computed_at=LATER, elapsed_seconds=0, cached=False)
    answer = answer if answer.scope else replace(answer, data_version=None)
    texts: dict[str, object] = {
        "csv": to_csv(answer),
        "about": about(answer, visible),
        "notable": notable(answer),
        "totals": totals_legend(answer),
        "pivot": pivoted(answer, default_across(answer)) if answer.keys else None,
        "rows behind": told(shop, query, who),
        "passports": passports(shop, query, who),
        "search": [(search(visible, text), near(visible, text)) for text in ("rev", "cost", "hidden")],
    }
    member = member_of(query)
    if member:
        texts |= {f"missing {value}": why(shop, query, member, value, who) for value in values}
        names = members_of(shop, query, member, who)
        texts["pasted"] = match_list("Hiden\nsecrt\nSerch\nwach\nOther\n(none)", names)
    return texts


def why(shop: ShopWorkspace, query: Query, member: Breakdown, value: Value, who: str) -> MissingMember | str:
    try:
        return why_missing(query, member, value, lambda asked: shop.ask(asked, shop.people[who]))
    except SemanticError as error:
        return str(error)
