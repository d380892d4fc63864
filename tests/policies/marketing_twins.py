"""Copies of the marketing company in which only rows that a marketer of some markets can't see are changed.

Keys stay unique, and load times stay as they are, because the day that data is loaded to is the same for everyone
(docs/decisions/0019-one-last-day-for-everybody.md).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

VISIBLE = "('DE', 'AT')"
"""The markets that the person can see. Rows of other markets are hidden."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with hidden rows. `key` identifies a row's subject by itself, and `grain` tells its other rows apart."""

    hidden: str  # a condition on its rows
    key: str = ""
    grain: tuple[str, ...] = ()
    balance_day: str = ""  # each of its days keeps a row: the last day of a balance is the same for everyone
    spared: str = "FALSE"  # a condition on rows that are never deleted

    @property
    def kept(self) -> frozenset[str]:
        """Return the columns whose values are never changed."""
        return frozenset((self.key, *self.grain, self.balance_day, "market", "platform", "loaded_at", *LINKS))


LINKS: Mapping[str, str] = {
    "customer_id": "SELECT DISTINCT customer_id FROM visible_orders WHERE customer_id IS NOT NULL",
    "customer_key": "SELECT DISTINCT customer_key FROM visible_orders WHERE customer_key IS NOT NULL",
    "subject_id": "SELECT DISTINCT customer_id FROM visible_orders WHERE customer_id IS NOT NULL",
    "visitor_id": "SELECT DISTINCT visitor_id FROM visible_sessions",
    "subscription_id": f"SELECT DISTINCT subscription_id FROM fct_subscription_period WHERE market IN {VISIBLE}",
    "person_id": f"SELECT DISTINCT person_id FROM fct_lead WHERE market IN {VISIBLE}",
    "account_key": "SELECT DISTINCT account_key FROM fct_opportunity WHERE lead_id NOT IN (SELECT * FROM hidden_leads)",
    "campaign_id": f"SELECT campaign_id FROM dim_campaign WHERE market IN {VISIBLE}",
    "account_id": f"SELECT DISTINCT account_id FROM fct_ad_campaign_daily WHERE market IN {VISIBLE}",
    "session_id": "SELECT session_id FROM visible_sessions",
}
"""Columns that reference other things, and SQL for the values that visible rows have."""

