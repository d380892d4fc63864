"""The kind of a column's content, judged by its name and its values."""

from __future__ import annotations

import pytest

from semantic.introspection.forms import date_form, forms_of
from semantic.introspection.kinds import Kind, kind_of, personal_data
from semantic.introspection.profile import ColumnProfile

ROWS = 100_000


def number(name: str, low: int | float = 1, high: int | float = 90_000, *, type: str = "integer", distinct: int = 500):
    return ColumnProfile(name, type, 0.0, distinct, is_exact=True, minimum=low, maximum=high, samples=(low, high))


def text(name: str, *values: str, distinct: int = 500) -> ColumnProfile:
    lengths = (sum(map(len, values)) / max(1, len(values)), max(map(len, values), default=0))
    return ColumnProfile(
        name, "string", 0.0, distinct, is_exact=True, samples=values[:5], lengths=lengths, forms=forms_of(values)
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("customer_id", Kind.IDENTIFIER),
        ("InvoiceNo", Kind.IDENTIFIER),
        ("number_of_items", Kind.QUANTITY),
        ("quantity", Kind.QUANTITY),
        ("Total_Conversion", Kind.QUANTITY),
        ("clicks", Kind.QUANTITY),
        ("email_opens", Kind.QUANTITY),
        ("cost_micros", Kind.MONEY),
        ("amount", Kind.MONEY),
        ("conversion_value", Kind.MONEY),
        ("dollar_value", Kind.MONEY),
        ("unit_price", Kind.PRICE),
        ("cpc", Kind.PRICE),
        ("discount_rate", Kind.RATE),
        ("tax_percent", Kind.RATE),
        ("average_order_value", Kind.RATE),
        ("revenue_per_user", Kind.RATE),
        ("account_balance", Kind.BALANCE),
        ("year", Kind.CATEGORY),
        ("age", Kind.CATEGORY),
        ("zip", Kind.CATEGORY),
        ("reach", Kind.CATEGORY),
        ("value", Kind.NUMBER),
        ("x", Kind.NUMBER),
    ],
)
def test_numbers_are_recognized_by_their_names(name, kind):
    assert kind_of(number(name), ROWS) is kind


@pytest.mark.parametrize(
    ("low", "high", "kind"),
    [
        (1_700_000_000, 1_760_000_000, Kind.EPOCH),
        (1_700_000_000_000, 1_760_000_000_000, Kind.EPOCH),
        (1_700_000_000_000_000, 1_760_000_000_000_000, Kind.EPOCH),
        (1, 90_000, Kind.NUMBER),
    ],
)
def test_whole_numbers_are_times_only_if_they_can_be(low, high, kind):
    assert kind_of(number("created_at", low, high), ROWS) is kind


def test_a_number_is_a_date_if_all_known_values_are_days():
    assert kind_of(number("date", 20_250_101, 20_251_231), ROWS) is Kind.DAY_NUMBER
    assert kind_of(number("date", 20_250_101, 20_251_299), ROWS) is not Kind.DAY_NUMBER


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["2026-03-02"] * 20, "iso_day"),
        (["2026-03-02T10:00:00Z"] * 20, "iso_instant"),
        (["2026-03-02 10:00"] * 20, "iso_time"),
        (["3/2/2026"] * 20, "slashed"),
        (["02.03.2026 10:15"] * 20, "dotted_minute"),
        (["2026-03"] * 20, "iso_month"),
        (["2026-03-02"] * 18 + ["n/a"] * 2, "iso_day"),  # nine in ten
        (["2026-03-02"] * 10 + ["n/a"] * 10, ""),
        (["10.0.0.1"] * 20, ""),
    ],
)
def test_texts_that_are_dates_are_recognized(values, form):
    assert date_form(forms_of(values)) == form


def test_numbers_that_can_only_be_days_are_recognized():
    assert "day_second" in forms_of(["3/21/2026"])
    assert "day_first" in forms_of(["21/3/2026"])
    assert not {"day_first", "day_second"} & set(forms_of(["3/2/2026"]))


@pytest.mark.parametrize(
    ("column", "table", "personal"),
    [
        (text("email", "x"), "orders", "email addresses"),
        (text("CustomerEmailAddress", "x"), "orders", "email addresses"),
        (text("first_name", "x"), "orders", "names of people"),
        (text("name", "x"), "customers", "names of people"),
        (text("name", "x"), "campaigns", ""),
        (text("ip_address", "x"), "visits", "IP addresses"),
        (text("shipping_address", "x"), "orders", "addresses"),
        (text("shipping_address_id", "x"), "orders", ""),
        (text("email_campaign", "x"), "sends", ""),
        (number("email_opens"), "sends", ""),
        (text("Straße", "x"), "kunden", "addresses"),
        (text("remark", "call ada@example.org", "later", "no", "yes"), "orders", "email addresses"),
        (text("extra", "+49 30 1234567", "+49 30 7654321"), "orders", "phone numbers"),
        (text("code", "2026-03-02", "2026-03-03"), "orders", ""),
        (text("code", "1234567", "7654321"), "orders", ""),
        (text("origin", "10.0.0.1", "192.168.1.4"), "orders", "IP addresses"),
        (text("owner", "Ada Lovelace", "Alan Turing"), "orders", "names of people"),
        (text("country", "United Kingdom", "New Zealand"), "orders", ""),
    ],
)
def test_personal_data_is_recognized_by_name_and_content(column, table, personal):
    assert personal_data(column, table) == personal
