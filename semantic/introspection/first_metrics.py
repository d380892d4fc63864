"""Suggest a dataset's first metrics: row counts, counts of what rows refer to, and common ratios."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from semantic.introspection.drafts import ColumnDraft, DatasetDraft
from semantic.introspection.guess import Guess
from semantic.introspection.guessing import count_label, counted_columns, line_amount
from semantic.introspection.kinds import Kind
from semantic.introspection.words import label_of, singular, stem_of


@dataclass(frozen=True, slots=True)
class RatioDraft:
    """A ratio of two measures of a dataset, each given by its column. The name `rows` counts rows."""

    name: str
    label: str
    top: str
    bottom: str
    format: str  # as in a metric's `format:`


LINE_AMOUNT: Final = "line_amount"
"""The name of the measure that multiplies a quantity by a price."""
ORDERS: Final = frozenset({"order", "invoice", "transaction", "receipt"})
_RATIOS: Final = (
    ("click_rate", "Click rate", "click", "impression", "share"),
    ("open_rate", "Open rate", "open", "delivered", "share"),
    ("conversion_rate", "Conversion rate", "conversion", "click", "share"),
    ("cost_per_click", "Cost per click", "spend", "click", "money"),
    ("cost_per_conversion", "Cost per conversion", "spend", "conversion", "money"),
    ("return_on_spend", "Return on spend", "revenue", "spend", "ratio"),
)
_MEANINGS: Final[Mapping[str, frozenset[str]]] = {
    "click": frozenset({"click"}),
    "impression": frozenset({"impression"}),
    "open": frozenset({"open"}),
    "delivered": frozenset({"delivered", "delivery"}),
    "conversion": frozenset({"conversion"}),
    "spend": frozenset({"spend", "spent", "cost"}),
    "revenue": frozenset({"revenue", "sales", "value", "gmv", "turnover"}),
}
_PER_ROW: Final = frozenset({"revenue", "total", "amount", "gmv", "value", "sales", "net", "gross", "turnover"})
_NOT_PER_ROW: Final = frozenset({"tax", "discount", "fee", "fees", "shipping", "refund", "cost", "spend", "spent"})


def metric_guesses(dataset: DatasetDraft, key: Sequence[str], owned: frozenset[str]) -> Iterator[Guess]:
    """Yield guesses for counts and ratios. Each sum already gets a metric along with its measure."""
    yield _metric(dataset, "rows", dataset.count_label, "the number of rows")
    for column in counted_columns(dataset, key):
        label = count_label(column, dataset, has_own=singular(stem_of(column.words)[-1]) in owned)
        yield _metric(dataset, column.name, label, f"different values of {column.profile.name}")
    for ratio in ratio_drafts(dataset):
        yield _metric(
            dataset, ratio.name, ratio.label, f"{_side(dataset, ratio.top)} divided by {_side(dataset, ratio.bottom)}"
        )


def _metric(dataset: DatasetDraft, name: str, label: str, evidence: str) -> Guess:
    return Guess(
        id=f"{dataset.name}.{name}.metric",
        about="metric",
        dataset=dataset.name,
        says=f"Metric “{label}”",
        evidence=evidence,
    )


def _side(dataset: DatasetDraft, name: str) -> str:
    if name in ("rows", LINE_AMOUNT):
        return "rows" if name == "rows" else "revenue"
    return next((column.profile.name for column in dataset.columns if column.name == name), "revenue")


def ratio_drafts(dataset: DatasetDraft) -> tuple[RatioDraft, ...]:
    """Return the ratios with both sides in the dataset. Each side is the first column with that meaning."""
    found: list[RatioDraft] = []
    for name, label, top, bottom, form in _RATIOS:
        above, below = _meaning(dataset, top), _meaning(dataset, bottom)
        if above is not None and below is not None:
            found.append(RatioDraft(name, label, above.name, below.name, form))
    orders = [column for column in counted_columns(dataset, ()) if stem_of(column.words)[-1] in ORDERS]
    if line_amount(dataset) and orders:
        order = label_of(stem_of(orders[0].words)).lower()
        found.append(
            RatioDraft(f"revenue_per_{orders[0].name}", f"Revenue per {order}", LINE_AMOUNT, orders[0].name, "money")
        )
    if (amount := row_amount(dataset)) and not _is_report(dataset):
        label = f"{_amount_label(dataset, amount)} per {dataset.row}"
        found.append(RatioDraft(f"{amount}_per_row", label, amount, "rows", "money"))
    return tuple(found)


def row_amount(dataset: DatasetDraft) -> str:
    """Return the name of the column with a row's amount, such as an order's total, or ""."""
    if line_amount(dataset):
        return ""
    amounts = [
        column
        for column in dataset.of_kind(Kind.MONEY)
        if set(column.words) & _PER_ROW and not set(column.words) & _NOT_PER_ROW
    ]
    return amounts[0].name if amounts else ""


def _amount_label(dataset: DatasetDraft, name: str) -> str:
    return next((column.label for column in dataset.columns if column.name == name), name)


def _is_report(dataset: DatasetDraft) -> bool:
    """Return whether rows are already sums, as in an ad platform's report, so that an amount per row means nothing."""
    return _meaning(dataset, "impression") is not None or _meaning(dataset, "click") is not None


def _meaning(dataset: DatasetDraft, what: str) -> ColumnDraft | None:
    for column in dataset.of_kind(Kind.QUANTITY, Kind.MONEY):
        words = {singular(word) for word in column.words} | set(column.words)
        is_money = column.kind is Kind.MONEY
        if words & _MEANINGS[what] and is_money == (what in ("spend", "revenue")):
            return column
    return None