BY_MARKET = f"market IS NULL OR market NOT IN {VISIBLE}"
HIDDEN: Mapping[str, Table] = {
    "fct_order": Table(BY_MARKET, "order_id"),
    "fct_order_line": Table("order_id IN (SELECT * FROM hidden_orders)", grain=("order_id", "line_no")),
    "fct_refund": Table("order_id IN (SELECT * FROM hidden_orders)", "refund_id", ("order_id", "line_no")),
    "fct_web_session": Table(BY_MARKET, "session_id"),
    "fct_web_event": Table("session_id IN (SELECT * FROM hidden_sessions)", "event_id", ("session_id",)),
    "fct_ad_campaign_daily": Table(BY_MARKET),
    "fct_ad_creative_daily": Table("account_id IN (SELECT * FROM hidden_accounts)", grain=("account_id", "ad_key")),
    "fct_ad_keyword_daily": Table("campaign_id IN (SELECT * FROM hidden_campaigns)", grain=("campaign_id",)),
    "fct_ad_reach_period": Table("campaign_id IN (SELECT * FROM hidden_campaigns)", grain=("campaign_id",)),
    "fct_lead_ad_daily": Table(BY_MARKET),
    "fct_message_recipient": Table(BY_MARKET, grain=("message_id", "recipient_id", "send_no")),
    "fct_conversion": Table(BY_MARKET, "conversion_id"),
    "fct_attribution_credit": Table(
        "conversion_id IN (SELECT * FROM hidden_conversions)", grain=("conversion_id", "window_days")
    ),
    "fct_attribution_weighted": Table(
        "conversion_id IN (SELECT * FROM hidden_conversions)", grain=("conversion_id", "window_days")
    ),
    "fct_lead": Table(BY_MARKET, "lead_id"),
    "fct_opportunity": Table(
        "lead_id IS NULL OR lead_id IN (SELECT * FROM hidden_leads)",
        "opportunity_id",
        ("lead_id",),
        spared="opportunity_id IN (SELECT * FROM deals_of_days)",
    ),
    "fct_opportunity_snapshot_daily": Table(
        "opportunity_id IN (SELECT * FROM hidden_deals)", grain=("opportunity_id",), balance_day="snapshot_date"
    ),
    "bridge_opportunity_campaign": Table("opportunity_id IN (SELECT * FROM hidden_deals)", grain=("opportunity_id",)),
    "fct_sales_target": Table(BY_MARKET),
    "fct_target": Table(BY_MARKET, grain=("metric_id",)),
    "fct_budget_month": Table(BY_MARKET, grain=("version",)),
    "fct_budget_daily": Table(BY_MARKET, grain=("version",)),
    "fct_share_of_voice_week": Table(BY_MARKET),
    "fct_mrr_month": Table(BY_MARKET, balance_day="month"),
    "fct_subscription_period": Table(BY_MARKET),
    "fct_annotation": Table(f"market NOT IN {VISIBLE}", "annotation_id"),
    "fct_lifecycle_transition": Table("TRUE", "transition_id"),
    "fct_touchpoint": Table("touchpoint_id IN (SELECT * FROM hidden_touchpoints)", "touchpoint_id"),
    "dim_campaign": Table("campaign_id IN (SELECT * FROM lonely_campaigns)", "campaign_id", ("campaign_id",)),
    "dim_customer": Table(
        "customer_id IN (SELECT * FROM hidden_customers)", "customer_key", ("customer_id", "country")
    ),
}  # fmt: skip

