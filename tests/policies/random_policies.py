"""Made-up policies over the shop, and the rows that they hide, computed separately in plain Python, row by row.

A fact's row is visible if every rule that reaches the fact allows it, and either a rule reaches it or the policy grants
the whole fact. A row of another table is visible under the same conditions, or if a visible row references it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import yaml

from tests.copies import copy_shop
from tests.shop import SHOP

Row = dict[str, object]
Shop = dict[str, list[Row]]

GROUP = "chosen"
# What a row of each table points at: table, the column here, and the key there.
POINTS_AT: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "orders": (
        ("customers", "customer_id", "customer_id"),
        ("channels", "channel_key", "channel_key"),
        ("countries", "billing_country", "country_code"),
        ("countries", "shipping_country", "country_code"),
    ),
    "lines": (("orders", "order_id", "order_id"),),
    "ads": (("campaigns", "campaign_key", "campaign_key"),),
    "campaigns": (("channels", "channel_key", "channel_key"),),
    "sessions": (("channels", "channel_key", "channel_key"),),
    "mails": (("customers", "customer_id", "customer_id"),),
    "tickets": (("customers", "customer_id", "customer_id"),),
    "members": (("customers", "customer_id", "customer_id"),),
    "points": (("members", "member_key", "member_key"),),
    "budgets": (("channels", "channel_key", "channel_key"),),
    "claims": (("channels", "channel_key", "channel_key"),),
    "fair_sales": (("channels", "channel_key", "channel_key"), ("customers", "customer_id", "customer_id")),
    "customers": (),
    "channels": (),
    "countries": (),
    "signups": (),
    "footfall": (),
    "scans": (),
}
# Several datasets read these tables; a row is visible when any of them shows it.
DATASETS: Mapping[str, tuple[str, ...]] = {"mails": ("mails", "sent_mails"), "points": ("points", "point_balances")}
REACHES_NOTHING = ("point_balances",)  # made of the points, without their members
# Baskets are the orders again, without most columns that rules name: they would show every order that a rule hides.
DENIED: Mapping[str, tuple[str, ...]] = {
    "metrics": ("basket_count", "large_baskets", "large_share"),
    "dimensions": ("wish", "basket_day"),
}
KEYS: Mapping[str, tuple[str, ...]] = {
    "customers": ("customer_id",),
    "channels": ("channel_key",),
    "countries": ("country_code",),
    "campaigns": ("campaign_key",),
    "members": ("member_key", "customer_id", "valid_from", "valid_to", "is_current"),
    "orders": ("order_id",),
    "lines": ("order_id", "line_no"),
}
BALANCES: Mapping[str, tuple[str, str]] = {
    "fair_last": ("fair_sales", "sold_on"),
    "points_at_end": ("points", "earned_on"),
    "points_at_start": ("points", "earned_on"),
}
"""Metrics that show one day of a table, with the table's date. The day is the same for everyone (decision 19)."""
MANY = 60  # copies of a hidden row, so that costs and counts would reveal them


@dataclass(frozen=True)
class Rule:
    """A row rule as written in the model, and the same rule in Python. `by` is the column that references the table."""

    dataset: str
    where: str
    holds: Callable[[Row, Mapping[str, object]], bool]
    via: str = ""
    by: str = ""
    unmatched: bool = False


@dataclass(frozen=True)
class Chosen:
    """A made-up policy, and its person's attributes."""

    rules: tuple[Rule, ...]
    attributes: Mapping[str, object]
    whole: frozenset[str]
    policy: Mapping[str, object] = field(hash=False)


def _in(column: str, attribute: str) -> Callable[[Row, Mapping[str, object]], bool]:
    def holds(row: Row, attributes: Mapping[str, object]) -> bool:
        listed = attributes[attribute]
        assert isinstance(listed, list)
        return row[column] in listed

    return holds


