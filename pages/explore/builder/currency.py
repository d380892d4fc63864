"""The currency of money and the exchange rates, as a chip that opens, and the offers that add them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

import streamlit as st

from pages.explore.builder.question import ExploreState
from pages.shell.parts import chip
from semantic.display.format import SIGNS
from semantic.model.money import is_money
from semantic.query.describe import describe_day
from semantic.query.query import Query

if TYPE_CHECKING:
    from semantic.explore.preflight import Preflight
    from semantic.model.model import Model

OFFER = "Another currency"
EACH_DAY, PERIOD_END, ONE_DAY = "Daily rates", "End-of-period rate", "Fixed date"


def currencies(model: Model) -> list[str]:
    """Return the available currencies, starting with the model's own."""
    rates = model.settings.rates
    return list(dict.fromkeys([model.settings.currency, *(rates.currencies if rates else ())]))


def currency_offers(query: Query, model: Model) -> dict[str, Callable[[], Query]]:
    """Return the currencies that can be added, by label. Each is a function that returns the question in that currency.

    Returns none if the question has no money, or the model has no exchange rates.
    """
    if not has_money(query, model) or query.currency is not None or query.rates is not None:
        return {}
    others = currencies(model)[1:]
    return {OFFER: lambda: replace(query, currency=others[0])} if others else {}


def has_money(query: Query, model: Model) -> bool:
    return any(is_money(model.metrics[name]) for name in query.metrics if name in model.metrics)


def currency_chip(state: ExploreState, model: Model, preflight: Preflight | None) -> None:
    """Draw the currency and its rates as a chip with fields."""
    draft, key = state.draft, state.key("currency")
    own = model.settings.currency
    current = draft.currency or own
    with chip(_label(draft, current, preflight), "currency_exchange", key) as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            currency = st.pills(
                "Currency", currencies(model), default=current, key=f"{key}-code", format_func=currency_name,
            )  # fmt: skip
            rates = _choose_rates(draft.rates, key, preflight)
            query = replace(draft, currency=_asked(currency or current, rates, own), rates=rates)
            if query != draft:
                state.change(query)
            without = replace(draft, currency=None, rates=None)
            st.button("Remove", icon=":material/delete:", key=f"{key}-remove", on_click=state.replace, args=(without,))


def currency_name(code: str) -> str:
    """Return a currency's code with its sign, if it has one, such as `GBP £` or `NOK`."""
    return f"{code} {SIGNS[code]}" if code in SIGNS else code


def _asked(currency: str, rates: object, own: str) -> str | None:
    """Return the currency to set, or None for the model's own.

    Without rates, the model's own currency is set as well, because an empty chip would disappear.
    """
    return currency if currency != own or rates is None else None


def _choose_rates(
    current: date | Literal["period_end"] | None, key: str, preflight: Preflight | None
) -> date | Literal["period_end"] | None:
    options = [EACH_DAY, PERIOD_END, ONE_DAY]
    before = ONE_DAY if isinstance(current, date) else PERIOD_END if current else EACH_DAY
    how = st.radio("Exchange rates", options, index=options.index(before), key=f"{key}-rates")
    if how == EACH_DAY:
        st.caption("Each amount uses the rate of its own day.")
        return None
    st.caption("One rate for all amounts, so exchange rates don't affect comparisons.")
    if how == PERIOD_END:
        return "period_end"
    before_day = current if isinstance(current, date) else _last_day(preflight)
    chosen = st.date_input("Rates on", value=before_day, key=f"{key}-day", format="YYYY-MM-DD")
    return chosen if isinstance(chosen, date) else current


def _last_day(preflight: Preflight | None) -> date | None:
    """Return the day of the current rates, or else the last day of the period, or None."""
    if preflight is None or preflight.compiled is None:
        return None
    end = preflight.period.end
    return preflight.compiled.asked.rates_of or (end - timedelta(days=1) if end else None)


def _label(draft: Query, current: str, preflight: Preflight | None) -> str:
    """Return the label of the chip, such as `In GBP` or `In GBP, at the rates of 19 Apr 2026`."""
    if draft.rates is None:
        return f"In {current}"
    day = preflight.compiled.asked.rates_of if preflight is not None and preflight.compiled is not None else None
    when = describe_day(day) if day else "the last day"
    return f"In {current}, at the rates of {when}"
