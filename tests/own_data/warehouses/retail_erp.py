"""The schema `erp` of the made-up retailer: 14 tables as an old back office has them.

Traps: names with spaces, umlauts, capitals and reserved words; scans whose number is unique except in two rows;
integers that match another table's key by chance; a log in which rows repeat; an empty archive; months as text.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from tests.own_data.warehouses.made import CITIES, STREETS, Dice, Made, columns, epoch, german
from tests.own_data.warehouses.retail_shop import CODES, PRODUCTS


def erp() -> list[Made]:
    """Return the tables of the schema."""
    return [*_books(), *_buying(), *_stock(), *_staff(), *_rest()]


def _books() -> list[Made]:
    dice = Dice("erp.Kunden Größe")
    numbers = [100_000 + 3 * n for n in range(1, 501)]
    buyers = [
        (n, dice.person(), dice.email(n), dice.choice(STREETS), dice.choice("SML"), dice.choice(CITIES))
        for n in numbers
    ]
    dice = Dice("erp.Rechnungen")
    bills = [
        (
            *(f"RE{n:06d}", dice.choice(numbers), german(dice.day()), dice.money(5_000)),
            *(dice.choice(("EUR", "CHF")), dice.choice(("offen", "bezahlt"))),
        )
        for n in range(1, 2_001)
    ]
    return [
        Made(
            "erp",
            "Kunden Größe",
            columns(
                '"Kundennummer" BIGINT, "Name" VARCHAR, "E-Mail" VARCHAR, "Straße" VARCHAR, "Größe" VARCHAR,'
                ' "Ort der Lieferung" VARCHAR'
            ),
            buyers,
        ),
        Made(
            "erp",
            "Rechnungen",
            columns(
                '"Rechnungsnr" VARCHAR, "Kundennummer" BIGINT, "Datum" VARCHAR, "Betrag" DECIMAL(12;2),'
                ' "Währung" VARCHAR, "Status" VARCHAR'
            ),
            bills,
        ),
    ]


def _buying() -> list[Made]:
    dice = Dice("erp.order")
    orders = [
        (
            n,
            dice.randint(1, 50),
            dice.day(),
            dice.choice(("rail", "road")),
            dice.money(9_000),
            dice.choice(("EUR", "USD")),
        )
        for n in range(1, 301)
    ]
    suppliers = [(n, f"Supplier {n}", f"S{n:03d}", dice.choice(CODES)) for n in range(1, 51)]
    return [
        Made(
            "erp",
            "order",
            columns("id BIGINT, supplier_id BIGINT, date DATE, select VARCHAR, total DECIMAL(12;2), currency VARCHAR"),
            orders,
        ),
        Made("erp", "suppliers", columns("id BIGINT, name VARCHAR, code VARCHAR, country VARCHAR"), suppliers),
    ]


def _stock() -> list[Made]:
    dice = Dice("erp.stock")
    stock = [
        (date(2026, 10, 1) + timedelta(days=day), product, place, dice.randint(0, 80))
        for day in range(20)
        for product in range(1, 51)
        for place in (1, 2, 3)
    ]
    dice = Dice("erp.scans")
    scans = [(n, dice.randint(1, 3), dice.randint(1, PRODUCTS), dice.moment()) for n in range(700_001, 704_999)]
    scans += [(700_010, *scans[0][1:]), (702_500, *scans[1][1:])]  # two of 5,000 aren't unique
    return [
        Made("erp", "stock", columns("date DATE, product_id BIGINT, warehouse_id BIGINT, quantity INTEGER"), stock),
        Made(
            "erp",
            "warehouses",
            columns("id BIGINT, name VARCHAR, code VARCHAR"),
            [(1, "Köln", "W1"), (2, "Bern", "W2"), (3, "Lyon", "W3")],
        ),
        Made(
            "erp",
            "scans",
            columns("scan_id BIGINT, warehouse_id BIGINT, product_id BIGINT, scanned_at TIMESTAMP"),
            scans,
        ),
    ]


def _staff() -> list[Made]:
    dice = Dice("erp.employees")
    staff = [
        (n, dice.person(), dice.email(n), None if n == 1 else dice.randint(1, n - 1), d, dice.randrange(30_000, 90_000))
        for n, d in ((n, dice.day()) for n in range(1, 81))
    ]
    days = [date(2026, 9, 1) + timedelta(days=day) for day in range(30)]
    shifts = [(who, day, dice.randint(4, 9)) for who, day in dice.pairs(range(1, 81), days, 1_000)]
    return [
        Made(
            "erp",
            "employees",
            columns("id BIGINT, name VARCHAR, email VARCHAR, manager_id BIGINT, hired_on DATE, salary BIGINT"),
            staff,
        ),
        Made("erp", "shifts", columns("employee_id BIGINT, date DATE, hours INTEGER"), shifts),
    ]


def _rest() -> list[Made]:
    dice = Dice("erp.machine_readings")
    readings = [(n, dice.randint(1, 100), dice.day(), dice.randint(1, 50), dice.random()) for n in range(1, 1_001)]
    dice = Dice("erp.log")
    shut = epoch(datetime(2026, 10, 1)) * 1_000  # noqa: DTZ001 the same moment for every row
    log = [(shut + 60_000 * (n // 4), "info", "Job finished", dice.choice(("cron", "root"))) for n in range(1_000)]
    months = [f"{year}-{month:02d}" for year in (2025, 2026) for month in range(1, 13)]
    codes = ("ads", "crm", "seo", "tv")
    budgets = [(month, code, Decimal(1_000 + 50 * len(code)), "EUR") for month in months for code in codes]
    rates = [
        (date(2026, 1, 1) + timedelta(days=day), currency, Decimal(rate) + Decimal(day) / 1_000)
        for day in range(300)
        for currency, rate in (("GBP", "1.15"), ("CHF", "1.04"), ("USD", "0.90"))
    ]
    return [
        Made(
            "erp",
            "machine_readings",
            columns("id BIGINT, machine BIGINT, date DATE, status BIGINT, value DOUBLE"),
            readings,
        ),
        Made("erp", "budgets", columns("month VARCHAR, code VARCHAR, amount DECIMAL(12;2), currency VARCHAR"), budgets),
        Made("erp", "fx_rates", columns("date DATE, currency VARCHAR, rate DECIMAL(12;4)"), rates),
        Made("erp", "log", columns("ts BIGINT, level VARCHAR, message VARCHAR, user VARCHAR"), log),
        Made("erp", "archive_2019", columns("id BIGINT, name VARCHAR, date DATE")),
    ]
