"""Why a number changed in Explore: the button, the menu on a mark, the parts, the next question, and refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.explore.builder import question
from pages.explore.result import selection, why
from pages.explore.result.why import TITLE
from pages.shell import session
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.query.codec import query_from_params, query_to_params
from semantic.query.query import Back, Breakdown, Condition, Last, MetricFilter, Operator, Previous, Query
from semantic.services.why import Why, explain
from semantic.workspace import Workspace
from tests.pages.pointer_menus import pointer_menu
from tests.semantic.explained import ExplainedWorkspace, open_explained
from tests.semantic.late_company import open_late
from tests.waiting import STUCK

PAGE = Path(__file__).parents[4] / "pages" / "explore" / "page.py"
WEEK = Last(1, Granularity.WEEK)
BY_CHANNEL = Query(metrics=("revenue",), by=(Breakdown("channel"),), time=WEEK, compare=(Previous(),))
Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExplainedWorkspace]:
    opened = open_explained(tmp_path_factory.mktemp("explained"))
    yield opened
    opened.close()


@pytest.fixture
def explore(workspace: ExplainedWorkspace, monkeypatch: pytest.MonkeyPatch) -> Open:
    def open_page(asked: Query, person: str = "ana", over: Workspace = workspace) -> AppTest:
        actor = over.people[person]
        monkeypatch.setattr(session, "require", lambda role: (over, actor))
        monkeypatch.setattr(session, "workspace", lambda: over)
        app = AppTest.from_file(str(PAGE), default_timeout=STUCK)
        app.query_params.update(query_to_params(asked))
        app.run()
        assert not app.exception
        return app

    return open_page


def button(app: AppTest, label: str) -> Any:
    (found,) = [one for one in app.button if one.label == label]
    return found


def texts(app: AppTest) -> str:
    return " | ".join(str(markdown.value) for markdown in app.markdown).replace("\\", "").replace("\N{WORD JOINER}", "")


def explained(app: AppTest) -> str:
    """Press the button, and return the text of the page."""
    app = button(app, TITLE).click().run()
    assert not app.exception
    return texts(app)


def asked(app: AppTest) -> Query:
    state: question.ExploreState = app.session_state[question.KEY]
    return query_from_params(state.address or {})


def pick(app: AppTest, column: str, **key: object) -> AppTest:
    """Select a cell of the answer, as a click in the grid does."""
    result = app.session_state["answer-drawn"].result
    (row,) = [at for at, row in enumerate(result.rows()) if all(row[name] == value for name, value in key.items())]
    app.session_state["answer-selection"] = selection.Selection(result, (row,), column, "table")
    return app.run()


def test_the_button_next_to_a_compared_number_says_what_contributed(explore: Open) -> None:
    """Revenue rose by 602: app rose by 600 and web by 202, and shop fell by 200."""
    said = explained(explore(BY_CHANNEL))
    assert "**Revenue rose 52% to €1.76K. app contributed most, +€600 of +€602.**" in said
    for text in ("+€600 :small[:gray[100%]]", "−€200 :small[:gray[−33%]]", "These contributions add up to +€602."):
        assert text in said
    assert "Looked at 2 breakdowns. Contributions add up to the change. They don't prove a cause." in said
    assert "Late data can't be shown separately for Orders." in said


def test_late_data_has_a_row_of_its_own(tmp_path: Path, explore: Open) -> None:
    """280 became 250, of which 90 were loaded late.

    At the same age, 190 became 250: 40 more from web and 20 more from mail.
    """
    late = open_late(tmp_path)
    try:
        said = explained(explore(BY_CHANNEL, "ana", late))
    finally:
        late.close()
    assert "**Revenue fell 11% to €250.**" in said
    assert "Late data contributed −€90 to a change of −€30." in said
    for text in ("+€40 :small[:gray[−133%]]", "Late data: −€50", ":gray[Late data]", "−€90 :small[:gray[300%]]"):
        assert text in said
    assert "With late data, these contributions add up to −€30." in said
    assert "can't be shown separately" not in said


@pytest.mark.parametrize(
    "query",
    [
        Query(metrics=("revenue",), time=WEEK),
        Query(metrics=("revenue",), by=(Breakdown("channel"),), time=WEEK),
        Query(
            metrics=("revenue",), by=(Breakdown("channel"),), time=WEEK, compare=(Previous(),),
            having=(MetricFilter("revenue", ">", (1,)),),
        ),
    ],
)  # fmt: skip
def test_without_a_comparison_of_all_groups_there_is_no_button(explore: Open, query: Query) -> None:
    assert TITLE not in [one.label for one in explore(query).button]


def test_a_member_leads_to_its_own_question(explore: Open) -> None:
    app = explore(Query(metrics=("revenue",), time=WEEK, compare=(Previous(),)))
    app = button(app, TITLE).click().run()
    app = button(app, "app").click().run()
    assert not app.exception
    query = asked(app)
    assert query.where == Condition("channel", Operator.IN, ("app",))
    assert [breakdown.dim for breakdown in query.by] == ["market"]
    assert query.compare == (Previous(),)


def test_a_ratio_shows_its_rate_and_mix(explore: Open) -> None:
    """FR has 11.11, which is 1.11 more than before. It has about half of the orders, so it contributes 0.53."""
    said = explained(explore(Query(metrics=("per_order",), time=WEEK, compare=(Previous(),))))
    assert "By channel: rate" in said
    assert "By formula: revenue +€" in said


def test_a_selected_number_is_explained_by_itself(explore: Open) -> None:
    """In DE, revenue rose from 554 to 756, all of it from web."""
    query = Query(metrics=("revenue",), by=(Breakdown("market"),), time=WEEK, compare=(Previous(),))
    app = pointer_menu(pick(explore(query), "revenue", market="DE")).choose("Why did this change?")
    assert not app.exception
    assert "**Revenue rose 36% to €756. web contributed most, +€202 of +€202.**" in texts(app)


def test_a_change_without_parts_shows_both_numbers_and_the_reason(explore: Open) -> None:
    said = explained(explore(Query(metrics=("middle",), by=(Breakdown("market"),), time=WEEK, compare=(Previous(),))))
    assert "A median has no parts" in said
    assert "€8.00 → €" in said
    assert "add up to" not in said.replace("contributions that add up", "")


def test_several_metrics_and_comparisons_are_chosen_in_the_drawer(explore: Open) -> None:
    query = Query(metrics=("revenue", "orders"), time=WEEK, compare=(Previous(), Back(2, Granularity.WEEK)))
    app = button(explore(query), TITLE).click().run()
    assert "**Revenue rose 52%" in texts(app)
    metric, compare = (
        next(box for box in app.selectbox if box.label == label) for label in ("Metric", "Compared with")
    )
    assert metric.options == ["Revenue", "Orders"]
    assert compare.options == ["Previous period", "2 weeks before"]


def test_a_number_without_an_earlier_value_says_so(explore: Open) -> None:
    app = explore(
        Query(metrics=("revenue",), time=WEEK, compare=(Previous(),), where=Condition("channel", Operator.IN, ("app",)))
    )
    assert "Revenue has no value in 5 – 11 Jan 2026" in explained(app)


def test_a_breakdown_with_hidden_groups_is_left_out(explore: Open) -> None:
    said = explained(explore(Query(metrics=("revenue",), time=WEEK, compare=(Previous(),)), person="gus"))
    assert "Channel was left out. Some groups are hidden for privacy" in said


def test_hidden_rows_are_in_no_part(explore: Open) -> None:
    said = explained(explore(Query(metrics=("revenue",), time=WEEK, compare=(Previous(),)), person="dora"))
    assert "**Revenue rose 36% to €756. web contributed most, +€202 of +€202.**" in said
    assert "app" not in said.replace("happened", "")


def test_a_week_is_compared_with_the_week_next_to_it(explore: Open) -> None:
    """Two weeks are compared with the two weeks before.

    The second week is compared with the week two weeks earlier, not with the first.
    """
    week = Breakdown("date", Granularity.WEEK)
    app = explore(Query(metrics=("revenue",), by=(week,), time=Last(2, Granularity.WEEK), compare=(Previous(),)))
    rows = app.session_state["answer-drawn"].result.rows()
    assert [row["revenue"] for row in rows] == [1154, 1756]
    app = pointer_menu(pick(app, "revenue", revenue=1756)).choose("Why did this change?")
    assert not app.exception
    assert "12 – 18 Jan 2026" in texts(app)
    assert "compared with 29 Dec 2025 – 4 Jan 2026" in texts(app)


def test_each_opening_explains_again_from_what_the_person_sees(
    explore: Open, workspace: ExplainedWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session can last for days, and a steward can view as someone else during it."""
    people: list[str] = []

    def counted(query: Query, home: ExplainedWorkspace, actor: Actor, **more: Any) -> Why:
        people.append(actor.id)
        return explain(query, home, actor, **more)

    monkeypatch.setattr(why, "explain", counted)
    app = explore(Query(metrics=("revenue",), time=WEEK, compare=(Previous(),)))
    app = button(app, TITLE).click().run()
    app = button(app, TITLE).click().run()
    assert people == ["ana", "ana"]
    dora = workspace.people["dora"]
    monkeypatch.setattr(session, "require", lambda role: (workspace, dora))
    app.session_state["answer-why"] = app.session_state["answer-why-found"][0][1]
    app = app.run()
    assert not app.exception
    assert people[-1] == "dora"
    assert "**Revenue rose 36% to €756." in texts(app)


def test_a_click_elsewhere_ends_an_explanation_before_its_next_question(
    explore: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Streamlit can stop a run only when it draws something, so the page draws before each question."""
    paused: list[int] = []
    monkeypatch.setattr(why, "_pause", lambda step: paused.append(1))
    app = explore(Query(metrics=("revenue",), time=WEEK, compare=(Previous(),)))
    button(app, TITLE).click().run()
    assert len(paused) == 4  # the number, its channels, its markets, and the days before


def test_the_question_mark_says_what_contributions_are(explore: Open) -> None:
    said = "Each row shows how much one value of the breakdown contributed to the change in revenue."
    assert said not in explained(explore(BY_CHANNEL))
    app = explore(BY_CHANNEL)
    app.session_state["answer-why-how"] = True
    after = explained(app)
    assert said in after
    assert "It doesn't prove a cause." in after
