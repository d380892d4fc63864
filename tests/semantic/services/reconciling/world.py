"""A company with ads, orders and a platform that reports totals, as tables with a model.

`made_platform` counts the platform's metric and the company's own in plain Python.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Final

import duckdb

from semantic.config.settings import Settings
from semantic.policy.actor import Actor
from semantic.reconciliation.rules import CountedPer, Credit, Dated, Rules
from semantic.reconciliation.setup import Conversions, Setup, Touches
from semantic.services.process import Live
from tests.semantic.reconciliation.made_platform import MONTHS, Event, Platform, company, unvalued

OURS = Platform(click_hours=720, view_hours=720, by_click=False, zone="Europe/Berlin", once="order", credit="last")
THEIRS = Platform(
    click_hours=168, view_hours=24, by_click=True, zone="America/Los_Angeles", once="each", credit="last_own"
)

MODEL = """\
model:
  name: Shop
  time_zone: Europe/Berlin
  currency: EUR
  rates: {dataset: fx, currency: code, day: day, rate: rate, currencies: [USD]}
datasets:
  - name: touches
    label: Touches
    table: touches
    grain: [id]
    columns: {id: string, person: string, moment: timestamptz, kind: string, platform: string, campaign: string}
    dimensions:
      - {name: touch_id, label: Touch, sql: id}
      - {name: touch_person, label: Person who saw or clicked, sql: person}
      - {name: touch_at, label: Time of the touch, kind: time, sql: moment}
      - {name: touch_kind, label: Kind of touch, sql: kind, labels: {click: Click, view: View}}
      - {name: platform, label: Platform, labels: {meta: Meta Ads, other: Others}}
      - {name: campaign, label: Campaign}
    measures: [{name: touches, agg: count}]
  - name: sales
    label: Sales
    table: sales
    grain: [id]
    columns:
      {id: string, person: string, moment: timestamptz, order_id: string, value: integer, share: double, state: string}
    entities: [{name: sale, kind: primary, columns: [id]}]
    dimensions:
      - {name: sale_id, label: Sale, sql: id}
      - {name: sale_person, label: Buyer, sql: person}
      - {name: sale_at, label: Time of the sale, kind: time, sql: moment}
      - {name: sale_order, label: Order, sql: order_id}
      - {name: sale_value, label: Value, sql: value}
      - {name: sale_share, label: Share, sql: share}
      - {name: sale_state, label: State of the sale, sql: state, labels: {kept: Kept, returned: Returned}}
    measures: [{name: sales, agg: count}, {name: buyers, agg: count_distinct, sql: person}]
  - name: credited
    label: Credited sales
    table: credited
    grain: [day, campaign]
    time: day
    columns: {day: date, campaign: string, conversions: integer, value: "decimal(18,4)"}
    dimensions:
      - {name: day, label: Day, kind: time}
      - {name: campaign, label: Campaign}
    measures: [{name: conversions, agg: sum, sql: conversions}, {name: value, agg: sum, sql: value}]
  - name: report
    label: Meta's report
    table: report
    grain: [month, campaign]
    time: month
    columns: {month: date, campaign: string, conversions: integer, amount: double}
    dimensions:
      - {name: month, label: Month, kind: time}
      - {name: campaign, label: Campaign}
    measures:
      - {name: reported, agg: sum, sql: conversions}
      - {name: reported_value, agg: sum, sql: amount, currency: USD}
  - name: fx
    label: Exchange rates
    table: fx
    grain: [code, day]
    columns: {code: string, day: date, rate: "decimal(18,8)"}
metrics:
  - {name: conversions, label: Conversions, measure: credited.conversions, unit: conversions, format: count}
  - {name: reported, label: Conversions (Meta), measure: report.reported, unit: conversions, format: count}
  - {name: value, label: Value, measure: credited.value, unit: EUR, format: money}
  - {name: reported_value, label: Value (Meta), measure: report.reported_value, unit: USD, format: money}
  - {name: buyers, label: Buyers, measure: sales.buyers, format: count}
policies:
  - name: whole
    who: {people: [stew, mark, vera, mia, gil]}
    grant: {metrics: all, dimensions: all}
    whole: all
  - name: brand_alone
    who: {people: [bo]}
    grant: {metrics: all, dimensions: all}
    whole: [sales]
    rows:
      - {dataset: touches, where: "campaign = 'Brand'"}
      - {dataset: credited, where: "campaign = 'Brand'"}
      - {dataset: report, where: "campaign = 'Brand'"}
  - name: no_report
    who: {people: [nora]}
    grant: {metrics: [conversions], dimensions: all}
    whole: [touches, sales, credited]
  - name: no_values
    who: {people: [olga]}
    grant: {metrics: all, dimensions: all}
    deny: {dimensions: [sale_value]}
    whole: all
  - name: masked
    who: {people: [mia]}
    masks: [{dimension: sale_person, kind: "null"}]
  - name: private
    who: {people: [gil]}
    min_group: {entity: sale, at_least: 5}
people:
  - {id: olga, name: "Olga Lind, operations", roles: [steward]}
  - {id: mia, name: "Mia Masken, operations", roles: [steward]}
  - {id: gil, name: "Gil Ward, operations", roles: [steward]}
  - {id: stew, name: "Stew Ward, operations", roles: [steward]}
  - {id: bo, name: "Bo Brand, operations", roles: [steward]}
  - {id: nora, name: "Nora Berg, operations", roles: [steward]}
  - {id: mark, name: "Mark Etter, marketing", roles: [marketer]}
  - {id: vera, name: "Vera Lind, sales", roles: [viewer]}
