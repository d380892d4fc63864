"""The view Impact: who can open it, what it says about a draft, repairs, and that leaving it stops the comparison."""

from __future__ import annotations

import math
from datetime import date

from streamlit.testing.v1 import AppTest

from pages.shell import links, session
from semantic.model.editing.objects import ObjectKind
from semantic.query.query import Between, Query
from semantic.services.drafts import begin_object, drop_object, open_edits, write_object
from semantic.services.impact.report import Impact
from semantic.store.questions.questions import save_question
from semantic.store.questions.versions import Content
from semantic.store.spaces.spaces import MINE, list_spaces
from tests.pages.signing_in import sign_in
from tests.pages.whole_app import is_closed, open_app

SPEND, CPC = (ObjectKind.METRIC, "spend"), (ObjectKind.METRIC, "cpc")
JUNE = Between(date(2026, 6, 1), date(2026, 6, 30))


def open_impact() -> AppTest:
    app = open_app(links.DEFINITIONS, held={"definition-view": "Impact"})
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    return " | ".join(str(one.value) for kind in (app.markdown, app.caption, app.error) for one in kind).replace(
        "\\", ""
    )


def draft(key: tuple[ObjectKind, str], text: str = "", *, add: str = "", remove: bool = False) -> None:
    live = session.live()
    actor = live.workspace().people["ana"]
    edits = open_edits(live, actor)
    if remove:
        drop_object(live, actor, edits, key)
        return
    write_object(live, actor, edits, key, text or f"{edits.text_of(key).rstrip()}\n{add}\n")


def save(person: str, name: str, *metrics: str, shared: bool = True) -> None:
    live = session.live()
    with live.store.write() as transaction:
        space = list_spaces(transaction.connection)[0].id if shared else MINE
        save_question(
            transaction, Content(query=Query(metrics=metrics, time=JUNE)), live.workspace().people[person], live.keys,
            name=name, sentence="", space=space,
        )  # fmt: skip


def finish(app: AppTest) -> AppTest:
    """Compare everything, and draw the page again."""
    kept = app.session_state["definition_impact"]
    impact: Impact = kept.impact
    impact.comparing.gone_after = math.inf  # on a busy machine, a page can take longer to look at it again
    impact.comparing.run()
    app.run()
    assert not app.exception
    return app


def titles(app: AppTest) -> dict[str, str]:
    table = app.dataframe[0].value
    return dict(zip(table["Item"], table["Effect"], strict=True))


def test_a_filter_affects_saved_questions_and_hides_private_ones(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    save("jonas", "June spend", "spend")
    save("jonas", "My secret test", "spend", shared=False)
    save("jonas", "June revenue", "net_revenue")
    draft(SPEND, add="filter: clicks > 20")
    app = finish(open_impact())
    assert titles(app) == {
        "June spend": "Restates history", "1 saved question not shown to you": "Changes; not shown to you",
    }  # fmt: skip
    assert "2 saved questions" in words(app)
    assert "My secret test" not in words(app)
    # Jonas sees Germany and Austria alone.
    assert "The owner of 1 item sees other rows, which can change differently." in words(app)
    details = dict(zip(app.dataframe[0].value["Item"], app.dataframe[0].value["Details"], strict=True))
    assert details["June spend"].endswith("Jonas Falk sees other rows, which aren't compared")


def test_wording_says_that_no_values_change(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    save("jonas", "June spend", "spend")
    draft(SPEND, add="tags: [tried]")
    assert "No values change" in words(open_impact())


def test_a_new_metric_affects_nothing_in_use(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    live = session.live()
    actor = live.workspace().people["ana"]
    new = "name: big_spend\nlabel: Big spend\ndescription: Spend.\nowner: Ana\nmeasure: ad_spend.spend\n"
    new += "unit: EUR\nformat: money\n"
    begin_object(live, actor, open_edits(live, actor), ObjectKind.METRIC, new)
    texts = words(open_impact())
    assert "This draft adds 1 definition and changes no number that's in use." in texts
    assert "wording" not in texts


def test_a_draft_of_policies_does_not_claim_that_numbers_stay(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    live = session.live()
    actor = live.workspace().people["ana"]
    new = "name: for_lena\nlabel: For Lena\nwho: {people: [lena]}\ndeny: {metrics: [spend]}\n"
    begin_object(live, actor, open_edits(live, actor), ObjectKind.POLICY, new)
    texts = words(open_impact())
    assert "Access changes" in texts
    assert "keeps its numbers" not in texts


def test_without_a_draft_it_says_what_to_do(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    assert "No changes yet" in words(open_impact())


def test_a_removed_metric_can_be_kept(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    save("jonas", "June clicks cost", "cpc")
    draft(CPC, remove=True)
    app = finish(open_impact())
    assert titles(app)["June clicks cost"] == "Breaks"
    app.button(key="impact-repair-0").click().run()
    assert not app.exception
    live = session.live()
    assert open_edits(live, live.workspace().people["ana"]).changed() == {}


def test_a_renamed_metric_keeps_its_old_name(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    save("jonas", "June clicks cost", "cpc")
    live = session.live()
    text = open_edits(live, live.workspace().people["ana"]).text_of(CPC)
    assert text.count("name: cpc\n") == 1
    renamed = text.replace("name: cpc\n", "name: click_price\n")
    draft(CPC, renamed.replace("label: Cost per click", "label: Click price"))
    app = finish(open_impact())
    assert titles(app)["June clicks cost"] == "Breaks"
    labels = [button.label for button in app.button if str(button.key).startswith("impact-repair-")]
    assert labels[0] == "Keep Cost per click, deprecated in favour of Click price"
    app.button(key="impact-repair-0").click().run()
    assert not app.exception
    edits = open_edits(live, live.workspace().people["ana"])
    assert "replaced_by: click_price" in edits.text_of(CPC)
    assert not edits.typing


def test_leaving_the_view_stops_the_comparison(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    save("jonas", "June spend", "spend")
    draft(SPEND, add="filter: clicks > 20")
    app = open_impact()
    comparing = app.session_state["definition_impact"].impact.comparing
    comparing.is_done = False
    app.session_state["definition-view"] = "Edit"
    app.run()
    assert comparing.is_cancelled


def test_the_file_is_offered_once_everything_is_compared(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    save("jonas", "June spend", "spend")
    draft(SPEND, add="filter: clicks > 20")
    app = open_impact()
    comparing = app.session_state["definition_impact"].impact.comparing
    comparing.is_done = False
    app.run()
    assert not app.get("download_button")
    finish(app)
    assert len(app.get("download_button")) == 1


def test_marketers_cannot_open_it(cookies: dict[str, str]) -> None:
    sign_in(cookies, "jonas")
    assert is_closed(open_app(links.DEFINITIONS, held={"definition-view": "Impact"}))
