"""The schema `shop` of the made-up retailer: 17 tables as a shop's own database has them.

Traps: `id`, `name`, `status`, `date` and `code` everywhere; guests without a customer; products that were deleted while
their order lines stayed; countries in two roles; amounts in cents next to amounts in whole units; two currencies; epoch
seconds and dates as text; snapshots and histories; soft deletes; a view with the same rows; a table with 120 columns.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

from tests.own_data.warehouses.made import CITIES, STREETS, Dice, Made, columns, epoch, german

CUSTOMERS, PRODUCTS, ORDERS = 3_000, 400, 4_000
COUNTRIES = (
    *(("DE", "Germany", "EUR"), ("GB", "United Kingdom", "GBP"), ("FR", "France", "EUR"), ("IT", "Italy", "EUR")),
    *(("NL", "Netherlands", "EUR"), ("CH", "Switzerland", "CHF"), ("AT", "Austria", "EUR"), ("IE", "Ireland", "EUR")),
)
CODES = tuple(code for code, _, _ in COUNTRIES)
STATUS = ("new", "active", "closed")


def shop() -> list[Made]:
    """Return the tables of the schema."""
    return [*_people(), *_goods(), *_orders(), *_around_orders(), *_histories(), _events()]


def _people() -> list[Made]:
    dice = Dice("shop.customers")
    customers = [
        (
            *(number, dice.person(), dice.email(number), dice.maybe(0.2, dice.phone()), dice.choice(STATUS)),
            *(dice.choice(CODES), dice.instant(), date(1950, 1, 1) + timedelta(days=dice.randrange(18_000))),
            *(dice.maybe(0.95, dice.moment()), dice.maybe(0.8, dice.randint(1, CUSTOMERS))),
        )
        for number in range(1, CUSTOMERS + 1)
    ]
    dice = Dice("shop.addresses")
    addresses = [
        (
            *(number, dice.randint(1, CUSTOMERS), dice.choice(("Home", "Work")), dice.choice(STREETS)),
            *(dice.choice(CITIES), f"{dice.randrange(1_000, 99_999):05d}", dice.choice(CODES)),
        )
        for number in range(1, 3_501)
    ]
    return [
        Made(
            "shop",
            "countries",
            columns("id BIGINT, code VARCHAR, name VARCHAR, currency VARCHAR"),
            [(number, *country) for number, country in enumerate(COUNTRIES, 1)],
        ),
        Made(
            "shop",
            "customers",
            columns(
                "id BIGINT, name VARCHAR, email VARCHAR, phone VARCHAR, status VARCHAR, country_code VARCHAR,"
                " created_at TIMESTAMPTZ, birth_date DATE, deleted_at TIMESTAMP, referred_by BIGINT"
            ),
            customers,
        ),
        Made(
            "shop",
            "addresses",
            columns(
                "id BIGINT, customer_id BIGINT, name VARCHAR, street VARCHAR, city VARCHAR, zip VARCHAR,"
                " country_code VARCHAR"
            ),
            addresses,
        ),
    ]


def _goods() -> list[Made]:
    dice = Dice("shop.products")
    categories = [(n, None if n <= 5 else (n - 1) % 5 + 1, f"Category {n}", f"C{n:02d}") for n in range(1, 31)]
    products = [
        (n, f"SKU-{n * 7:05d}", f"Product {n % 390}", dice.randint(1, 30), dice.choice(STATUS), dice.money(90), d)
        for n, d in ((n, dice.day()) for n in range(1, PRODUCTS + 1))
    ]
    return [
        Made("shop", "categories", columns("id BIGINT, parent_id BIGINT, name VARCHAR, code VARCHAR"), categories),
        Made(
            "shop",
            "products",
            columns(
                "id BIGINT, sku VARCHAR, name VARCHAR, category_id BIGINT, status VARCHAR, price DECIMAL(12;2),"
                " date DATE"
            ),
            products,
        ),
    ]


def _orders() -> list[Made]:
    dice = Dice("shop.orders")
    orders: list[tuple[object, ...]] = []
    for number in range(1, ORDERS + 1):
        moment = dice.instant()
        shipped = dice.maybe(0.1, moment.replace(tzinfo=None) + timedelta(hours=dice.randrange(4, 90)))
        orders.append(
            (
                *(number, f"R-{number * 13:06d}", dice.maybe(0.08, dice.randint(1, CUSTOMERS)), dice.choice(STATUS)),
                *(moment, shipped, moment.date(), dice.choice(("EUR", "EUR", "GBP")), dice.money(300)),
                *(dice.choice(CODES), dice.choice(CODES), dice.randint(1, 8), dice.maybe(0.97, dice.moment())),
            )
        )
    dice = Dice("shop.order_lines")
    lines: list[tuple[object, ...]] = []
    for number in range(1, ORDERS + 1):
        for line in range(1, 1 + dice.choice((1, 1, 1, 1, 2))):
            product = PRODUCTS + dice.randint(1, 3) if dice.random() < 0.005 else dice.randint(1, PRODUCTS)
            lines.append((number, line, product, dice.randint(1, 6), dice.money(90), dice.randrange(0, 900, 50)))
    return [
        Made(
            "shop",
            "orders",
            columns(
                "id BIGINT, code VARCHAR, customer_id BIGINT, status VARCHAR, ordered_at TIMESTAMPTZ,"
                " shipped_at TIMESTAMP, date DATE, currency VARCHAR, total DECIMAL(12;2), billing_country VARCHAR,"
                " shipping_country VARCHAR, channel_id BIGINT, deleted_at TIMESTAMP"
            ),
            orders,
        ),
        Made(
            "shop",
            "orders_valid",
            columns("id BIGINT, customer_id BIGINT, date DATE, currency VARCHAR, total DECIMAL(12;2)"),
            view="SELECT id, customer_id, date, currency, total FROM shop.orders WHERE deleted_at IS NULL",
        ),
        Made(
            "shop",
            "order_lines",
            columns(
                "order_id BIGINT, line_no INTEGER, product_id BIGINT, quantity INTEGER, unit_price DECIMAL(12;2),"
                " discount_cents BIGINT"
            ),
            lines,
        ),
    ]


def _around_orders() -> list[Made]:
    dice = Dice("shop.payments")
    payments = [
        (
            *(n, dice.randint(1, ORDERS), dice.choice(("paid", "failed")), dice.randrange(100, 30_000)),
            *(dice.choice(("EUR", "GBP")), epoch(dice.moment()), f"{dice.randrange(10_000):04d}"),
        )
        for n in range(1, 4_201)
    ]
    dice = Dice("shop.refunds")
    refunds = [
        (n, dice.randint(1, ORDERS), 1, dice.money(90), dice.choice(("EUR", "GBP")), german(dice.day()))
        for n in range(1, 301)
    ]
    dice = Dice("shop.coupons")
    coupons = [
        (c, f"Coupon {n}", dice.day(300), dice.day(), 5 * dice.randint(1, 6))
        for n, c in enumerate(dice.tokens(100, 8), 1)
    ]
    uses = dice.pairs(range(1, 601), [row[0] for row in coupons], 700)
    dice = Dice("shop.reviews")
    reviews = [
        (n, dice.randint(1, PRODUCTS), dice.randint(1, CUSTOMERS), dice.randint(1, 5), "It's “fine”; really.", d)
        for n, d in ((n, dice.day()) for n in range(1, 501))
    ]
    return [
        Made(
            "shop",
            "payments",
            columns(
                "id BIGINT, order_id BIGINT, status VARCHAR, amount_cents BIGINT, currency VARCHAR, paid_at BIGINT,"
                " card_last4 VARCHAR"
            ),
            payments,
        ),
        Made(
            "shop",
            "refunds",
            columns(
                "id BIGINT, order_id BIGINT, line_no INTEGER, amount DECIMAL(12;2), currency VARCHAR, date VARCHAR"
            ),
            refunds,
        ),
        Made(
            "shop",
            "coupons",
            columns("code VARCHAR, name VARCHAR, valid_from DATE, valid_to DATE, percent INTEGER"),
            coupons,
        ),
        Made("shop", "order_coupons", columns("order_id BIGINT, coupon_code VARCHAR"), uses),
        Made(
            "shop",
            "reviews",
            columns("id BIGINT, product_id BIGINT, customer_id BIGINT, rating INTEGER, text VARCHAR, date DATE"),
            reviews,
        ),
        Made("shop", "wishlists", columns("id BIGINT, customer_id BIGINT, product_id BIGINT, created_at TIMESTAMPTZ")),
    ]


def _histories() -> list[Made]:
    dice = Dice("shop.price_history")
    prices: list[tuple[object, ...]] = []
    for product in range(1, PRODUCTS + 1):
        starts = sorted(dice.sample(range(600), 1 + product % 3))
        days = [date(2025, 1, 1) + timedelta(days=start) for start in starts]
        ends: list[date | None] = [day - timedelta(days=1) for day in days[1:]] + [None]
        prices += [(product, day, end, dice.money(90)) for day, end in zip(days, ends, strict=True)]
    dice = Dice("shop.customer_snapshots")
    snapshots = [
        (date(2025, month, 28), customer, dice.choice(STATUS), dice.choice("ABC"), dice.money(2_000))
        for month in range(1, 13)
        for customer in range(1, CUSTOMERS + 1, 15)
    ]
    return [
        Made(
            "shop",
            "price_history",
            columns("product_id BIGINT, valid_from DATE, valid_to DATE, price DECIMAL(12;2)"),
            prices,
        ),
        Made(
            "shop",
            "customer_snapshots",
            columns(
                "snapshot_date DATE, customer_id BIGINT, status VARCHAR, segment VARCHAR, lifetime_value DECIMAL(12;2)"
            ),
            snapshots,
        ),
    ]


def _events() -> Made:
    """Return a table with 120 columns: five that matter, one of JSON, and 114 that are nearly always null."""
    dice = Dice("shop.events")
    kinds = {
        "event_id": "VARCHAR",
        "user_id": "BIGINT",
        "session_id": "VARCHAR",
        "name": "VARCHAR",
        "ts": "TIMESTAMPTZ",
        "properties": "VARCHAR",
    }
    sparse = {f"p_{number:03d}": ("VARCHAR", "BIGINT", "DECIMAL(12,2)")[number % 3] for number in range(1, 115)}
    rows: list[tuple[object, ...]] = []
    for token in dice.tokens(2_000, 24):
        values: list[object] = [None] * len(sparse)
        for place in dice.sample(range(len(sparse)), 3):
            values[place] = ("x", dice.randint(1, 9), Decimal("1.50"))[(place + 1) % 3]
        name = dice.choice(("view", "cart", "buy"))
        known = json.dumps({"page": f"/p/{dice.randint(1, PRODUCTS)}", "price": dice.randint(1, 90)})
        user = dice.maybe(0.6, dice.randint(1, CUSTOMERS))
        rows.append((token, user, f"s{dice.randint(1, 600)}", name, dice.instant(), known, *values))
    return Made("shop", "events", {**kinds, **sparse}, rows)