"""


def rules_of(platform: Platform) -> Rules:
    counted = {"each": CountedPer.EACH, "click": CountedPer.PER_CLICK, "person": CountedPer.PER_PERSON}
    return Rules(
        click_days=platform.click_hours // 24,
        view_days=platform.view_hours // 24,
        dated=Dated.CLICK if platform.by_click else Dated.CONVERSION,
        zone=platform.zone,
        counted=counted.get(platform.once, CountedPer.PER_ORDER),
        credit=Credit(platform.credit),
    )


SETUP = Setup(
    label="Meta Ads",
    metric="conversions",
    theirs="reported",
    touches=Touches(
        id="touch_id", person="touch_person", at="touch_at", platform="platform", own=("meta",), kind="touch_kind",
        clicks=("click",), views=("view",),
    ),
    conversions=Conversions(id="sale_id", person="sale_person", at="sale_at", order="sale_order"),
    our_rules=rules_of(OURS),
    their_rules=rules_of(THEIRS),
    group="campaign",
)  # fmt: skip


DOLLARS: Final = {month: Fraction(2) if month.month == 8 else Fraction(5, 4) for month in MONTHS}
"""The value of a euro, in dollars."""


def log(*, valued: bool = False) -> list[Event]:
    """Return the company's log, which is the same for every test. Unless `valued`, every sale counts 1."""
    events = company(5, people=150)
    return events if valued else unvalued(events)


def build(folder: Path, events: list[Event], *, missing: int = 0, statements: Sequence[str] = ()) -> Path:
    """Write the tables and the model, and return the data's file.

    The platform's report lacks `missing` conversions of the largest campaign in the last month. `statements` then
    change the tables.
    """
    (folder / "model").mkdir(parents=True, exist_ok=True)
    (folder / "model/shop.yml").write_text(MODEL, encoding="utf-8")
    data = folder / "shop.duckdb"
    data.unlink(missing_ok=True)
    counted = unvalued(events)
    totals = THEIRS.totals(counted)
    largest = max(totals, key=lambda cell: (cell[0], totals[cell], cell[1]))
    totals[largest] -= missing
    with duckdb.connect(str(data)) as engine:
        engine.execute("SET TimeZone = 'UTC'")
        engine.execute(
            "CREATE TABLE touches (id VARCHAR, person VARCHAR, moment TIMESTAMPTZ, kind VARCHAR, platform VARCHAR, "
            "campaign VARCHAR)"
        )
        engine.execute(
            "CREATE TABLE sales (id VARCHAR, person VARCHAR, moment TIMESTAMPTZ, order_id VARCHAR, value INTEGER, "
            "share DOUBLE, state VARCHAR)"
        )
        touches = [
            (e.id, e.person, e.when, e.kind, "meta" if e.is_own else "other", e.campaign)
            for e in events
            if e.kind != "sale"
        ]
        engine.executemany("INSERT INTO touches VALUES (?, ?, ?, ?, ?, ?)", touches)
        sales = [
            (e.id, e.person, e.when, e.order, e.value, "returned" if e.is_returned else "kept")
            for e in events
            if e.kind == "sale"
        ]
        engine.executemany("INSERT INTO sales VALUES (?, ?, ?, ?, ?, 0.5, ?)", sales)
        dollars = {cell: value * DOLLARS[cell[0]] for cell, value in THEIRS.totals(events).items()}
        for table, counts, values, columns in (
            ("credited", OURS.totals(counted), OURS.totals(events), "day DATE, {}, value DECIMAL(18, 4)"),
            ("report", totals, dollars, "month DATE, {}, amount DOUBLE"),
        ):
            engine.execute(f"CREATE TABLE {table} ({columns.format('campaign VARCHAR, conversions INTEGER')})")
            rows = [(*cell, int(count), float(values[cell])) for cell, count in counts.items()]
            engine.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?)", rows)
        engine.execute(
            "CREATE TABLE fx AS SELECT 'USD' AS code, day::DATE AS day, "
            "(CASE WHEN day < DATE '2026-09-01' THEN 0.5 ELSE 0.8 END)::DECIMAL(18, 8) AS rate "
            "FROM generate_series(DATE '2026-01-01', DATE '2026-12-31', INTERVAL 1 DAY) days(day)"
        )
        for statement in statements:
            engine.execute(statement)
    return data


def open_world(
    folder: Path,
    empty_store: Path,
    events: list[Event] | None = None,
    *,
    missing: int = 0,
    statements: Sequence[str] = (),
    has_uploads: bool = False,
) -> Live:
    """Open the company as one process, in demo mode, with an empty store, which has the model if it `has_uploads`."""
    happened = log(valued=True) if events is None else events
    data = build(folder, happened, missing=missing, statements=statements)
    store = shutil.copyfile(empty_store, folder / "store.sqlite")
    settings = Settings(
        data=str(data), model=folder / "model", store=str(store), audit_key_file=folder / "audit.key", demo=True
    )
    if has_uploads:
        settings = replace(settings, model_source="store", uploads=folder / "uploads", mask_key="a key of the tests")
    return Live.open(settings)


def person(live: Live, name: str) -> Actor:
    return live.workspace().people[name]


def whole(totals: dict[tuple[date, str], Fraction]) -> Fraction:
    return sum(totals.values(), Fraction(0))
