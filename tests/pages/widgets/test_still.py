"""A still table sends Streamlit exactly the same bytes as an ordinary one, even the second time."""

from __future__ import annotations

from typing import Any

import polars as pl
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.elements.lib.pandas_styler_utils import marshall_styler
from streamlit.proto.ArrowData_pb2 import ArrowData

from pages.widgets.still import still_styler

ROWS = pl.DataFrame({"name": ["DE", "Total", None], "n": [1.5, None, -2.0], "change": [0.25, -0.5, None]})
CSS = pl.DataFrame({"name": ["", "font-weight: 600", ""], "n": ["", "", "color: red"], "change": ["", "", ""]})


def styler() -> Any:
    """Return a pandas styler, for which there are no types."""
    css, words = CSS.to_pandas(), {"n": lambda it: f"n {it}", "change": lambda it: f"{it:+.0%}"}
    made: Any = ROWS.to_pandas().style.apply(lambda _: css, axis=None).format(words)
    return made.set_uuid("a")


def sent(styler: Any) -> ArrowData:
    proto = ArrowData()
    marshall_styler(proto, styler, "a")
    return proto


def test_a_still_table_is_sent_like_an_ordinary_one_whenever_it_is_shown() -> None:
    ordinary, still = sent(styler()), still_styler(styler(), (0, 1, 2))
    for _ in range(2):
        shown = sent(still)
        assert shown.styler.display_values == ordinary.styler.display_values
        assert shown.styler.styles == ordinary.styler.styles


def test_only_written_columns_have_their_own_text() -> None:
    texts = convert_arrow_bytes_to_pandas_df(sent(still_styler(styler(), (2,))).styler.display_values)
    assert [*texts["change"]][:2] == ["+25%", "-50%"]
    assert next(iter(texts["n"])) == "1.5"


def test_a_still_tables_numbers_stay_numbers() -> None:
    still = still_styler(styler(), (1,))
    sent(still)
    assert [*still.data["n"]][::2] == [1.5, -2.0]
    assert next(iter(still.data.astype("object")["n"])) == 1.5
