"""Build the demo company's tables, in one DuckDB file and as Parquet."""

import os
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import date
from math import log10
from pathlib import Path

import duckdb

from semantic.demo.marketing.ad_detail import fill_ad_detail
from semantic.demo.marketing.ads import fill_ads
from semantic.demo.marketing.messages import fill_messages
from semantic.demo.marketing.plans import fill_plans
from semantic.demo.sales.leads import fill_leads
from semantic.demo.sales.opportunities import create_stage_rule, fill_opportunities
from semantic.demo.shop.customers import create_customers
from semantic.demo.shop.members import fill_members
from semantic.demo.shop.orders import create_order_rules, fill_orders
from semantic.demo.shop.refunds import fill_refunds
from semantic.demo.shop.subscriptions import fill_subscriptions
from semantic.demo.tables.tables import TABLES
from semantic.demo.web.events import fill_events
from semantic.demo.web.experiments import fill_experiments
from semantic.demo.web.sessions import create_visit_rules, fill_sessions
from semantic.demo.web.touchpoints import fill_attribution
from semantic.demo.world.catalogue import create_catalogue
from semantic.demo.world.channels import campaigns
from semantic.demo.world.days import create_calendar
from semantic.demo.world.draw import create_draws
from semantic.demo.world.planted import KnownPatterns, planted

Progress = Callable[[float, str], None]

_BUILDING = ".building"
_LOCK = "lock.duckdb"
_ORDERS_PER_STRETCH = 250_000
_MEMORY = "4GB"
_WHO, _SHOP, _FACTS = 0.15, 0.50, 0.85  # share of the work done after customers, the shop and all facts


def build_company(
    out: Path, *, orders: int = 100_000, seed: int = 7, until: date, progress: Progress | None = None
) -> Path:
    """Write three years of data that end on `until`, and return the path of the DuckDB file.

    The files are `out/company.duckdb` and `out/parquet/<table>.parquet`. The same orders, seed and until give the same
    rows in the same order. Existing files are replaced at the end, once all new files are complete, so an interrupted
    build leaves them unchanged. Raises BlockingIOError while another process builds into the same folder.
    """
    if orders < 1:
        raise ValueError(f"A company needs at least 1 order, not {orders}. Give a larger number of orders.")
    tell = progress or (lambda part, step: None)
    with _workshop(out) as (connection, folder):
        truths, ratio = planted(until), sessions_per_order(orders)
        tell(0.0, "Calendar and campaigns")
        for table in TABLES:
            connection.execute(table.create)
        create_draws(connection, seed)
        create_order_rules(connection, truths)
        create_visit_rules(connection)
        create_stage_rule(connection)
        create_calendar(connection, truths, campaigns(truths), orders, ratio)
        create_catalogue(connection)
        tell(0.05, "Customers")
        create_customers(connection, truths)
        _fill_small_tables(connection, truths)
        _fill_facts(connection, ratio, tell)
        _fill_rest(connection, truths, orders, tell)
        _write_parquet(connection, folder / "parquet", tell)
        connection.execute("DETACH company")
        _replace(folder, out)
    tell(1.0, "Done")
    return out / "company.duckdb"


@contextmanager
def read_company(path: Path) -> Generator[duckdb.DuckDBPyConnection]:
    """Open a built company read-only."""
    with duckdb.connect(path, read_only=True) as connection:
        _settle(connection)
        yield connection


def sessions_per_order(orders: int) -> float:
    """Return the number of sessions per order.

    It's about 8 for up to 100,000 orders, then 2.5 less for every tenfold increase, and 3 from 10 million orders on.
    """
    return min(8.0, max(3.0, 8 - 2.5 * log10(orders / 100_000)))


