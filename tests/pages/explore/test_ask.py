"""The field above the builder: what it finds, how it reads sentences, and that hostile messages change nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.explore.ask import found_rows
from pages.shell import session
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.query.query import Between, Breakdown, Condition, Last, LastYear, Operator, Previous, Query
from semantic.workspace import Workspace
from tests.pages.charts import say
from tests.pages.explore_page import BY_CHANNEL, MONTHLY, Open, asked, held

MONTH = Last(1, Granularity.MONTH)
SEARCH = Condition("channel", Operator.IN, ("Search",))


@pytest.fixture(autouse=True)
def known(explore: Open, steward: Actor) -> None:
    """Read the members first, which otherwise happens in the background."""
    session.finder().words.names(steward)


@dataclass
class Field:
    """The field as a browser shows it. Each action sends a message through the component's own protocol."""

    app: AppTest

    @property
    def proto(self) -> Any:
        (proto,) = [
            component.proto
            for component in self.app.get("bidi_component")
            if component.proto.component_name == "samepage_ask_field"
        ]
        return proto

    @property
    def sent(self) -> dict[str, Any]:
        return json.loads(self.proto.bytes)

    @property
    def chips(self) -> list[str]:
        return [chip["label"] for chip in self.sent["chips"]]

    @property
    def line(self) -> str:
        return self.sent["line"]["words"] if self.sent["line"] else ""

    @property
    def acts(self) -> list[str]:
        return [act["label"] for act in self.sent["line"]["acts"]] if self.sent["line"] else []

    def ask(self, text: object) -> AppTest:
        return say(self.app, self.proto, "asked", text)

    def pick(self, name: object, text: object) -> AppTest:
        return say(self.app, self.proto, "picked", {"name": name, "text": text})

    def drop(self, label: str) -> AppTest:
        (name,) = [chip["name"] for chip in self.sent["chips"] if chip["label"] == label]
        return say(self.app, self.proto, "dropped", name)

    def act(self, label: str) -> AppTest:
        (name,) = [act["name"] for act in self.sent["line"]["acts"] if act["label"] == label]
        return say(self.app, self.proto, "acted", name)


# Finding and taking


def test_matches_are_listed_in_groups_without_those_already_in_the_question(
    explore: Open, workspace: Workspace, steward: Actor
) -> None:
    app, visible = explore(BY_CHANNEL), workspace.visible(steward)
    rows = found_rows("search", held(app), visible).rows
    assert ("Values", "Search", "Channel") in [(row.group, row.label, row.unit) for row in rows]
    assert "breakdown:channel" not in [row.name for row in found_rows("channel", held(app), visible).rows]
    assert "metric:revenue" not in [row.name for row in found_rows("revenue", held(app), visible).rows]
    assert next(row.name for row in found_rows("last month", held(app), visible).rows) == "period:last month"


def test_only_a_text_that_is_not_understood_has_found_nothing(
    explore: Open, workspace: Workspace, steward: Actor
) -> None:
    app, visible = explore(), workspace.visible(steward)
    clear, odd = (found_rows(text, held(app), visible).rows for text in ("by channel last month", "payback horizon"))
    assert {row.group for row in odd} >= {"Nothing found"}
    assert clear
    assert "Nothing found" not in {row.group for row in clear}


def test_a_value_that_is_picked_becomes_a_filter_and_another_is_added_to_it(explore: Open) -> None:
    app = explore(BY_CHANNEL)
    app = Field(app).pick("value:channel:Search", "search")
    assert asked(app).where == SEARCH
    app = Field(app).pick("value:channel:Mail", "mail")
    assert asked(app).where == replace(SEARCH, values=("Search", "Mail"))
    held(app).undo()
    assert asked(app.run()).where == SEARCH
    held(app).undo()
    assert asked(app.run()) == BY_CHANNEL


def test_a_metric_is_picked_from_the_list_before_anything_is_typed(explore: Open) -> None:
    app = Field(explore()).pick("metric:revenue", "")
    assert asked(app).metrics == ("revenue",)
    app = Field(app).pick("metric:revenue", "")
    assert asked(app).metrics == ("revenue",)


def test_a_period_and_a_breakdown_are_picked(explore: Open) -> None:
    app = Field(explore(BY_CHANNEL)).pick("period:last month", "last month")
    app = Field(app).pick("breakdown:device", "device")
    assert asked(app) == replace(BY_CHANNEL, by=(*BY_CHANNEL.by, Breakdown("device")), time=MONTH)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("value:channel:Atlantis", "Atlantis"),
        ("value:channel:Search", "mail"),  # isn't found for this text
        ("metric:nothing", ""),
        ("value:email:ada@example.com", "ada@example.com"),
        ("ask", ""),
        (None, "search"),
        (["value:channel:Search"], "search"),
        ("value:channel:Search", {"text": "search"}),
        ("x" * 100_000, "y" * 100_000),
    ],
)
def test_only_what_is_found_can_be_picked(explore: Open, name: object, text: object) -> None:
    app = Field(explore(BY_CHANNEL)).pick(name, text)
    assert asked(app) == BY_CHANNEL


@pytest.mark.parametrize("message", [None, 7, ["picked"], {}, {"picked": {"name": "ask"}}])
@pytest.mark.parametrize("event", ["picked", "asked", "dropped", "acted"])
def test_messages_of_any_shape_change_nothing(explore: Open, event: str, message: object) -> None:
    app = explore(BY_CHANNEL)
    app = say(app, Field(app).proto, event, message)
    assert asked(app) == BY_CHANNEL


# Chips