_CREDITS = "(SELECT * FROM fct_attribution_credit UNION ALL SELECT * FROM fct_attribution_weighted)"
_PREPARED = (
    f"CREATE TEMP TABLE visible_orders AS SELECT * FROM fct_order WHERE market IN {VISIBLE}",
    f"CREATE TEMP TABLE visible_sessions AS SELECT * FROM fct_web_session WHERE market IN {VISIBLE}",
    f"CREATE TEMP TABLE hidden_orders AS SELECT order_id FROM fct_order WHERE {BY_MARKET}",
    f"CREATE TEMP TABLE hidden_sessions AS SELECT session_id FROM fct_web_session WHERE {BY_MARKET}",
    f"CREATE TEMP TABLE hidden_conversions AS SELECT conversion_id FROM fct_conversion WHERE {BY_MARKET}",
    f"CREATE TEMP TABLE hidden_leads AS SELECT lead_id FROM fct_lead WHERE {BY_MARKET}",
    f"CREATE TEMP TABLE hidden_campaigns AS SELECT campaign_id FROM dim_campaign WHERE {BY_MARKET}",
    """CREATE TEMP TABLE hidden_deals AS SELECT opportunity_id FROM fct_opportunity
    WHERE lead_id IS NULL OR lead_id IN (SELECT * FROM hidden_leads)""",
    """CREATE TEMP TABLE deals_of_days AS SELECT opportunity_id FROM fct_opportunity_snapshot_daily
    WHERE rowid IN (SELECT min(rowid) FROM fct_opportunity_snapshot_daily GROUP BY snapshot_date)""",
    f"""CREATE TEMP TABLE hidden_accounts AS SELECT DISTINCT account_id FROM fct_ad_campaign_daily
    WHERE account_id NOT IN (SELECT account_id FROM fct_ad_campaign_daily WHERE market IN {VISIBLE})""",
    f"""CREATE TEMP TABLE hidden_touchpoints AS SELECT touchpoint_id FROM fct_touchpoint WHERE touchpoint_id NOT IN
    (SELECT touchpoint_id FROM {_CREDITS} WHERE conversion_id NOT IN (SELECT * FROM hidden_conversions))""",
    # Rows that don't belong to a market themselves are hidden if nothing visible points at them.
    f"""CREATE TEMP TABLE lonely_campaigns AS SELECT campaign_id FROM hidden_campaigns WHERE campaign_id NOT IN (
        SELECT campaign_id FROM visible_orders WHERE campaign_id IS NOT NULL
        UNION ALL SELECT campaign_id FROM visible_sessions WHERE campaign_id IS NOT NULL
        UNION ALL SELECT campaign_id FROM fct_message_recipient WHERE market IN {VISIBLE} AND campaign_id IS NOT NULL
        UNION ALL SELECT campaign_id FROM fct_ad_campaign_daily WHERE market IN {VISIBLE}
        UNION ALL SELECT campaign_id FROM fct_lead_ad_daily WHERE market IN {VISIBLE}
        UNION ALL SELECT campaign_id FROM fct_lead WHERE market IN {VISIBLE} AND campaign_id IS NOT NULL
        UNION ALL SELECT campaign_id FROM fct_refund WHERE order_id IN (SELECT order_id FROM visible_orders)
            AND campaign_id IS NOT NULL
        UNION ALL SELECT campaign_id FROM fct_opportunity WHERE campaign_id IS NOT NULL
        UNION ALL SELECT campaign_id FROM bridge_opportunity_campaign WHERE campaign_id IS NOT NULL
        UNION ALL SELECT campaign_id FROM fct_touchpoint WHERE campaign_id IS NOT NULL
            AND touchpoint_id NOT IN (SELECT * FROM hidden_touchpoints)
        UNION ALL SELECT campaign_id FROM {_CREDITS} WHERE campaign_id IS NOT NULL
            AND conversion_id NOT IN (SELECT * FROM hidden_conversions)
        UNION ALL SELECT campaign_id FROM fct_ad_creative_daily WHERE campaign_id IS NOT NULL
            AND account_id NOT IN (SELECT * FROM hidden_accounts))""",
    f"""CREATE TEMP TABLE hidden_customers AS SELECT DISTINCT customer_id FROM dim_customer WHERE customer_id NOT IN (
        SELECT customer_id FROM dim_customer WHERE country IN {VISIBLE}
        UNION ALL SELECT customer_id FROM visible_orders WHERE customer_id IS NOT NULL
        UNION ALL SELECT customer_id FROM visible_sessions WHERE customer_id IS NOT NULL
        UNION ALL SELECT customer_id FROM fct_message_recipient WHERE market IN {VISIBLE} AND customer_id IS NOT NULL
        UNION ALL SELECT customer_id FROM fct_mrr_month WHERE market IN {VISIBLE}
        UNION ALL SELECT customer_id FROM fct_subscription_period WHERE market IN {VISIBLE})""",
)


@dataclass(frozen=True, slots=True)
class Rows:
    """The hidden rows of one table, with the table's columns and their types."""

    name: str
    table: Table
    types: Mapping[str, str]

    @property
    def where(self) -> str:
        return f"({self.table.hidden})"

    @property
    def half(self) -> str:
        """Return a condition for half of the hidden rows, without those loaded last, and without one row for each day
        of a balance.
        """
        day = self.table.balance_day
        days = f" AND NOT ({self.table.spared})"
        days += f" AND rowid NOT IN (SELECT min(rowid) FROM {self.name} GROUP BY {day})" if day else ""
        loaded = f" AND loaded_at < (SELECT max(loaded_at) FROM {self.name})" if "loaded_at" in self.types else ""
        return f"{self.where} AND hash({', '.join(self.types)}) % 2 = 0{loaded}{days}"

    def values(self, *kinds: str) -> list[str]:
        """Return the columns of these types that hold values, rather than keys, links or markets."""
        return [name for name, kind in self.types.items() if kind.startswith(kinds) and name not in self.table.kept]

    def set(self, columns: list[str], value: Callable[[str], str], where: str = "") -> Iterator[str]:
        if columns:
            changes = ", ".join(f"{column} = {value(column)}" for column in columns)
            yield f"UPDATE {self.name} SET {changes} WHERE {where or self.where}"

    def copied(self, where: str, *changes: str, source: str = "") -> str:
        replaced = f" REPLACE ({', '.join(changes)})" if changes else ""
        return f"INSERT INTO {self.name} SELECT t.*{replaced} FROM {self.name} AS t{source} WHERE {where}"

    def fresh_key(self, mark: str) -> list[str]:
        return [f"{self.table.key} || {mark} AS {self.table.key}"] if self.table.key else []


