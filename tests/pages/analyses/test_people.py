"""People on the page Analyses: who dropped out, what other analyses they open, why a step changed, and RFM.

The log of ten people is the same as in the other tests here: all ten view, six add to a cart and three check out.
"""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest

from pages.analyses.funnel.drop import DROP_ACTS
from pages.analyses.kind import ShownAnswer
from pages.analyses.kinds import KIND_PAGES
from pages.analyses.opening import KEY
from semantic.analyses.events.definition import analysis_from_data
from semantic.policy.actor import Actor
from semantic.services.analyzing.saved import SavedAnalyses
from tests.pages.analyses.conftest import FUNNEL, Open, answered
from tests.pages.analyses.test_page import button, definition, select, text
from tests.pages.conftest import OpensWhenAsked
from tests.semantic.analyses.events.logged import LoggedWorkspace

LOST = {"analysis": FUNNEL, "part": {"reached": 1, "not": 2}}
KEPT = {"analysis": FUNNEL, "part": {"reached": 2}}
PROFILE: dict[str, Any] = {
    "kind": "profile", "v": 1, "subject": "person", "at": {"metric": "views"}, "who": LOST, "than": KEPT,
    "by": ["device", "market"],
}  # fmt: skip
RFM: dict[str, Any] = {
    "kind": "rfm", "v": 1, "subject": "person", "orders": {"metric": "revenue"}, "money": {"metric": "revenue"},
}  # fmt: skip


def acts_of(log: LoggedWorkspace, actor: Actor, funnel: dict[str, Any], step: int) -> dict[str, Any]:
    """Return the questions that the menu of a drop opens, by label."""
    page = KIND_PAGES["funnel"]
    asked = page.read(funnel)
    shown = ShownAnswer(
        answer=page.run(log, asked, actor), asked=asked, data=page.data(asked), key="x", workspace=log, actor=actor,
        ask=lambda data: None, pages=KIND_PAGES,
    )  # fmt: skip
    return {act.label: data for act in DROP_ACTS if (data := act.ask(shown, step)) is not None}


def test_a_drop_leads_to_who_dropped_out(visit: Open, log: LoggedWorkspace) -> None:
    acts = acts_of(log, log.people["ana"], FUNNEL, 2)
    app = visit(acts["Who dropped out?"])
    assert definition(app)["who"]["part"] == {"reached": 1, "not": 2}
    written = text(app)
    assert "No group is clearly over-represented among the 4 people who reached Views but not Carts." in written
    assert (
        "“These people” are those who reached Views but not Carts. “The others” are people who reached Carts."
        in written
    )
    assert {"Device", "Market", "Product", "Action"} <= {
        each.value.split(" explains")[0].strip("*\\:") for each in app.markdown
    }


def test_every_action_of_a_drops_menu_has_an_answer(visit: Open, log: LoggedWorkspace) -> None:
    funnel = FUNNEL | {"within": "1 day", "time": {"from": "2026-03-02", "to": "2026-03-08"}}
    acts = acts_of(log, log.people["ana"], funnel, 2)
    assert {"Who dropped out?", "Why did this step change?", "Follow people who dropped out"} <= set(acts)
    for label, data in acts.items():
        app = visit(data)
        assert app.session_state[KEY].error is None or label == "Why did this step change?", label
    changed = visit(acts["Why did this step change?"])
    assert "No one reached Views in the earlier period (23 Feb – 1 Mar 2026). Choose another period." in text(changed)


def test_an_analysis_of_some_people_can_be_reset_to_everyone(visit: Open) -> None:
    app = visit(FUNNEL | {"steps": [{"metric": "views"}, {"metric": "checkouts"}], "of": LOST})
    assert "Only people who reached Views but not Carts" in text(app)
    assert "0.0% of people got from Views to Checkouts." in text(app)
    app = button(app, "Everyone").click().run()
    assert "of" not in definition(app)
    assert "30.0% of people got from Views to Checkouts." in text(app)


def test_people_from_another_period_are_named(visit: Open) -> None:
    app = visit(PROFILE | {"time": {"from": "2026-03-02", "to": "2026-03-03"}})
    app = button(app, "Use this period for both").click().run()
    assert definition(app)["who"]["analysis"]["time"] == {"from": "2026-03-02", "to": "2026-03-03"}
    assert not [each for each in app.button if each.label == "Use this period for both"]


def test_people_are_compared_with_everyone_else(visit: Open) -> None:
    app = visit({key: value for key, value in PROFILE.items() if key != "than"})
    assert "“The others” are all other people." in text(app)


def test_rfm_without_orders_says_so(visit: Open) -> None:
    app = visit(RFM)
    assert "No people ordered in this period." in text(app)


