"""Names split into words, and the labels made from the words."""

from __future__ import annotations

import doctest

import pytest

from semantic.introspection import drafts, guessing, relations, words
from semantic.introspection.words import label_of, meanings_of, plural, singular, stem_of, thing_of, words_of


@pytest.mark.parametrize("module", [words, drafts, guessing, relations])
def test_examples_in_the_code_are_true(module):
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("order_id", "order id"),
        ("OrderID", "order id"),
        ("orderId", "order id"),
        ("HTTPStatusCode", "http status code"),
        ("InvoiceNo", "invoice number"),
        ("ord_dt", "order date"),
        ("utm-source2", "utm source 2"),
        ("Total  amount (€)", "total amount"),
        ("___", ""),
        ("💥 drop; --", "drop"),
        ("Größe", "größe"),
    ],
)
def test_a_name_is_cut_at_capitals_digits_and_signs(name, expected):
    assert " ".join(words_of(name)) == expected


def test_a_name_of_any_length_is_cut_quickly():
    assert len(words_of("aB" * 50_000)) < 200


@pytest.mark.parametrize(
    ("one", "many"), [("warehouse", "warehouses"), ("status", "statuses"), ("box", "boxes"), ("city", "cities")]
)
def test_singular_and_plural_convert_back_and_forth(one, many):
    assert (singular(many), plural(one)) == (one, many)


@pytest.mark.parametrize("table", ["orders", "mart.fct_orders", "dim_order", "stg_orders", '"Orders"'])
def test_a_tables_entity_is_named_after_one_row(table):
    assert thing_of(table) == ("order",)


def test_a_label_is_in_sentence_case_and_german_stays_german():
    assert label_of(words_of("CUST_ID")) == "Customer ID"
    assert label_of(words_of("Betrag")) == "Betrag"
    assert meanings_of("Betrag") == ("amount",)
    assert stem_of(meanings_of("Kundennummer")) == ("customer",)