@contextmanager
def _workshop(out: Path) -> Generator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """Open a folder for unfinished files inside `out`, with a connection. Both are always removed at the end."""
    folder = out / _BUILDING
    folder.mkdir(parents=True, exist_ok=True)
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": _MEMORY,
        "temp_directory": str(folder / "spill"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    try:
        # DuckDB locks an open file, which distinguishes leftovers of a killed build from a running one's. Nothing is
        # ever written to this one, so it can't be left broken.
        lock = duckdb.connect(folder / _LOCK, config=config)
    except duckdb.IOException as error:
        raise BlockingIOError(f"Another build is writing to {out}. Wait for it, or name another folder.") from error
    try:
        for left in folder.iterdir():
            if left.name != _LOCK:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
        connection = duckdb.connect(folder / "staging.duckdb", config=config)
        try:
            _settle(connection)
            connection.execute(f"ATTACH '{_quoted(folder / 'company.duckdb')}' AS company")
            yield connection, folder
        finally:
            connection.close()
    finally:
        shutil.rmtree(folder)
        lock.close()


def _settle(connection: duckdb.DuckDBPyConnection) -> None:
    """Make DuckDB use UTC days and not write to standard output.

    Without a main script (`python -c`, a notebook), it would draw a progress bar there during slow statements.
    """
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")


def _fill_small_tables(connection: duckdb.DuckDBPyConnection, truths: KnownPatterns) -> None:
    connection.execute(
        "INSERT INTO company.dim_channel"
        " SELECT channel_key, channel, channel_group, is_paid, funnel_role, place FROM channel ORDER BY place"
    )
    connection.execute(
        """
        INSERT INTO company.dim_campaign
        SELECT campaign_id, campaign, platform,
            (bits(substr(campaign_id, 5)::BIGINT, 'platform id') % 9000000000 + 1000000000)::VARCHAR,
            objective, channel_key, market, product_line, is_brand, start_date, end_date, owner
        FROM campaign ORDER BY campaign_id
        """
    )
    connection.execute(
        "INSERT INTO company.dim_fx_rate"
        " SELECT currency_code, rate_date, fx_rate FROM rate ORDER BY currency_code, rate_date"
    )
    fill_members(connection, truths)
    fill_ads(connection, truths)


def _fill_facts(connection: duckdb.DuckDBPyConnection, ratio: float, tell: Progress) -> None:
    """Fill orders, lines, sessions and events, a few whole days at a time."""
    stretches = connection.execute(
        f"SELECT min(day_no), max(day_no), max(day) FROM day GROUP BY first_order // {_ORDERS_PER_STRETCH} ORDER BY 1"
    ).fetchall()
    for number, (first_day, last_day, day) in enumerate(stretches):
        tell(_WHO + (_SHOP - _WHO) * number / len(stretches), f"Orders and sessions up to {day}")
        fill_orders(connection, first_day, last_day)
        fill_sessions(connection, first_day, last_day, ratio)
        fill_events(connection, first_day, last_day, ratio)


def _fill_rest(connection: duckdb.DuckDBPyConnection, truths: KnownPatterns, orders: int, tell: Progress) -> None:
    """Fill the tables that depend on the shop's tables. Each can also depend on earlier ones."""
    steps: tuple[tuple[str, Callable[[], None]], ...] = (
        ("Refunds", lambda: fill_refunds(connection, truths)),
        ("Leads", lambda: fill_leads(connection, truths, orders)),
        ("Opportunities", lambda: fill_opportunities(connection, truths)),
        ("Membership", lambda: fill_subscriptions(connection, truths)),
        ("E-mail", lambda: fill_messages(connection, truths)),
        ("Attribution", lambda: fill_attribution(connection)),
        ("Experiments", lambda: fill_experiments(connection, truths)),
        ("Ads in detail", lambda: fill_ad_detail(connection, truths)),
        ("Plans", lambda: fill_plans(connection, truths)),
    )
    for number, (text, fill) in enumerate(steps):
        tell(_SHOP + (_FACTS - _SHOP) * number / len(steps), text)
        fill()


def _write_parquet(connection: duckdb.DuckDBPyConnection, folder: Path, tell: Progress) -> None:
    folder.mkdir()
    for number, table in enumerate(TABLES):
        tell(_FACTS + (1 - _FACTS) * number / len(TABLES), f"Parquet: {table.name}")
        path = _quoted(folder / f"{table.name}.parquet")
        connection.execute(f"COPY company.{table.name} TO '{path}' (FORMAT parquet, COMPRESSION zstd)")


def _replace(folder: Path, out: Path) -> None:
    """Move the finished files into place, each in one step, and the DuckDB file last."""
    (out / "parquet").mkdir(exist_ok=True)
    for table in TABLES:
        name = f"parquet/{table.name}.parquet"
        os.replace(folder / name, out / name)
    os.replace(folder / "company.duckdb", out / "company.duckdb")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