RULES: tuple[Rule, ...] = (
    Rule("customers", "home IN (:homes)", _in("home", "homes")),
    Rule("customers", "home IN (:homes)", _in("home", "homes"), unmatched=True),
    Rule("customers", "tier = 'gold'", lambda row, _: row["tier"] == "gold"),
    Rule("channels", "channel_group IN (:kinds)", _in("channel_group", "kinds")),
    Rule("channels", "is_paid", lambda row, _: row["is_paid"] is True, unmatched=True),
    Rule("countries", "zone = 'EU'", lambda row, _: row["zone"] == "EU", "shipping", "shipping_country"),
    Rule("countries", "zone <> 'EU'", lambda row, _: row["zone"] not in ("EU", None), "billing", "billing_country"),
    Rule("orders", "channel_key IN (:channels)", _in("channel_key", "channels")),
    Rule(
        "orders", "channel_key IN (:channels) OR device = 'kiosk'",
        lambda row, told: _in("channel_key", "channels")(row, told) or row["device"] == "kiosk",
    ),
    Rule("sessions", "device IN (:devices)", _in("device", "devices")),
    Rule("mails", "mailing IN (:mailings)", _in("mailing", "mailings")),
    Rule("campaigns", "campaign <> 'Straße'", lambda row, _: row["campaign"] not in ("Straße", None)),
    Rule("members", "member_tier = 'bronze'", lambda row, _: row["member_tier"] == "bronze"),
    Rule("budgets", "channel_key IN (:channels)", _in("channel_key", "channels")),
)  # fmt: skip
ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "homes": ("DE", "FR", "AT", "NO"),
    "kinds": ("Paid", "Owned", "Odd"),
    "channels": ("c1", "c2", "c3", "c5", "c6", "c9"),
    "devices": ("mobile", "desktop", "tablet"),
    "mailings": ("spring", "easter", "bloom"),
}
MASKS: tuple[Mapping[str, object], ...] = (
    {"dimension": "email", "kind": "hash"},
    {"dimension": "phone", "kind": "last_four"},
    {"dimension": "birth_year", "kind": "bucket", "width": 10},
    {"dimension": "tier", "kind": "null"},
    {"dimension": "channel", "kind": "hash"},
    {"dimension": "device", "kind": "last_four"},
)
WHOLE = (
    *("channels", "countries", "ads", "sessions", "mails", "tickets", "budgets", "claims", "footfall", "scans"),
    *("signups", "fair_sales", "orders", "customers", "retail_days", "rates"),
)


def choose(chance: random.Random) -> Chosen:
    """Return a policy with one to three rules, and some masks, denials, grants, limits and hidden small groups.

    Only the rules decide which rows are visible.
    """
    rules = tuple(chance.sample(RULES, chance.choice((1, 1, 1, 2, 3))))
    attributes = {name: chance.sample(values, chance.choice((1, 2, 3))) for name, values in ATTRIBUTES.items()}
    whole = frozenset(chance.sample(WHOLE, chance.randrange(6)))
    written = [
        {"dataset": rule.dataset, "where": rule.where}
        | ({"via": rule.via} if rule.via else {})
        | ({"unmatched": "visible"} if rule.unmatched else {})
        for rule in rules
    ]
    policy: dict[str, object] = {
        "name": "made_up",
        "who": {"groups": [GROUP]},
        "grant": {"metrics": "all", "dimensions": "all", "rows": "all"}
        | ({"segments": "all"} if chance.random() < 0.7 else {}),
        "rows": written,
        "masks": [dict(mask) for mask in chance.sample(MASKS, chance.choice((0, 0, 1, 2)))],
    }
    if whole:
        policy["whole"] = sorted(whole)
    denied = {name: list(names) for name, names in DENIED.items()}
    if chance.random() < 0.3:
        denied["metrics"].append(chance.choice(("cost", "buyers")))
        denied["dimensions"].append(chance.choice(("size", "zone")))
    policy["deny"] = denied
    if chance.random() < 0.35:
        policy["min_group"] = {"entity": "customer", "at_least": chance.choice((2, 3))}
    if chance.random() < 0.25:
        most = {"rows": (3, 100), "days": (31, 400), "breakdowns": (1, 2), "metrics": (1, 2)}
        policy["limits"] = {name: chance.choice(most[name]) for name in chance.sample(sorted(most), 2)}
    return Chosen(rules, attributes, whole, policy)