def fewer(rows: Rows) -> Iterator[str]:
    yield f"DELETE FROM {rows.name} WHERE {rows.half}"


def twice(rows: Rows) -> Iterator[str]:
    yield rows.copied(rows.where, *rows.fresh_key("'-again'"))


def many_more(rows: Rows) -> Iterator[str]:
    some = "(SELECT n FROM range(20) AS r(n))"
    where = f"{rows.where} AND hash({', '.join(rows.types)}) % 20 = 0"
    yield rows.copied(where, *rows.fresh_key("'-' || n"), source=f", {some}")


def like_visible(rows: Rows) -> Iterator[str]:
    """Yield SQL that copies each visible row to a hidden market, with the same customer, day, version and amount."""
    if "market" in rows.types and not rows.name.startswith(("dim_", "fct_refund", "fct_web_event")):
        yield rows.copied(f"market IN {VISIBLE}", "'FR' AS market", *rows.fresh_key("'-fr'"))


def of_visible_things(rows: Rows) -> Iterator[str]:
    """Yield SQL that links hidden rows to customers, visitors, members, campaigns and visits that also have visible
    rows.
    """
    if rows.name.startswith("dim_"):
        return
    for column, visible in LINKS.items():
        if column in rows.types and column != rows.table.key and column not in rows.table.grain:
            drawn = f"hash({', '.join(f't.{name}' for name in rows.types)}) % len(v.keys)"
            yield (
                f"UPDATE {rows.name} AS t SET {column} = v.keys[CAST(1 + {drawn} AS BIGINT)]"
                f" FROM (SELECT list(key ORDER BY key) AS keys FROM ({visible}) AS s(key)) AS v WHERE {rows.where}"
            )


def newer_versions(rows: Rows) -> Iterator[str]:
    match rows.name:
        case "fct_budget_month" | "fct_budget_daily":
            yield rows.copied(rows.where, "version + 1 AS version", "budget_amount * 7 AS budget_amount")
        case "fct_mrr_month":
            month = "CAST(month + INTERVAL 13 MONTH AS DATE) AS month"
            yield rows.copied(rows.where, month, "mrr + 5 AS mrr")
            yield rows.copied(f"market IN {VISIBLE}", month, "mrr + 5 AS mrr", "'FR' AS market")
        case "fct_subscription_period":
            start = "valid_from - 40 AS valid_from"
            yield rows.copied(rows.where, "valid_from + 40 AS valid_from", "'pl-03' AS plan_key")
            yield rows.copied(f"market IN {VISIBLE}", start, "'FR' AS market", "'pl-03' AS plan_key")
        case "fct_order":
            yield from rows.set(["valid_order_number", "order_number"], lambda _: "1")
        case "dim_customer":
            yield rows.copied(
                rows.where, *rows.fresh_key("'-new'"), "valid_from + 1 AS valid_from", "NOT is_current AS is_current"
            )
        case "fct_target" | "fct_sales_target":
            yield rows.copied(rows.where, "target_value * 3 AS target_value", "month + 31 AS month")
        case _:
            return


def newer(rows: Rows) -> Iterator[str]:
    yield from _all_moved(rows, "+ INTERVAL 3 MONTH")


def older(rows: Rows) -> Iterator[str]:
    yield from _all_moved(rows, "- INTERVAL 2 YEAR")


