"""A shop's orders, customers and products as the Shopify package writes them. Ads don't belong here."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from tests.own_data.shapes.ads import CAMPAIGNS
from tests.own_data.shapes.rows import LOADED_AT, Row, cents, days, fill, generator, moment, summed, when

PRODUCTS = (
    (501, "Trail shoe", "Shoes", 89.0, "Nordwind"),
    (502, "Road shoe", "Shoes", 119.5, "Nordwind"),
    (503, "Rain jacket", "Jackets", 149.0, "Fjord"),
    (504, 'Socks "3-pack"', "Accessories", 12.9, "Fjord"),
    (505, "Gift card", "Gift cards", 50.0, "Nordwind"),
    (506, "Never sold", "Jackets", 99.0, "Fjord"),
)
# Where buyers came from: ads with their tags, in mixed case, and pages without tags.
LANDINGS: tuple[str | None, ...] = (
    *(
        f"/sale?utm_source={campaign.source}&utm_medium={campaign.medium}&utm_campaign={campaign.name}"
        for campaign in CAMPAIGNS
        if campaign.source
    ),
    "/sale?utm_source=Klaviyo&utm_medium=email&utm_campaign=Autumn%20Sale",
    "/?gclid=abc",
    "/",
    None,
)


@dataclass(frozen=True, slots=True)
class Basket:
    """One order before it's written: its lines and its refunds."""

    order: dict[str, object]
    lines: list[dict[str, object]]
    refunds: list[dict[str, object]]
    refund_lines: list[dict[str, object]]
    payments: list[dict[str, object]]


