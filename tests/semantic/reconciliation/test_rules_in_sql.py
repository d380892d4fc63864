"""Each rule, compared with hand-written SQL over the same log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction

import duckdb
import pytest

from semantic.reconciliation.counting import paths_of
from semantic.reconciliation.rules import CountedPer, Credit, Dated, Rules
from tests.semantic.reconciliation.made_platform import MONTHS, Event, company, logged

BASE = Rules(click_days=14, view_days=0, dated=Dated.CONVERSION, counted=CountedPer.EACH, credit=Credit.LAST_OWN)

# The touches that can earn a sale: in the window of their kind, views only where they count at all.
REACHED = """
reached as (
    select s.id as sale, s.person, s.moment as sold, s.order_id, s.value, s.back, t.id as touch,
           t.moment as touched, t.kind, t.own, t.campaign
    from sales s join touches t on t.person = s.person and t.moment <= s.moment
    where (t.kind = 'click' and {click_begins})
       or (t.kind = 'view' and {view} > 0 and {view_begins})
)"""
HOURS = "t.moment >= s.moment - to_hours(24 * {days})"
CALENDAR = "local_day(t.moment, '{zone}') >= local_day(s.moment, '{zone}') - {days}"
CREDITED = {
    Credit.LAST_OWN: "select * from reached where own qualify row_number() over (partition by sale "
    "order by kind = 'click' desc, touched desc, touch desc) = 1",
    Credit.FIRST_OWN: "select * from reached where own qualify row_number() over (partition by sale "
    "order by kind = 'click' desc, touched, touch) = 1",
    Credit.LATEST_OWN: "select * from reached where own qualify row_number() over (partition by sale "
    "order by touched desc, touch desc) = 1",
    Credit.LAST: "select * from (select * from reached qualify row_number() over (partition by sale "
    "order by touched desc, touch desc) = 1) where own",
}
ONCE = {
    CountedPer.EACH: "row_number() over () >= 1",
    CountedPer.PER_ORDER: "row_number() over (partition by order_id order by sold, sale) = 1",
    CountedPer.PER_CLICK: "row_number() over (partition by touch order by sold, sale) = 1",
    CountedPer.PER_PERSON: "row_number() over (partition by person, month order by sold, sale) = 1",
}


def counted_in_sql(engine: duckdb.DuckDBPyConnection, rules: Rules) -> dict[tuple[date, str], Fraction]:
    moment = "touched" if rules.dated is Dated.CLICK else "sold"
    rates = " ".join(f"when date '{month}' then {rate}" for month, rate in rules.rates)
    rate = f"case month {rates} else {rules.rate} end" if rates else f"{rules.rate}"
    begins = CALENDAR if rules.calendar_days else HOURS
    click, view = (begins.format(days=days, zone=rules.zone) for days in (rules.click_days, rules.view_days))
    rows = engine.execute(f"""
        with {REACHED.format(click_begins=click, view_begins=view, view=rules.view_days)},
        credited as ({CREDITED[rules.credit]}),
        dated as (
            select *, date_trunc('month', {moment} at time zone 'UTC' at time zone '{rules.zone}')::date as month
            from credited
        ),
        sold as (select * from dated where {"not back" if rules.without_returned else "true"}),
        kept as (select * from sold qualify {ONCE[rules.counted]})
        select month, campaign, sum(value * {rate}) from kept
        where month between date '2026-08-01' and date '2026-10-01' group by all
    """).fetchall()  # written above
    return {(month, campaign): Fraction(value) for month, campaign, value in rows}


def events(seed: int) -> list[Event]:
    """Return a company's log in which every seventh sale is returned, with a click and a sale around midnight between
    August and September.
    """
    click, sale = datetime(2026, 8, 31, 22, 30, tzinfo=UTC), datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
    return [
        *(replace(event, is_returned=event.value % 7 == 0) for event in company(seed, people=150)),
        Event(click, "late click", "zed", "click", campaign="Brand"),
        Event(sale, "late sale", "zed", "sale", order="late", value=17),
    ]


@pytest.fixture(scope="module", params=(3, 4))
def log(request: pytest.FixtureRequest) -> Iterator[tuple[int, duckdb.DuckDBPyConnection]]:
    with duckdb.connect() as engine:
        engine.execute(
            "create table touches (id text, person text, moment timestamp, kind text, own bool, campaign text)"
        )
        engine.execute("create macro local_day(moment, zone) as (moment at time zone 'UTC' at time zone zone)::date")
        engine.execute(
            "create table sales (id text, person text, moment timestamp, order_id text, value int, back bool)"
        )
        for e in events(request.param):
            moment = e.when.astimezone(UTC).replace(tzinfo=None)
            if e.kind == "sale":
                sale = (e.id, e.person, moment, e.order, e.value, e.is_returned)
                engine.execute("insert into sales values (?, ?, ?, ?, ?, ?)", sale)
            else:
                row = (e.id, e.person, moment, e.kind, e.is_own, e.campaign)
                engine.execute("insert into touches values (?, ?, ?, ?, ?, ?)", row)
        yield request.param, engine


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"click_days": 1},
        {"click_days": 75},
        {"view_days": 1},
        {"view_days": 30},
        {"calendar_days": True, "click_days": 1},
        {"calendar_days": True, "click_days": 14, "view_days": 3, "zone": "America/New_York"},
        {"calendar_days": True, "click_days": 90, "view_days": 90, "zone": "Asia/Tokyo", "credit": Credit.LAST},
        {"dated": Dated.CLICK},
        {"dated": Dated.CLICK, "zone": "Asia/Tokyo", "view_days": 7},
        {"zone": "America/Los_Angeles"},
        {"counted": CountedPer.PER_ORDER},
        {"without_returned": True},
        {"without_returned": True, "counted": CountedPer.PER_CLICK, "dated": Dated.CLICK},
        {"counted": CountedPer.PER_CLICK},
        {"counted": CountedPer.PER_PERSON},
        {"counted": CountedPer.PER_PERSON, "dated": Dated.CLICK, "zone": "Australia/Sydney"},
        {"credit": Credit.LAST, "view_days": 7},
        {"credit": Credit.FIRST_OWN, "view_days": 7, "click_days": 30},
        {"credit": Credit.LATEST_OWN, "view_days": 7, "dated": Dated.CLICK},
        {"rate": Fraction(3, 2), "currency": "USD"},
        {"rate": Fraction(2), "rates": ((date(2026, 9, 1), Fraction(1, 4)),), "currency": "USD"},
    ],
    ids=str,
)
def test_each_rule_counts_the_same_as_sql(
    log: tuple[int, duckdb.DuckDBPyConnection], change: dict[str, object]
) -> None:
    seed, engine = log
    rules = replace(BASE, **change)  # type: ignore[arg-type]
    touches, sales = logged(events(seed), valued=True)
    truth = counted_in_sql(engine, rules)
    assert paths_of(touches, sales, MONTHS).count(rules) == truth
    assert len(truth) > 4  # of three months and campaigns


def test_every_changed_rule_changes_a_number(log: tuple[int, duckdb.DuckDBPyConnection]) -> None:
    """Otherwise, the truth above couldn't tell one rule from another."""
    _, engine = log
    changes: tuple[Mapping[str, object], ...] = (
        *({"credit": credit, "view_days": 7} for credit in Credit),
        *({"counted": counted} for counted in CountedPer),
        {"dated": Dated.CLICK},
        {"dated": Dated.CLICK, "zone": "Asia/Tokyo"},
        {"zone": "America/Los_Angeles"},
        {"click_days": 1},
        {"click_days": 1, "calendar_days": True},
        {"without_returned": True},
        {"without_returned": True, "counted": CountedPer.PER_CLICK},
        {"click_days": 1, "calendar_days": True, "zone": "Asia/Tokyo"},
    )
    truths = [counted_in_sql(engine, replace(BASE, **change)) for change in changes]  # type: ignore[arg-type]
    assert all(one != other for at, one in enumerate(truths) for other in truths[:at])
