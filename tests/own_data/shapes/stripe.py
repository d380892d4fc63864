"""Payments, invoices and subscriptions as the Stripe package writes them. Orders of a shop don't belong here."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from tests.own_data.shapes.rows import FIRST, LAST, LOADED_AT, Row, days, fill, generator, when

CUSTOMERS = 90
# Plans: product, price, its amount in cents, and months between invoices.
PLANS = (
    ("prod_basic", "price_basic", 1_900, 1),
    ("prod_pro", "price_pro", 9_900, 1),
    ("prod_year", "price_year", 99_000, 12),
)
FIRST_MONTH = when(2026, 5, 1)
LAST_MONTH = when(2026, 11, 1)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription and the month from which it has another plan or is paused."""

    number: int
    customer: str
    currency: str
    plan: int
    started: datetime
    status: str
    ended: datetime | None
    upgraded: datetime | None
    paused: tuple[datetime, datetime] | None

    def plan_in(self, month: datetime) -> int:
        return 1 if self.upgraded and month >= self.upgraded else self.plan

    def is_paused_in(self, month: datetime) -> bool:
        return self.paused is not None and self.paused[0] <= month < self.paused[1]


def write(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the tables. Amounts are in cents of several currencies. Yen have no cents: 1,900 JPY is "1900".

    - Balance transactions include charges, refunds, disputes, fees and payouts, so their sum isn't sales.
    - A failed charge has no balance transaction. Its invoice is open or uncollectible, with several attempts.
    - A lost dispute is an adjustment with a negative amount and a fee of its own. A won one comes back.
    - Trials have invoices of 0, and no recurring revenue until they end.
    - Paused subscriptions stay "active" and get no invoices. Upgrades change the plan in the middle of a subscription,
      and their invoice has a proration line, which can be negative.
    - Yearly plans are invoiced once, but count a twelfth as recurring revenue each month.
    - Customers without subscriptions, deleted customers and customers without an email are in the overview.
    """
    chance = generator("stripe")
    subscriptions = [_subscription(number, chance) for number in range(1, 81)]
    invoices: list[dict[str, object]] = []
    lines: list[Row] = []
    recurring: list[Row] = []
    for subscription in subscriptions:
        _invoice(subscription, invoices, lines)
        recurring += _recurring(subscription)
    transactions = _transactions(invoices, chance)
    fill(connection, "stripe__invoice_details", invoices)
    fill(connection, "stripe__invoice_line_item_details", lines)
    fill(connection, "stripe__subscription_item_mrr_report", recurring)
    fill(connection, "stripe__subscription_details", [_details(each, invoices) for each in subscriptions])
    fill(connection, "stripe__balance_transactions", transactions)
    fill(connection, "stripe__customer_overview", _customers(transactions, invoices))
    fill(connection, "stripe__daily_overview", _daily(transactions, invoices))


def _months() -> list[datetime]:
    return [when(2026, month, 1) for month in range(FIRST_MONTH.month, LAST_MONTH.month + 1)]


def _subscription(number: int, chance: random.Random) -> Subscription:
    started = when(2026, chance.randrange(5, 11), chance.randrange(1, 28), 10)
    plan = chance.choice((0, 0, 1, 2))
    ended = started + timedelta(days=95) if number % 9 == 0 and started.month < 8 else None
    status = "canceled" if ended else "active"
    if number % 16 == 1:
        status, started = "trialing", when(2026, 11, 20)
    elif number % 14 == 1 and not ended:
        status = "past_due"
    upgraded = when(2026, 10, 1) if number % 10 == 5 and plan == 0 and started.month < 9 and not ended else None
    paused = (when(2026, 9, 1), when(2026, 11, 1)) if number % 11 == 3 and started.month < 8 and not ended else None
    currency = ("eur", "eur", "usd", "jpy")[number % 4]
    return Subscription(number, f"cus_{number}", currency, plan, started, status, ended, upgraded, paused)


def _is_active(subscription: Subscription, month: datetime) -> bool:
    ended = subscription.ended
    return month >= subscription.started.replace(day=1, hour=0) and (ended is None or month < ended.replace(hour=0))


def _invoice(subscription: Subscription, invoices: list[dict[str, object]], lines: list[Row]) -> None:
    for month in _months():
        if not _is_active(subscription, month) or subscription.is_paused_in(month):
            continue
        product, price, amount, every = PLANS[subscription.plan_in(month)]
        if every == 12 and month != subscription.started.replace(day=1, hour=0):
            continue
        created = month.replace(day=min(28, subscription.started.day), hour=10)
        if created > LOADED_AT:
            continue
        key = f"in_{subscription.number}_{month:%m}"
        amount = 0 if subscription.status == "trialing" else amount
        is_failed = subscription.status == "past_due" and month == LAST_MONTH
        proration = -950 if subscription.upgraded == month else 0
        total = amount + proration
        shared = {
            "invoice_id": key,
            "invoice_created_at": created,
            "currency": subscription.currency,
            "customer_id": subscription.customer,
            "subscription_id": f"sub_{subscription.number}",
            "source_relation": "",
        }
        invoices.append(
            {
                **shared,
                "invoice_number": f"NW-{len(invoices) + 1:04d}",
                "status": "open" if is_failed else "paid",
                "period_start": created,
                "period_end": created + timedelta(days=30),
                "subtotal": total,
                "tax": 0,
                "total": total,
                "amount_due": total,
                "amount_paid": 0 if is_failed else total,
                "amount_remaining": total if is_failed else 0,
                "attempt_count": 4 if is_failed else 1,
                "charge_status": ("failed" if is_failed else "succeeded") if total else None,
                "charge_amount": total or None,
                "charge_created_at": created if total else None,
                "charge_is_refunded": subscription.number % 12 == 0
                and month == subscription.started.replace(day=1, hour=0),
                "number_of_line_items": 2 if proration else 1,
            }
        )
        line = {**shared, "invoice_status": "open" if is_failed else "paid", "price_id": price, "plan_id": price}
        line |= {"price_plan_product_id": product, "price_plan_amount": amount, "quantity": 1, "type": "subscription"}
        line |= {"price_plan_interval": "year" if every == 12 else "month", "price_plan_interval_count": 1}
        lines.append(
            {**line, "invoice_line_item_id": f"{key}_1", "invoice_line_item_amount": amount, "proration": False}
        )
        if proration:
            lines.append(
                {**line, "invoice_line_item_id": f"{key}_2", "invoice_line_item_amount": proration, "proration": True}
            )


def _recurring(subscription: Subscription) -> list[Row]:
    """Return one row per item and month. The first row is "new", and the months after the end are "churn"."""
    rows: list[Row] = []
    before = 0
    for month in _months():
        is_active = _is_active(subscription, month) and subscription.status != "trialing"
        _product, _price, amount, every = PLANS[subscription.plan_in(month)]
        now = amount // every if is_active and not subscription.is_paused_in(month) else 0
        if not rows and not now:
            continue
        rows.append(
            {
                "subscription_item_id": f"si_{subscription.number}",
                "subscription_id": f"sub_{subscription.number}",
                "customer_id": subscription.customer,
                "product_id": PLANS[subscription.plan_in(month)][0],
                "price_plan_id": PLANS[subscription.plan_in(month)][1],
                "subscription_status": subscription.status,
                "currency": subscription.currency,
                "subscription_month": month.date(),
                "subscription_year": month.date().replace(month=1),
                "month_contract_mrr": now,
                "month_discount_applied": 0,
                "month_billed_mrr": now,
                "prior_month_contract_mrr": before if rows else None,
                "item_month_number": len(rows) + 1,
                "contract_mrr_type": _change(before, now, is_first=not rows),
                "source_relation": "",
            }
        )
        before = now
    return rows


def _change(before: int, now: int, *, is_first: bool) -> str:
    if is_first:
        return "new"
    if before == now:
        return "unchanged" if now else "churned"
    if not now:
        return "churned"
    if not before:
        return "reactivation"
    return "expansion" if now > before else "contraction"


def _details(subscription: Subscription, invoices: Sequence[Mapping[str, object]]) -> Row:
    key = f"sub_{subscription.number}"
    mine = [invoice for invoice in invoices if invoice["subscription_id"] == key]
    return {
        "subscription_id": key,
        "customer_id": subscription.customer,
        "customer_email": _address(subscription.number),
        "status": subscription.status,
        "start_date_at": subscription.started,
        "created_at": subscription.started,
        "ended_at": subscription.ended,
        "canceled_at": subscription.ended,
        "is_cancel_at_period_end": subscription.number % 20 == 0,
        "billing": "charge_automatically",
        "number_invoices_generated": len(mine),
        "total_amount_billed": sum(int(str(invoice["amount_due"])) for invoice in mine),
        "total_amount_paid": sum(int(str(invoice["amount_paid"])) for invoice in mine),
        "total_amount_remaining": sum(int(str(invoice["amount_remaining"])) for invoice in mine),
        "source_relation": "",
    }


def _address(number: int) -> str | None:
    return None if number % 21 == 0 else f"payer{number}@mail.example"


def _transactions(invoices: Sequence[Mapping[str, object]], chance: random.Random) -> list[Row]:
    rows: list[Row] = []

    def add(kind: str, category: str, at: datetime, amount: int, fee: int, facts: Row) -> None:
        rows.append(
            {
                **facts,
                "balance_transaction_id": f"txn_{len(rows) + 1}",
                "balance_transaction_created_at": at,
                "balance_transaction_available_on": at + timedelta(days=2),
                "balance_transaction_type": kind,
                "balance_transaction_reporting_category": category,
                "balance_transaction_amount": amount,
                "balance_transaction_fee": fee,
                "balance_transaction_net": amount - fee,
                "source_relation": "",
            }
        )

    for number, invoice in enumerate(invoices):
        amount = int(str(invoice["amount_paid"]))
        at = invoice["invoice_created_at"]
        if not amount or not isinstance(at, datetime):
            continue
        facts: Row = {
            "customer_id": invoice["customer_id"],
            "charge_id": f"ch_{number}",
            "invoice_id": invoice["invoice_id"],
            "subscription_id": invoice["subscription_id"],
            "balance_transaction_currency": invoice["currency"],
            "customer_facing_amount": amount,
            "customer_facing_currency": invoice["currency"],
            "card_brand": chance.choice(("Visa", "MasterCard", None)),
            "card_country": chance.choice(("DE", "US", None)),
        }
        add("charge", "charge", at, amount, round(amount * 0.029) + 30, facts)
        if invoice["charge_is_refunded"]:
            refund = {**facts, "refund_id": f"re_{number}", "refund_reason": "requested_by_customer"}
            add("refund", "refund", at + timedelta(days=4), -amount, 0, refund)
        elif number % 45 == 0:
            dispute = {**facts, "dispute_ids": f"dp_{number}", "dispute_reasons": "fraudulent", "dispute_count": 1}
            add("adjustment", "dispute", at + timedelta(days=6), -amount, 1_500, dispute)
            if number % 90 == 0:
                add("adjustment", "dispute_reversal", at + timedelta(days=15), amount, 0, dispute)
    for month in _months()[1:]:
        payout: Row = {"payout_id": f"po_{month:%m}", "payout_status": "paid", "balance_transaction_currency": "eur"}
        add("payout", "payout", month.replace(hour=1), -100_000, 0, payout)
        add("stripe_fee", "fee", month.replace(hour=2), -500, 0, {"balance_transaction_currency": "eur"})
    return rows


def _customers(transactions: Sequence[Row], invoices: Sequence[Row]) -> list[Row]:
    """Return one row per customer. Totals add up amounts in the customer's own currency."""
    rows: list[Row] = []
    for number in range(1, CUSTOMERS + 1):
        mine = [row for row in transactions if row.get("customer_id") == f"cus_{number}"]
        sales = [
            int(str(row["balance_transaction_amount"])) for row in mine if row["balance_transaction_type"] == "charge"
        ]
        refunds = [
            int(str(row["balance_transaction_amount"])) for row in mine if row["balance_transaction_type"] == "refund"
        ]
        failed = [row for row in invoices if row["customer_id"] == f"cus_{number}" and row["charge_status"] == "failed"]
        fees = sum(int(str(row["balance_transaction_fee"])) for row in mine)
        rows.append(
            {
                "customer_id": f"cus_{number}",
                "email": _address(number),
                "customer_name": f"Payer {number}",
                "customer_created_at": when(2026, 4, 1) + timedelta(days=number),
                "is_delinquent": bool(failed),
                "is_deleted": number % 30 == 0,
                "total_sales": sum(sales),
                "total_sales_count": len(sales),
                "total_refunds": sum(refunds),
                "total_refund_count": len(refunds),
                "total_gross_transaction_amount": sum(sales) + sum(refunds),
                "total_fees": fees,
                "total_net_transaction_amount": sum(sales) + sum(refunds) - fees,
                "total_failed_charge_count": len(failed),
                "source_relation": "",
            }
        )
    return rows


def _daily(transactions: Sequence[Row], invoices: Sequence[Row]) -> list[Row]:
    """Return one row per day, which adds up all currencies, as the package does."""
    rows: list[Row] = []
    for index, day in enumerate(days(FIRST, LAST)):
        mine = [row for row in transactions if str(row["balance_transaction_created_at"])[:10] == str(day)]
        sales = [
            int(str(row["balance_transaction_amount"])) for row in mine if row["balance_transaction_type"] == "charge"
        ]
        refunds = [
            int(str(row["balance_transaction_amount"])) for row in mine if row["balance_transaction_type"] == "refund"
        ]
        failed = [
            row
            for row in invoices
            if row["charge_status"] == "failed" and str(row["charge_created_at"])[:10] == str(day)
        ]
        rows.append(
            {
                "account_daily_id": f"acct-{day}",
                "date_day": day,
                "date_month": day.replace(day=1),
                "date_year": day.replace(month=1, day=1),
                "date_index": index,
                "total_daily_sales_amount": sum(sales),
                "total_daily_sales_count": len(sales),
                "total_daily_refunds_amount": sum(refunds),
                "total_daily_failed_charge_count": len(failed),
                "source_relation": "",
            }
        )
    return rows
