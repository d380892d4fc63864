"""The part of the form about money: the platform's currency, and the exchange rate of each month."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from math import isfinite
from typing import Final

import streamlit as st

from pages.shell.parts import heading, plain
from semantic.model.definitions import Metric
from semantic.model.model import Model
from semantic.model.money import is_money
from semantic.reconciliation.rules import Rules

MONTHS: Final = 12
LEAST: Final = 0.000001


def fields(
    ours: Metric,
    theirs: Metric,
    our_rules: Rules,
    their_rules: Rules,
    *,
    model: Model,
    today: date,
    is_from_model: bool | None,
    start: str,
) -> tuple[Rules, Rules, bool]:
    """Draw the fields, and return the rules of both sides with currencies, and whether the rates come from the model.

    If both sides have the same currency, no fields are drawn. `is_from_model` is the previous choice, or None.
    """
    currency = theirs.unit if is_money(theirs) else _currency(ours, their_rules, model, start)
    if currency == ours.unit:
        return _plain(our_rules), _plain(their_rules), False
    heading("Currency", f"Yours is in {ours.unit}, theirs in {currency}")
    our_rules = replace(_plain(our_rules), currency=ours.unit)
    rates = model.settings.rates
    can_convert = rates is not None and currency in (model.settings.currency, *rates.currencies)
    from_model = can_convert and st.segmented_control(
        "Exchange rates", [True, False], default=can_convert if is_from_model is None else is_from_model,
        format_func=lambda each: "From the model" if each else "Type them", key=f"{start}-from-model", required=True,
    )  # fmt: skip
    if from_model:
        st.caption(f"Each month's rate is what {plain(ours.label)} is worth in {plain(currency)} at each day's rate.")
        return our_rules, replace(_plain(their_rules), currency=currency), True
    return our_rules, _typed(ours.unit, replace(their_rules, currency=currency), today, start), False


def _plain(rules: Rules) -> Rules:
    return replace(rules, currency="", rate=Fraction(1), rates=())


def _currency(ours: Metric, their_rules: Rules, model: Model, start: str) -> str:
    """Draw the choice of the currency for platform totals that don't have one, and return its code."""
    rates = model.settings.rates
    known = [their_rules.currency or ours.unit, ours.unit, *(rates.currencies if rates else ()), "EUR", "USD", "GBP"]
    chosen = st.selectbox(
        "Currency of the platform's totals", list(dict.fromkeys(known)), accept_new_options=True,
        key=f"{start}-currency", help="A code of three letters, such as USD.",
    )  # fmt: skip
    return (chosen or ours.unit).strip().upper()


def _typed(own: str, rules: Rules, today: date, start: str) -> Rules:
    """Draw one rate for all months, and fields for months with a different rate. Returns the rules with these rates."""
    usual = st.number_input(
        plain(f"{rules.currency} for 1 {own}"), LEAST, 1_000_000.0, float(rules.rate), format="%.6f",
        key=f"{start}-rate", help="For months without a rate of their own.",
    )  # fmt: skip
    months: list[date] = []
    month = today.replace(day=1)
    while len(months) < MONTHS:
        month = (month - timedelta(days=1)).replace(day=1)
        months.append(month)
    known = dict(rules.rates)
    shown = sorted({*months, *known}, reverse=True)
    edited = st.data_editor(
        {"Month": [f"{each:%b %Y}" for each in shown],
         "Rate": [float(known[each]) if each in known else None for each in shown]},
        column_config={"Rate": st.column_config.NumberColumn(format="%.6f", min_value=LEAST, max_value=1_000_000.0)},
        disabled=["Month"], hide_index=True, key=f"{start}-rates", height=240, width=420, placeholder="As above",
    )  # fmt: skip
    typed = zip(shown, edited["Rate"], strict=True)
    rates = tuple(
        sorted((each, Fraction(f"{rate:.6f}")) for each, rate in typed if isinstance(rate, float) and isfinite(rate))
    )
    return replace(rules, rate=Fraction(f"{usual:.6f}"), rates=rates)
