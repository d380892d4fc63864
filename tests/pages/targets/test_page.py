"""The page Targets: who sees which targets, adding, pasting, editing, removing, undoing, and hostile texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import links, session
from pages.targets.form import KEPT, NEW
from pages.targets.paste import OPEN
from semantic.services.targets.work import TargetWork
from semantic.targets.target import Target
from tests.pages.conftest import OpensWhenAsked
from tests.semantic.paced import PacedWorkspace, open_paced
from tests.semantic.store.faults import FAULTS
from tests.waiting import STUCK

ROOT = Path(__file__).parents[3]
APP = f"""
import streamlit as st

from pages.shell import links

page = st.Page({str(ROOT / links.TARGETS)!r}, url_path="targets")
explore = st.Page({str(ROOT / links.EXPLORE)!r}, url_path="explore")
receipt = st.Page({str(ROOT / links.RECEIPT)!r}, url_path="receipt")
st.session_state[links.OPEN] = {{links.EXPLORE: explore, links.RECEIPT: receipt}}
st.navigation([page, explore, receipt], position="hidden").run()
"""
JANUARY = (date(2026, 1, 1), date(2026, 1, 31))
Open = Callable[[str], AppTest]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PacedWorkspace]:
    opened = open_paced(tmp_path_factory.mktemp("paced"))
    yield opened
    opened.close()


@pytest.fixture
def page(workspace: PacedWorkspace, monkeypatch: pytest.MonkeyPatch) -> Open:
    def open_page(person: str) -> AppTest:
        actor = workspace.people[person]
        monkeypatch.setattr(session, "require", lambda role: (workspace, actor))
        app = AppTest.from_string(APP, default_timeout=STUCK).run()
        assert not app.exception
        return app

    return open_page


@pytest.fixture
def keep(workspace: PacedWorkspace, store: OpensWhenAsked) -> Callable[..., TargetWork]:
    def set_targets(*targets: Target) -> TargetWork:
        work = TargetWork(*store(), workspace, workspace.people["stew"])
        work.keep(targets)
        return work

    return set_targets


def of(value: int, member: str = "", days: tuple[date, date] = JANUARY) -> Target:
    return Target(
        metric="revenue", first=days[0], last=days[1], value=Decimal(value), dim="market" if member else "",
        member=member or None,
    )  # fmt: skip


def words(app: AppTest) -> str:
    texts = [str(title.value) for kind in (app.title, app.markdown, app.caption) for title in kind]
    return " | ".join(texts).replace("\\", "")


def by_label(elements: Any, label: str) -> Any:  # Any: AppTest's own lists
    (element,) = [candidate for candidate in elements if candidate.label.replace("\\", "") == label]
    return element


def test_an_empty_page_says_what_to_do(page: Open) -> None:
    app = page("nora")  # who sees revenue but not the plan
    assert "No targets yet" in words(app)
    assert "Only stewards can set targets" in words(app)
    assert [button.label for button in app.button] == []
    assert [button.label for button in page("stew").button][:2] == ["Paste several", "Add a target"]


def test_targets_from_the_model_are_listed_for_people_who_see_metric_and_target(page: Open) -> None:
    # Ten days of January are over. Each sold 800 in DE and 400 in FR; 31,000 were planned, 20,000 of them in DE.
    for person, actual, target, share in (
        ("stew", "€12,000", "€31,000", "120%"),
        ("mark", "€12,000", "€31,000", "120%"),
        ("dora", "€8,000", "€20,000", "124%"),  # 8,000 of 20,000 x 10 / 31
    ):
        texts = words(page(person))
        assert [text for text in (actual, target, share, "Jan 2026", "Planned revenue") if text not in texts] == []
    texts = words(page("nora"))  # who sees revenue but not the plan
    assert "12,000" not in texts
    assert "Planned" not in texts
    assert "No targets yet" in texts


def test_a_target_set_in_the_app_replaces_the_models_for_the_same_days(
    page: Open, keep: Callable[..., TargetWork]
) -> None:
    keep(of(40_000))
    texts = words(page("mark"))
    assert "€40,000" in texts
    assert "€31,000" not in texts
    assert "Set by Stew" in texts
    assert "Planned revenue" not in texts


def test_people_read_only_targets_for_what_they_can_see(page: Open, keep: Callable[..., TargetWork]) -> None:
    keep(of(20_000, "DE"), of(11_000, "FR"), of(31_000))
    assert all(name in words(page("mark")) for name in ("Jan 2026", "€20,000", "€11,000", "€31,000", "Market: FR"))
    texts = words(page("dora"))
    assert "€20,000" in texts
    assert "€11,000" not in texts
    assert "FR" not in texts
    assert "€31,000" not in texts


def test_a_steward_sets_a_target_and_sees_it(
    page: Open, workspace: PacedWorkspace, keep: Callable[..., TargetWork]
) -> None:
    app = page("stew")
    app.session_state[NEW] = True
    app.run()
    by_label(app.selectbox, "Metric").set_value("revenue").run()
    by_label(app.text_input, "Period").set_value("2026-Q1").run()
    by_label(app.text_input, "Target in EUR").set_value("31,000").run()
    assert "can be read in two ways" in words(app)
    assert by_label(app.button, "Set target").disabled
    by_label(app.text_input, "Target in EUR").set_value("93000").run()
    by_label(app.selectbox, "For").set_value("market").run()
    assert by_label(app.button, "Set target").disabled
    by_label(app.selectbox, "Which one").set_value("DE").run()
    by_label(app.button, "Set target").click().run()
    assert not app.exception
    assert [target.target for target in keep().targets()] == [of(93_000, "DE", (date(2026, 1, 1), date(2026, 3, 31)))]
    assert "Target set: Revenue €93,000" in words(app)


def test_a_target_that_cannot_be_stored_stays_in_the_form(
    page: Open, store: OpensWhenAsked, keep: Callable[..., TargetWork]
) -> None:
    app = page("stew")
    app.session_state[NEW] = True
    app.run()
    by_label(app.selectbox, "Metric").set_value("revenue").run()
    by_label(app.text_input, "Period").set_value("2026-Q1").run()
    by_label(app.text_input, "Target in EUR").set_value("93000").run()
    with FAULTS["read_only"](store()[0]):
        by_label(app.button, "Set target").click().run()
        assert not app.exception
        assert "The store is read-only. Nothing was changed" in words(app) + str(
            [warning.value for warning in app.warning]
        )
    assert keep().targets() == []
    by_label(app.button, "Set target").click().run()
    assert [target.target.value for target in keep().targets()] == [93_000]


def test_members_are_offered_as_they_are_written_in_data(
    page: Open, workspace: PacedWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "values", lambda *_, **__: (["spring_sale: 20% [A]"], False))
    app = page("stew")
    app.session_state[NEW] = True
    app.run()
    by_label(app.selectbox, "Metric").set_value("revenue").run()
    by_label(app.selectbox, "For").set_value("market").run()
    assert by_label(app.selectbox, "Which one").options == ["spring_sale: 20% [A]"]


def test_several_targets_are_pasted_only_if_every_line_is_readable(page: Open, keep: Callable[..., TargetWork]) -> None:
    app = page("stew")
    app.session_state[OPEN] = True
    app.run()
    app.text_area[0].set_value("metric\tperiod\tmarket\ttarget\nRevenue\t2026-01\tDE\t1\nRevenu\t2026-01\t\t2").run()
    assert "Line 3: There is no metric named “Revenu”." in words(app)
    assert by_label(app.button, "Set targets").disabled
    app.text_area[0].set_value("metric\tperiod\tmarket\ttarget\nRevenue\t2026-01\tDE\t1\nRevenue\t2026-01\t\t2").run()
    by_label(app.button, "Set 2 targets").click().run()
    assert {target.target for target in keep().targets()} == {of(1, "DE"), of(2)}
    assert "2 added, 0 updated, 0 unchanged." in words(app)


def test_a_target_is_edited_removed_and_restored(page: Open, keep: Callable[..., TargetWork]) -> None:
    work = keep(of(31_000))
    (target,) = work.targets()
    app = page("stew")
    app.session_state[KEPT] = target.id
    app.run()
    by_label(app.text_input, "Target in EUR").set_value("32000").run()
    by_label(app.button, "Save").click().run()
    assert [each_target.target.value for each_target in work.targets()] == [32_000]
    app.session_state[KEPT] = target.id
    app.run()
    assert "set it to €31,000" in words(app)
    by_label(app.button, "Remove").click().run()
    assert work.targets() == []
    by_label(app.button, "Undo").click().run()
    assert [target.target.value for target in work.targets()] == [32_000]
    assert "Target restored." in words(app)


def test_an_undo_keeps_what_someone_else_has_set_since(page: Open, keep: Callable[..., TargetWork]) -> None:
    work = keep(of(31_000))
    (target,) = work.targets()
    app = page("stew")
    app.session_state[KEPT] = target.id
    app.run()
    by_label(app.button, "Remove").click().run()
    keep(of(40_000))
    by_label(app.button, "Undo").click().run()
    assert "Someone else has set this target since, so it isn't restored." in words(app)
    assert [target.target.value for target in work.targets()] == [40_000]
    assert "€40,000" in words(app)


def test_a_marketer_reads_the_history_and_changes_nothing(page: Open, keep: Callable[..., TargetWork]) -> None:
    (target,) = keep(of(31_000)).targets()
    app = page("mark")
    app.session_state[KEPT] = target.id
    app.run()
    assert "Stew set it to €31,000" in words(app)
    assert not {"Save", "Remove"} & {button.label for button in app.button}
    assert not app.text_input or all("Target in" not in box.label for box in app.text_input)


def test_a_hidden_target_does_not_open_by_its_id(page: Open, keep: Callable[..., TargetWork]) -> None:
    (target,) = keep(of(11_000, "FR")).targets()
    app = page("dora")
    app.session_state[KEPT] = target.id
    app.run()
    assert "11,000" not in words(app)
    assert "you don't have access to it" in app.warning[0].value


def test_the_list_is_filtered_by_text_and_by_past_targets(page: Open, keep: Callable[..., TargetWork]) -> None:
    keep(of(31_000), of(18_600, days=(date(2025, 12, 1), date(2025, 12, 31))), of(20_000, "DE"))
    app = page("mark")
    assert "€18,600" not in words(app)
    by_label(app.toggle, "Past targets (1)").set_value(True).run()
    assert "€18,600" in words(app)
    by_label(app.text_input, "Search targets").set_value("DE Jan").run()
    assert "€20,000" in words(app)
    assert "€31,000" not in words(app)
    by_label(app.text_input, "Search targets").set_value("nothing like it").run()
    assert "No targets match" in words(app)


def test_hostile_members_are_shown_as_plain_text(page: Open, keep: Callable[..., TargetWork]) -> None:
    keep(of(1, ":material/verified: [x](http://evil.example) **b** <b>"), of(2, "![x](//evil.example/x.png)"))
    app = page("mark")
    shown = " ".join(str(markdown.value) for markdown in app.markdown)
    assert "[x](http" not in shown
    assert "![x]" not in shown
    assert ":material/verified:" not in shown.replace(":material/flag:", "")


def test_an_unavailable_store_shows_a_message(page: Open, store: OpensWhenAsked) -> None:
    store.is_away = True
    assert "Couldn't load targets" in words(page("mark"))


def cells(app: AppTest, heading: str) -> list[str]:
    """Return a column of the table, from its first row to its last."""
    texts = [str(markdown.value).replace("\\", "") for markdown in app.markdown]
    return [
        text.removeprefix(f"*{heading}* ").replace("*", "").partition("  \n")[0]
        for text in texts
        if text.startswith(f"*{heading}* ")
    ]


def test_the_table_has_everything_about_a_target_and_those_behind_come_first(
    page: Open, keep: Callable[..., TargetWork]
) -> None:
    # After ten of 31 days: DE sold 8,000, FR 4,000. A third of each month's target is due. Later days are the same.
    keep(of(20_000, "DE"), of(31_000, "FR"), of(31_000))
    app = page("mark")
    assert cells(app, "Actual") == ["€4,000", "€12,000", "€8,000"]
    assert cells(app, "Target") == ["€31,000", "€31,000", "€20,000"]
    assert cells(app, "Projection") == ["€12.4K", "€37.2K", "€24.8K"]  # a day sold 400, 1,200 and 800
    assert cells(app, "Needed") == ["€1.29K a day", "€905 a day", "€571 a day"]  # the missing amount, over 21 days
    assert cells(app, "Period") == ["Jan 2026"] * 3
    texts = words(app)
    for state in ("40% to date", "Behind target", "120% to date", "124% to date", "Projected on target"):
        assert state in texts
    assert [metric.label for metric in app.metric] == []


def test_a_row_opens_its_months_and_its_receipt(page: Open, keep: Callable[..., TargetWork]) -> None:
    (target,) = keep(of(31_000)).targets()
    app = page("mark")
    assert app.table == []
    app.button(key=f"target-months-{target.id}").click().run()
    assert not app.exception
    (months,) = app.table
    table = months.value
    # December: 31 days of 600 in both markets, of 18,600 planned in the table.
    assert [text.replace("\\", "") for text in table["Month"]][-2:] == ["Dec 2025", "Jan 2026 so far"]
    assert list(table["Actual"])[-2:] == ["€18,600", "€12,000"]
    assert list(table["Target"])[-2:] == ["€18,600", "€31,000"]
    assert list(table["Of target"])[-2:] == ["100%", "39%"]
    assert "The target for 1 – 31 Jan 2026 is €31.0K." in words(app)
    app.button(key=f"target-months-{target.id}").click().run()
    assert app.table == []


def test_a_target_is_judged_after_five_complete_days(
    page: Open, workspace: PacedWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "day", date(2026, 1, 5), raising=False)
    assert "Too early to judge" in words(page("mark"))
    monkeypatch.setattr(workspace, "day", date(2026, 1, 6), raising=False)
    texts = words(page("mark"))
    assert "120% to date" in texts
    assert "Too early to judge" not in texts


def test_the_scope_is_next_to_the_title_for_people_with_row_rules(page: Open) -> None:
    assert "DE only" in words(page("dora"))
    assert "only" not in words(page("mark")).partition("Goals for your metrics")[0]
