"""Tables of text: headings begin with a capital, numbers are right-aligned, and texts can have numbers behind them."""

from __future__ import annotations

import pytest

from semantic.display.text_tables import TextTable, size_of


@pytest.mark.parametrize(
    ("texts", "side"),
    [
        (["6", "1,234", ""], "right"),
        (["12.1%", "(hidden)", "—"], "right"),
        (["≈1,234", "≈0"], "right"),
        (["−3.4 pp", "+0.2 pp"], "right"),
        (["€54,408.30", "€0.00"], "right"),
        (["CHF\N{NO-BREAK SPACE}1,200"], "right"),
        (["1.3 hours", "45.9 seconds"], "right"),
        (["5.2% – 10.8%"], "right"),
        (["2.47×"], "right"),
        (["no", "clearly"], "left"),
        (["29 days", "final"], "left"),
        (["2 Mar 2026", "3 Mar 2026"], "left"),
        (["Cart", "Search"], "left"),
        (["(none)"], "right"),
    ],
)
def test_columns_of_numbers_are_right_aligned(texts: list[str], side: str) -> None:
    table = TextTable("T", ["step", "number of people"], [["a", text] for text in texts])
    assert table.sides == ["left", side]
    assert table.heads == ["Step", "Number of people"]


def test_the_first_column_has_names_even_if_they_are_numbers() -> None:
    assert TextTable("T", ["month", "share"], [["1", "6.3%"]]).sides == ["left", "right"]


@pytest.mark.parametrize(
    ("text", "size"),
    [("1,234", 1234.0), ("≈12,000", 12000.0), ("6.3%", 6.3), ("−3.4 pp", -3.4), ("(hidden)", None), ("—", None)],
)
def test_the_number_behind_a_text_is_found(text: str, size: float | None) -> None:
    assert size_of(text) == size