def write_model(folder: Path, chosen: Chosen) -> Path:
    """Write the shop's model with the made-up policy, and with the person `chosen` under it, and return its path."""
    folder.mkdir()
    for file in SHOP.glob("*.yml"):
        (folder / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    person = {"id": GROUP, "name": "Chosen", "roles": [], "groups": [GROUP], "attributes": dict(chosen.attributes)}
    text = yaml.safe_dump({"policies": [dict(chosen.policy)], "people": [person]}, allow_unicode=True)
    (folder / "made_up.yml").write_text(text, encoding="utf-8")
    return folder


# Which rows are hidden


@cache
def shop_rows() -> Shop:
    """Return every table of the shop as rows, in a fixed order. They are read once per process."""
    with TemporaryDirectory() as folder, duckdb.connect(copy_shop(Path(folder) / "shop.duckdb")) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        shop: Shop = {}
        for table in POINTS_AT:
            rows = connection.execute(f"SELECT * FROM {table} ORDER BY ALL")
            names = [column[0] for column in rows.description or ()]
            shop[table] = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
        return shop


def write_shop(path: Path, shop: Shop) -> Path:
    """Write these rows to a shop's file, and return its path."""
    empty, schemas = _emptied_shop()
    path.write_bytes(empty)
    with duckdb.connect(path) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("BEGIN")
        for table, rows in shop.items():
            connection.register("changed", pa.Table.from_pylist(rows, schema=schemas[table]))
            connection.execute(f"INSERT INTO {table} SELECT * FROM changed")
        connection.execute("COMMIT")
    return path


@cache
def _emptied_shop() -> tuple[bytes, Mapping[str, pa.Schema]]:
    """Return a shop's file without rows, and each table's columns."""
    with TemporaryDirectory() as folder:
        path = copy_shop(Path(folder) / "shop.duckdb", *(f"DELETE FROM {table}" for table in POINTS_AT))
        with duckdb.connect(path) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            schemas = {table: connection.sql(f"FROM {table}").to_arrow_table().schema for table in POINTS_AT}
        return path.read_bytes(), schemas


def visible_rows(shop: Shop, chosen: Chosen) -> dict[str, set[int]]:
    """Return the positions of the rows of which the person can see anything, by table."""
    members = {(there, key): _by_key(shop[there], key) for _, there, _, key in _pointers()}
    found_rows = {table: set[int]() for table in shop}
    for table, rows in shop.items():
        for dataset in DATASETS.get(table, (table,)):
            reaching = _rules_reaching(table, dataset, chosen)
            if not reaching and dataset not in chosen.whole:
                continue
            found_rows[table] |= {
                place
                for place, row in enumerate(rows)
                if all(_holds(row, table, rule, members, chosen) for rule in reaching)
            }
    reached = True
    while reached:
        reached = False
        for table, there, here, key in _pointers():
            wanted = {shop[table][place][here] for place in found_rows[table]} - {None}
            more = {place for place, row in enumerate(shop[there]) if row[key] in wanted} - found_rows[there]
            found_rows[there] |= more
            reached = reached or bool(more)
    return found_rows


def _pointers() -> Iterator[tuple[str, str, str, str]]:
    for table, pointers in POINTS_AT.items():
        for there, here, key in pointers:
            yield table, there, here, key


Members = Mapping[tuple[str, str], Mapping[object, list[Row]]]
"""The rows of each table that others reference, by the referenced key."""


def _by_key(rows: list[Row], key: str) -> dict[object, list[Row]]:
    rows_by_key: dict[object, list[Row]] = {}
    for row in rows:
        rows_by_key.setdefault(row[key], []).append(row)
    return rows_by_key


def _rules_reaching(table: str, dataset: str, chosen: Chosen) -> list[Rule]:
    # A rule on one dataset doesn't apply to another over the same table, unless what it points at has a rule too.
    bound = [rule for rule in chosen.rules if dataset == table or rule.dataset != table]
    return [] if dataset in REACHES_NOTHING else [rule for rule in bound if _reaches(table, rule.dataset)]


@cache
def _reaches(table: str, dataset: str) -> bool:
    return table == dataset or any(_reaches(there, dataset) for there, _, _ in POINTS_AT[table])


def _holds(row: Row, table: str, rule: Rule, members: Members, chosen: Chosen) -> bool:
    """Return whether the rule allows a row, directly or through the rows that it references."""
    if table == rule.dataset:
        return rule.holds(row, chosen.attributes)
    for there, here, key in POINTS_AT[table]:
        if _reaches(there, rule.dataset) and (not rule.by or there != rule.dataset or here == rule.by):
            rows = [] if row[here] is None else members[there, key].get(row[here], [])
            return any(_holds(each_row, there, rule, members, chosen) for each_row in rows) if rows else rule.unmatched
    raise AssertionError(f"{table} does not reach {rule.dataset}")


# What changes in them


def change_hidden(shop: Shop, chosen: Chosen, chance: random.Random) -> Shop:
    """Return a shop that differs only in rows that the person can't see: some are removed, and many are added."""
    seen = visible_rows(shop, chosen)
    kept = {table: [shop[table][place] for place in sorted(seen[table])] for table in shop}
    changed: Shop = {table: list(rows) for table, rows in kept.items()}
    for table, rows in shop.items():
        for row in [row for place, row in enumerate(rows) if place not in seen[table]]:
            other = _scrambled(row, table, shop, chance)
            copies = [_copied(row, table, number) for number in range(MANY if chance.random() < 0.2 else 0)]
            for more in ([other] if chance.random() < 0.8 else [], copies):
                changed[table] += more
                if more and not _shows_the_same(changed, kept, chosen):
                    del changed[table][-len(more) :]
    return changed


def moved_balances(shop: Shop, other: Shop) -> frozenset[str]:
    """Return the balances with different days in the other shop, because their numbers can differ, too."""

    def days(one: Shop, table: str, column: str) -> set[object]:
        return {row[column] for row in one[table]}

    return frozenset(name for name, at in BALANCES.items() if days(shop, *at) != days(other, *at))


def _shows_the_same(changed: Shop, kept: Shop, chosen: Chosen) -> bool:
    """Return whether the visible rows of the changed tables are exactly the original ones."""
    seen = visible_rows(changed, chosen)
    return all([changed[table][place] for place in sorted(seen[table])] == kept[table] for table in changed)


def _scrambled(row: Row, table: str, shop: Shop, chance: random.Random) -> Row:
    """Return the row with other values but the same keys."""
    pointing = {here for _, here, _ in POINTS_AT[table]}
    new_row: Row = {}
    for name, value in row.items():
        if name in KEYS.get(table, ()):
            new_row[name] = value
        elif name in pointing:
            new_row[name] = chance.choice([each_row[name] for each_row in shop[table]])
        else:
            new_row[name] = _other(value, chance)
    return new_row


def _copied(row: Row, table: str, number: int) -> Row:
    """Return a copy of the row under an unused key."""
    first = next(iter(row))
    value = row[first]
    made = {**row, first: f"{value} {number}"} if isinstance(value, str) else dict(row)
    return made | ({"line_no": 100 + number} if table == "lines" else {})


def _other(value: object, chance: random.Random) -> object:
    match value:
        case bool():
            return not value
        case int():
            return value * chance.choice((2, 7)) + 1
        case Decimal():
            return value * 3 + 1
        case float():
            return value * 3 + 1
        case datetime() | date():
            return value + timedelta(days=chance.choice((-40, 1, 33)))
        case str():
            return chance.choice(("hidden", "watch", "Search", value))
        case _:
            return value