def write(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the tables. Amounts are in EUR, the shop's currency, even if buyers paid in USD or CHF
    (`presentment_currency`).

    - Test orders and deleted orders are in the table. So are cancelled ones, which keep their price.
    - Some refunds are partial, some come weeks after the order, and one refunds shipping only, so that it has no lines.
    - Guests have no customer id, and some orders have no email.
    - "New" and "repeat" count a customer's orders, cancelled ones included. Guests always look new.
    - Gift cards are lines, but selling one isn't a sale of goods.
    - Failed payments and authorizations are rows of transactions, besides the captures that settle them.
    - Discount codes are in upper and lower case.
    - Totals for a customer's lifetime and for the day leave out test and deleted orders.
    """
    chance = generator("shopify")
    baskets = _baskets(chance)
    orders = [basket.order for basket in baskets]
    lines = [line for basket in baskets for line in basket.lines]
    fill(connection, "shopify__orders", orders)
    fill(connection, "shopify__order_lines", lines)
    fill(connection, "shopify__refunds", [refund for basket in baskets for refund in basket.refunds])
    fill(connection, "shopify__refund_lines", [line for basket in baskets for line in basket.refund_lines])
    fill(connection, "shopify__transactions", [payment for basket in baskets for payment in basket.payments])
    real = [order for order in orders if not order["is_test_order"] and not order["is_deleted"]]
    fill(connection, "shopify__customers", _customers(real))
    fill(connection, "shopify__customer_cohorts", _cohorts(real))
    fill(connection, "shopify__products", _products(lines, real))
    fill(connection, "shopify__daily_shop", _daily(real))
    fill(connection, "shopify__discounts", _discounts())


def _baskets(chance: random.Random) -> list[Basket]:
    baskets: list[Basket] = []
    bought: dict[int, int] = {}
    number = 0
    for day in days():
        for placed in sorted(moment(day, chance) for _ in range(chance.randrange(4, 11))):
            number += 1
            customer = None if chance.random() < 0.12 else 9_000 + chance.randrange(180)
            sequence = 1
            if customer:
                sequence = bought[customer] = bought.get(customer, 0) + 1
            baskets.append(_basket(number, placed, customer, sequence, chance))
    return baskets


def _basket(number: int, placed: datetime, customer: int | None, sequence: int, chance: random.Random) -> Basket:
    order_id = 70_000 + number
    lines = [_line(order_id, position, chance) for position in range(1, chance.choice((1, 1, 2, 3)) + 1)]
    gross = sum(float(str(line["price"])) * int(str(line["quantity"])) for line in lines)
    discount = cents(gross * 0.1) if number % 6 == 0 else 0.0
    shipping = 0.0 if gross > 100 else 4.9
    tax = cents((gross - discount) * 0.19)
    total = cents(gross - discount + shipping + tax)
    email = None if number % 41 == 0 else f"buyer{customer or number}@mail.example"
    cancelled = placed + timedelta(hours=3) if number % 23 == 0 else None
    facts: Mapping[str, object] = {"order_id": order_id, "customer_id": customer, "email": email, "source_relation": ""}
    refunds, refund_lines = _refunds(number, placed, lines, facts, chance)
    refunded = cents(sum(float(str(refund["subtotal"])) for refund in refunds))
    refunded_tax = cents(sum(float(str(refund["total_tax"])) for refund in refunds))
    shipping_back = -4.9 if number % 97 == 0 and shipping else 0.0
    country = chance.choice((("Germany", "DE", "EUR"), ("Switzerland", "CH", "CHF"), ("United States", "US", "USD")))
    order: dict[str, object] = {
        **facts,
        "orders_unique_key": f"order-{order_id}",
        "_fivetran_synced": LOADED_AT,
        "name": f"#{1000 + number}",
        "number": number,
        "order_number": 1000 + number,
        "created_timestamp": placed,
        "processed_timestamp": placed,
        "updated_timestamp": placed + timedelta(days=1),
        "cancelled_timestamp": cancelled,
        "cancel_reason": "customer" if cancelled else None,
        "closed_timestamp": None if number % 5 else placed + timedelta(days=2),
        "currency": "EUR",
        "presentment_currency": country[2],
        "shipping_address_country": country[0],
        "shipping_address_country_code": country[1],
        "billing_address_country_code": country[1],
        "financial_status": _status(cancelled is not None, refunded, gross - discount, number),
        "fulfillment_status": "fulfilled" if number % 4 else None,
        "landing_site_base_url": chance.choice(LANDINGS),
        "referring_site": chance.choice(("https://www.google.com/", "", None)),
        "source_name": "pos" if number % 17 == 0 else "web",
        "has_taxes_included": False,
        "is_test_order": number % 53 == 0,
        "is_deleted": number % 67 == 0,
        "is_confirmed": True,
        "total_line_items_price": cents(gross),
        "total_discounts": discount,
        "subtotal_price": cents(gross - discount),
        "total_tax": tax,
        "shipping_cost": shipping,
        "total_price": total,
        "total_tip_received": 0.0,
        "line_item_count": len(lines),
        "customer_order_seq_number": sequence,
        "new_vs_repeat": "new" if sequence == 1 else "repeat",
        "order_adjustment_amount": shipping_back,
        "order_adjustment_tax_amount": 0.0,
        "refund_subtotal": refunded,
        "refund_total_tax": refunded_tax,
        "order_adjusted_total": cents(total + shipping_back - refunded - refunded_tax),
        "order_tags": "vip, autumn" if number % 9 == 0 else None,
        "count_discount_codes_applied": int(discount > 0),
        "percentage_calc_discount_amount": discount,
        "fixed_amount_discount_amount": 0.0,
        "shipping_discount_amount": 0.0,
        "gross_sales": cents(gross),
        "discounts": -discount,
        "returns": -refunded,
        "net_sales": cents(gross - discount - refunded),
    }
    return Basket(order, lines, refunds, refund_lines, _payments(number, order, total, refunds))


def _status(is_cancelled: bool, refunded: float, paid: float, number: int) -> str:
    if is_cancelled:
        return "voided"
    if refunded:
        return "refunded" if refunded >= paid else "partially_refunded"
    return "pending" if number % 31 == 0 else "paid"


def _line(order_id: int, position: int, chance: random.Random) -> dict[str, object]:
    product, title, kind, price, vendor = chance.choice(PRODUCTS[:5])
    line_id = order_id * 10 + position
    return {
        "order_lines_unique_key": f"line-{line_id}",
        "order_line_id": line_id,
        "order_id": order_id,
        "index": position,
        "name": title,
        "title": title,
        "product_id": product,
        "variant_id": product * 10,
        "variant_title": "Default",
        "variant_price": price,
        "sku": f"NW-{product}",
        "vendor": vendor,
        "price": price,
        "quantity": chance.choice((1, 1, 1, 2, 3)),
        "total_discount": 0.0,
        "is_gift_card": kind == "Gift cards",
        "is_shipping_required": kind != "Gift cards",
        "is_taxable": True,
        "order_line_tax": 0.0,
        "fulfillment_status": "fulfilled",
        "refunded_quantity": 0,
        "refunded_subtotal": 0.0,
        "source_relation": "",
    }


def _refunds(
    number: int, placed: datetime, lines: list[dict[str, object]], facts: Mapping[str, object], chance: random.Random
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Return an order's refunds, each of one line, whole or in part.

    Also adds the totals after refunds to the lines.
    """
    refunds: list[dict[str, object]] = []
    refunded_lines: list[dict[str, object]] = []
    refunded = min(placed + timedelta(days=chance.randrange(1, 40)), LOADED_AT)
    shared = {
        **facts,
        "order_channel": "web",
        "order_created_at": placed,
        "refund_created_at": refunded,
        "refund_processed_at": refunded,
        "is_processed": True,
        "days_to_refund": (refunded.date() - placed.date()).days,
        "refund_id": 40_000 + number,
    }
    if number % 11 == 0:
        line = lines[0]
        quantity = 1 if number % 2 else int(str(line["quantity"]))
        subtotal = cents(float(str(line["price"])) * quantity)
        amounts = {"subtotal": subtotal, "total_tax": cents(subtotal * 0.19), "total_refunded": cents(subtotal * 1.19)}
        refunds.append(
            {
                **shared,
                **amounts,
                "unique_key": f"refund-{number}",
                "count_refund_line_items": 1,
                "total_quantity_refunded": quantity,
                "has_restock": number % 2 == 0,
            }
        )
        refunded_lines.append(
            {
                **shared,
                **amounts,
                "unique_key": f"refund-line-{number}",
                "order_line_refund_id": 41_000 + number,
                **{
                    name: line[name]
                    for name in ("order_line_id", "product_id", "variant_id", "sku", "vendor", "is_gift_card")
                },
                "product_title": line["title"],
                "original_unit_price": line["price"],
                "refunded_quantity": quantity,
                "restock_type": "return" if number % 2 == 0 else "no_restock",
                "is_restocked": number % 2 == 0,
            }
        )
        line["refunded_quantity"], line["refunded_subtotal"] = quantity, subtotal
    elif number % 97 == 0:
        none: dict[str, object] = {
            "subtotal": 0.0,
            "total_tax": 0.0,
            "total_refunded": 0.0,
            "count_refund_line_items": 0,
        }
        refunds.append({**shared, **none, "unique_key": f"refund-{number}", "refund_discrepancy_amount": -4.9})
    for line in lines:
        line["quantity_net_refunds"] = int(str(line["quantity"])) - int(str(line["refunded_quantity"]))
        line["subtotal_net_refunds"] = cents(
            float(str(line["price"])) * int(str(line["quantity"])) - float(str(line["refunded_subtotal"]))
        )
    return refunds, refunded_lines


def _payments(
    number: int, order: Mapping[str, object], total: float, refunds: list[dict[str, object]]
) -> list[dict[str, object]]:
    placed = order["created_timestamp"]
    gateway = "paypal" if number % 3 == 0 else "shopify_payments"
    shared = {
        "order_id": order["order_id"],
        "currency": "EUR",
        "gateway": gateway,
        "source_relation": "",
        "created_timestamp": placed,
    }
    shared |= {"processed_timestamp": placed, "source_name": "web"}
    kinds: list[tuple[str, str, float]] = [("sale", "success", total)]
    if number % 8 == 0:
        kinds = [("authorization", "success", total), ("capture", "success", total)]
    if number % 13 == 0:
        kinds.insert(0, ("sale", "failure", total))
    if order["cancelled_timestamp"]:
        kinds = [("authorization", "success", total), ("void", "success", 0.0)]
    kinds += [("refund", "success", float(str(refund["total_refunded"]))) for refund in refunds]
    return [
        {
            **shared,
            "transactions_unique_id": f"payment-{number}-{position}",
            "transaction_id": number * 10 + position,
            "refund_id": refunds[0]["refund_id"] if kind == "refund" else None,
            "kind": kind,
            "status": status,
            "amount": amount,
        }
        for position, (kind, status, amount) in enumerate(kinds)
    ]


def _customers(orders: list[dict[str, object]]) -> list[Row]:
    """Return one row per customer with an order, and two accounts that never ordered."""
    rows: list[Row] = []
    known = [order for order in orders if order["customer_id"]]
    totals = {row["customer_id"]: row for row in summed(known, ("customer_id",), ("total_price", "refund_subtotal"))}
    for customer, total in totals.items():
        mine = [order for order in known if order["customer_id"] == customer]
        rows.append(
            {
                "customer_id": customer,
                "email": f"buyer{customer}@mail.example",
                "first_name": "Ada",
                "last_name": f"Nr {customer}",
                "created_timestamp": mine[0]["created_timestamp"],
                "account_state": "enabled" if int(str(customer)) % 3 else "invited",
                "is_verified_email": int(str(customer)) % 5 != 0,
                "marketing_consent_state": ("subscribed", "unsubscribed", "not_subscribed")[int(str(customer)) % 3],
                "currency": "EUR",
                "lifetime_count_orders": len(mine),
                "lifetime_total_spent": total["total_price"],
                "lifetime_total_refunded": total["refund_subtotal"],
                "lifetime_total_net": cents(float(str(total["total_price"])) - float(str(total["refund_subtotal"]))),
                "first_order_timestamp": mine[0]["created_timestamp"],
                "most_recent_order_timestamp": mine[-1]["created_timestamp"],
                "source_relation": "",
            }
        )
    never = {"lifetime_count_orders": 0, "lifetime_total_spent": 0.0, "source_relation": "", "currency": "EUR"}
    rows += [{**never, "customer_id": 99_001, "email": "never@mail.example"}, {**never, "customer_id": 99_002}]
    return rows


def _cohorts(orders: list[dict[str, object]]) -> list[Row]:
    months = [{**order, "date_month": str(order["created_timestamp"])[:7] + "-01", "one": 1} for order in orders]
    first: dict[object, str] = {}
    lifetime: dict[object, float] = {}
    rows: list[Row] = []
    for row in summed(
        [row for row in months if row["customer_id"]], ("customer_id", "date_month"), ("total_price", "one")
    ):
        customer, month = row["customer_id"], str(row["date_month"])
        start = first.setdefault(customer, month)
        lifetime[customer] = lifetime.get(customer, 0.0) + float(str(row["total_price"]))
        rows.append(
            {
                "customer_cohort_id": f"{customer}-{month}",
                "customer_id": customer,
                "date_month": month,
                "cohort_month": start,
                "cohort_month_number": int(month[5:7]) - int(start[5:7]) + 1,
                "order_count_in_month": row["one"],
                "total_price_in_month": row["total_price"],
                "total_price_lifetime": cents(lifetime[customer]),
                "source_relation": "",
            }
        )
    return rows


def _products(lines: list[dict[str, object]], orders: list[dict[str, object]]) -> list[Row]:
    kept = {order["order_id"] for order in orders}
    rows: list[Row] = []
    for product, title, kind, price, vendor in PRODUCTS:
        mine = [line for line in lines if line["product_id"] == product and line["order_id"] in kept]
        sold = sum(int(str(line["quantity"])) for line in mine)
        rows.append(
            {
                "product_id": product,
                "title": title,
                "handle": title.lower().replace(" ", "-"),
                "product_type": kind,
                "vendor": vendor,
                "status": "archived" if product == 506 else "active",
                "is_deleted": False,
                "created_timestamp": when(2025, 1, 1),
                "total_quantity_sold": sold,
                "subtotal_sold": cents(sold * price),
                "count_variants": 1,
                "source_relation": "",
            }
        )
    return rows


def _daily(orders: list[dict[str, object]]) -> list[Row]:
    dated = [{**order, "date_day": order["created_timestamp"].date(), "count_orders": 1} for order in orders]  # type: ignore[union-attr]
    sums = ("count_orders", "gross_sales", "discounts", "returns", "net_sales", "order_adjusted_total", "shipping_cost")
    shop = {
        "shop_id": 1,
        "name": "Nordwind",
        "domain": "shop.example",
        "currency": "EUR",
        "iana_timezone": "Europe/Berlin",
    }
    return [{**row, **shop, "is_deleted": False, "source_relation": ""} for row in summed(dated, ("date_day",), sums)]


def _discounts() -> list[Row]:
    shared = {"value": -10.0, "value_type": "percentage", "total_sales_currency_code": "EUR", "source_relation": ""}
    return [
        {
            **shared,
            "discounts_unique_key": f"code-{number}",
            "discount_code_id": number,
            "code": code,
            "usage_count": 0,
            "status": state,
        }
        for number, (code, state) in enumerate(
            (("AUTUMN10", "ACTIVE"), ("autumn10", "ACTIVE"), ("SUMMER10", "EXPIRED"))
        )
    ]