def test_a_set_by_a_hidden_metric_is_refused_without_its_label(
    visit: Open, asks: dict[str, Actor], log: LoggedWorkspace
) -> None:
    asks["now"] = log.people["nora"]
    app = visit(FUNNEL | {"steps": [{"metric": "views"}, {"metric": "checkouts"}], "of": LOST})
    assert "Carts" not in text(app)
    assert "Only people from another analysis" in text(app)


def test_the_part_of_a_set_can_be_changed(visit: Open) -> None:
    app = visit(FUNNEL | {"steps": [{"metric": "views"}, {"metric": "checkouts"}], "of": LOST})
    who = select(app, "Who")
    assert who.options == ["reached Views but not Carts", "reached Views", "reached Carts"]
    app = answered(who.select_index(2).run())
    assert definition(app)["of"]["part"] == {"reached": 2}
    assert "50.0% of people got from Views to Checkouts." in text(app)  # three of the six with a cart


def test_people_of_a_saved_analysis_can_be_used(visit: Open, store: OpensWhenAsked, log: LoggedWorkspace) -> None:
    work = SavedAnalyses(*store(), log, log.people["ana"])
    work.save(analysis_from_data(FUNNEL), name="View to cart")
    work.save(analysis_from_data(FUNNEL | {"subject": "session"}), name="By session")
    app = visit(FUNNEL | {"steps": [{"metric": "views"}, {"metric": "checkouts"}]})
    app = choose(app, "By session")
    assert "The saved analysis follows each session, but this one follows each person." in text(app)
    app = choose(app, "View to cart")
    app = answered(button(app, "Use these people").click().run())
    assert definition(app)["of"]["part"] == {"reached": 1, "not": 2}
    assert "Only people who reached Views but not Carts" in text(app)
    assert "0.0% of people got from Views to Checkouts." in text(app)


def choose(app: AppTest, saved: str) -> AppTest:
    """Choose a saved analysis in the open popover. AppTest forgets on every run that it's open."""
    popover = f"analysis-{app.session_state[KEY].generation}-funnel-of"
    app.session_state[popover] = True
    app = app.run()
    app.session_state[popover] = True
    return select(app, "From a saved analysis").select(saved).run()


RETAINED: dict[str, Any] = {
    "kind": "retention", "v": 1, "subject": "person", "first": {"metric": "views"}, "return": {"metric": "carts"},
    "unit": "day", "brackets": [[0, 1], [2, 3]], "over": "day", "by": "device",
}  # fmt: skip
PATHS: dict[str, Any] = {
    "kind": "paths", "v": 1, "subject": "person", "from": {"metric": "views"},
    "events": [{"metric": "carts"}, {"metric": "checkouts"}],
}  # fmt: skip
REACHED: dict[str, Any] = {
    "kind": "overlap", "v": 1, "subject": "person", "channels": [{"metric": "carts"}, {"metric": "checkouts"}],
}  # fmt: skip
PRESSED: dict[str, Any] = {
    "kind": "pressure", "v": 1, "subject": "person", "channels": [{"metric": "views"}, {"metric": "carts"}], "limit": 1,
}  # fmt: skip


def test_people_of_a_cell_a_cohort_and_a_group_can_be_picked(visit: Open) -> None:
    app = visit(RETAINED)
    who = select(app, "People")
    assert who.options[:2] == [
        "Came back for carts in days 0–1 after views", "Didn't come back for carts in days 0–1 after views",
    ]  # fmt: skip
    assert select(app, "Cohort").options == ["All", "2 Mar 2026"]
    assert sorted(select(app, "Group").options) == ["All", "Desktop", "Phone"]


def test_paths_overlaps_pressure_and_rfm_offer_their_people(visit: Open) -> None:
    offered = select(visit(PATHS), "People").options
    assert {"Had Carts on their path", "Never had Checkouts on their path"} <= set(offered)
    assert "Took the path Views → Carts → Checkouts → End" in offered
    assert "Were reached by Carts only" in select(visit(REACHED), "People").options
    assert select(visit(PRESSED), "People").options[0] == "Got more than 1 message in a week"
    assert select(visit(FUNNEL), "People").options[-1] == "Reached Carts"


def test_where_small_groups_are_hidden_only_parts_that_can_be_used_are_offered(
    visit: Open, asks: dict[str, Actor], log: LoggedWorkspace
) -> None:
    asks["now"] = log.people["gus"]
    assert select(visit(PATHS), "People").options == ["Have a path"]
    app = visit(RETAINED)
    assert "Began with views" in select(app, "People").options
    assert not [each for each in app.selectbox if each.label in ("Cohort", "Group")]