def test_chips_say_the_question_and_remove_their_part(explore: Open) -> None:
    query = replace(BY_CHANNEL, by=(Breakdown("channel"), MONTHLY), where=SEARCH, time=MONTH, compare=(Previous(),))
    app = explore(query)
    assert Field(app).chips == [
        "Revenue", "October 2026", "vs September 2026", "by Channel", "by month", "Channel: Search",
    ]  # fmt: skip
    app = Field(app).drop("Channel: Search")
    assert asked(app) == replace(query, where=None)
    app = Field(app).drop("vs September 2026")
    app = Field(app).drop("by month")
    assert asked(app) == Query(metrics=("revenue",), by=(Breakdown("channel"),), time=MONTH)
    assert Field(app).chips == ["Revenue", "October 2026", "by Channel"]


def test_a_removed_chip_removes_nothing(explore: Open) -> None:
    app = explore(replace(BY_CHANNEL, where=SEARCH))
    field = Field(app)
    (name,) = [chip["name"] for chip in field.sent["chips"] if chip["label"] == "Channel: Search"]
    app = say(app, field.proto, "dropped", name)
    app = say(app, Field(app).proto, "dropped", name)
    assert asked(app) == BY_CHANNEL
    (period,) = [chip for chip in Field(app).sent["chips"] if chip.get("fixed")]
    app = say(app, Field(app).proto, "dropped", period["name"])
    assert asked(app) == BY_CHANNEL


# Sentences


def test_a_sentence_is_asked_and_the_next_continues_it(explore: Open) -> None:
    app = Field(explore()).ask("revenue by channel last month vs last year")
    first = Query(metrics=("revenue",), by=(Breakdown("channel"),), time=MONTH, compare=(LastYear(),))
    assert asked(app) == first
    assert Field(app).line == ""
    app = Field(app).ask("only search")
    assert asked(app) == replace(first, where=SEARCH)
    app = Field(app).ask("by device instead")
    assert asked(app) == replace(first, by=(Breakdown("device"),), where=SEARCH)
    held(app).undo()
    assert asked(app.run()) == replace(first, where=SEARCH)


def test_a_word_left_over_changes_nothing_until_someone_asks_without_it(explore: Open) -> None:
    app = Field(explore(BY_CHANNEL)).ask("revenue by device cohorty last month")
    assert asked(app) == BY_CHANNEL
    assert Field(app).line == "“cohorty” not understood. Understood: “revenue”, “device”, “last month”."
    assert Field(app).sent["line"]["state"] == "caution"
    assert Field(app).acts[-4:] == ["Ask without it", "Search", "All metrics", "Request a metric"]
    app = Field(app).act("Ask without it")
    assert asked(app) == Query(metrics=("revenue",), by=(Breakdown("device"),), time=MONTH)
    assert Field(app).line == ""


def test_a_sentence_that_was_not_asked_is_put_back_to_be_corrected(explore: Open) -> None:
    app = Field(explore(BY_CHANNEL)).ask("revenue by device cohorty")
    first = Field(app).sent["line"]
    assert first["text"] == "revenue by device cohorty"
    app = Field(app).ask("revenue by device cohorty")
    assert Field(app).sent["line"]["at"] > first["at"]


def test_the_line_goes_away_with_the_next_change(explore: Open) -> None:
    app = Field(explore(BY_CHANNEL)).ask("revenue cohorty")
    assert Field(app).line
    app = Field(app).drop("by Channel")
    assert Field(app).line == ""


def test_hidden_words_read_like_unknown_ones(explore: Open) -> None:
    """Customers' names are personal, so Ada looks as unknown as Atl."""
    app = Field(explore(BY_CHANNEL)).ask("revenue of Ada")
    hidden = Field(app).line
    app = Field(app).ask("revenue of Atl")
    assert Field(app).line.replace("Atl", "Ada") == hidden == "“Ada” not understood. Understood: “revenue”."


def test_a_next_step_that_is_not_offered_does_nothing(explore: Open) -> None:
    app = explore(BY_CHANNEL)
    for name in ("0:Ask without it", "3:All metrics", "", "-1", "0"):
        app = say(app, Field(app).proto, "acted", name)
        assert asked(app) == BY_CHANNEL


def test_a_sentence_while_values_are_being_read_waits_for_them(
    explore: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from semantic.services.finding.finder import Finder
    from semantic.services.words import Words

    cold = Finder(Words(workspace))
    monkeypatch.setattr(session, "finder", lambda: cold)
    try:
        app = Field(explore(BY_CHANNEL)).ask("only search")
        assert asked(app) == replace(BY_CHANNEL, where=SEARCH)
    finally:
        cold.words.close()


def test_why_opens_the_explanation_of_the_change(explore: Open) -> None:
    """March has the first five orders, which double from 10 to 160 and add up to 310. April's orders add up to
    2,235.
    """
    app = Field(explore()).ask("why did revenue change in april 2026 vs march 2026")
    april = Between(date(2026, 4, 1), date(2026, 4, 30))
    assert asked(app) == Query(metrics=("revenue",), time=april, compare=(Previous(),))
    assert "**Revenue rose 621% to €2.23K.**" in [markdown.value for markdown in app.markdown]
    app = Field(app).ask("revenue by device")
    assert "**Revenue rose 621% to €2.23K.**" not in [markdown.value for markdown in app.markdown]


def test_texts_of_every_kind_are_harmless(explore: Open) -> None:
    app = explore(BY_CHANNEL)
    for text in (
        "<script>alert(1)</script>",
        "'; DROP TABLE orders; --",
        ":material/verified: **bold**",
        "/" * 400,
        " ",
    ):
        app = Field(app).ask(text)
        assert not app.exception
        assert asked(app) == BY_CHANNEL
