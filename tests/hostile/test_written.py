"""Hostile remarks and targets stay plain text on charts, in files and in messages."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

from semantic.annotations.annotation import Annotation
from semantic.display.charts.charts import chart_for
from semantic.display.export.to_csv import csv_text, starts_formula
from semantic.display.tokens import LIGHT
from semantic.display.words.targets import target_scope_words
from semantic.targets.target import Target, may_see_target
from tests.hostile.conftest import can_be_kept
from tests.hostile.strings import sample
from tests.semantic.made_results import REVENUE, WEEKS, layout, result, week
from tests.semantic.policy.test_members import rule, seen

SHOWN = result([WEEKS, REVENUE], [(week(at), 10.0 + at) for at in range(13)])


def test_a_remark_is_text_on_the_chart() -> None:
    for text in sample(80):
        if not can_be_kept(text) or not text.strip():
            continue
        chart = chart_for(SHOWN, LIGHT, annotations=[Annotation(week(1), week(3), text, "site", text, "a1")])
        told = [annotation for annotation in layout(chart)["annotations"] if annotation.get("hovertext")]
        names = [annotation["text"].replace("<br>", " ") for annotation in told]  # long names are split over two lines
        assert all("<" not in one for one in (*names, *(annotation["hovertext"] for annotation in told))), repr(text)
        assert len(chart.events) == 1


def test_a_remark_is_never_a_formula_in_a_file() -> None:
    for text in sample(120):
        if not can_be_kept(text):
            continue
        rows = list(
            csv.reader(io.StringIO(csv_text(SHOWN, remarks=[Annotation(week(0), week(0), text or "x", "", "")])))
        )
        assert all(len(row) == len(rows[0]) for row in rows), repr(text)
        assert not starts_formula(rows[1][-1]), repr(text)


def test_a_target_with_a_hostile_member_is_hidden_from_people_without_it() -> None:
    visible = seen(rule("country IN (:markets)"), markets=("DE",))
    for text in sample(120):
        target = Target(
            metric="revenue",
            first=date(2026, 1, 1),
            last=date(2026, 1, 31),
            value=Decimal(1),
            dim="market",
            member=text,
        )
        assert may_see_target(target, visible) is (text == "DE"), repr(text)
        assert target_scope_words("market", text, visible).startswith("Market: ")