def _all_moved(rows: Rows, by: str) -> Iterator[str]:
    """Yield SQL that moves dates to the same day of another month. Open ends stay open."""

    def moved(column: str) -> str:
        return f"CASE WHEN {column} < '9000-01-01' THEN CAST({column} {by} AS {rows.types[column]}) ELSE {column} END"

    yield from rows.set(rows.values("DATE", "TIMESTAMP"), moved)


def larger(rows: Rows) -> Iterator[str]:
    yield from rows.set(rows.values("DECIMAL(18,4)", "BIGINT", "INTEGER"), lambda name: f"{name} * 1000 + 7")


def nothing(rows: Rows) -> Iterator[str]:
    """Yield SQL that sets values to null."""
    yield from rows.set(rows.values(""), lambda _: "NULL", rows.half)


def other_categories(rows: Rows) -> Iterator[str]:
    """Yield SQL that replaces names, statuses, devices, currencies and plans with texts that occur nowhere else."""
    yield from rows.set(rows.values("VARCHAR"), lambda name: f"'hidden ' || coalesce({name}, '')")


def other_markets(rows: Rows) -> Iterator[str]:
    column = "country" if rows.name == "dim_customer" else "market"
    if column in rows.types:
        yield from rows.set([column], lambda name: f"CASE WHEN {name} = 'FR' THEN 'GB' ELSE 'FR' END")


def no_market(rows: Rows) -> Iterator[str]:
    column = "country" if rows.name == "dim_customer" else "market"
    if column in rows.types and rows.name != "fct_annotation":  # a remark without a market is for everyone
        yield from rows.set([column], lambda _: "NULL")


def turned(rows: Rows) -> Iterator[str]:
    """Yield SQL that flips flags: tests become real, bots become people, and orders are cancelled."""
    yield from rows.set(rows.values("BOOLEAN"), lambda name: f"NOT coalesce({name}, FALSE)")
    if "status" in rows.types:
        swapped = "WHEN 'completed' THEN 'cancelled' WHEN 'active' THEN 'ended' WHEN 'ended' THEN 'active'"
        yield from rows.set(["status"], lambda name: f"CASE {name} {swapped} ELSE 'completed' END")


def shuffled(rows: Rows) -> Iterator[str]:
    """Yield SQL that swaps values between hidden rows."""
    columns = rows.values("")
    if columns and rows.table.key and not rows.name.startswith("dim_"):
        listed, key = ", ".join(columns), rows.table.key
        ranked = "SELECT {0}, row_number() OVER (ORDER BY hash({1}, '{2}'), {1}) AS place FROM {3} WHERE {4}"
        mine = ranked.format(key, key, "mine", rows.name, rows.where)
        other = ranked.format(listed, key, "other", rows.name, rows.where)
        changes = ", ".join(f"{column} = n.{column}" for column in columns)
        yield (
            f"UPDATE {rows.name} AS t SET {changes} FROM (SELECT m.{key} AS own, o.* FROM ({mine}) AS m"
            f" JOIN ({other}) AS o ON o.place = m.place) AS n WHERE n.own = t.{key}"
        )


KINDS: Mapping[str, Callable[[Rows], Iterator[str]]] = {
    one.__name__: one
    for one in (
        fewer, twice, many_more, like_visible, of_visible_things, newer_versions, newer, older, larger, nothing,
        other_categories, other_markets, no_market, turned, shuffled,
    )
}  # fmt: skip
"""The ways to change hidden rows, by name."""


def make_twin(company: Path, file: Path, *kinds: str) -> Path:
    """Write a copy of the company in which only hidden rows differ, changed in these ways one after another, and return
    its path.
    """
    shutil.copyfile(company, file)
    with duckdb.connect(file) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for sql in _PREPARED:
            connection.execute(sql)
        for name, table in HIDDEN.items():
            types = {row[0]: row[1] for row in connection.execute(f"DESCRIBE {name}").fetchall()}
            for kind in kinds:
                for sql in KINDS[kind](Rows(name, table, types)):
                    connection.execute(sql)
    return file
