"""The page Definitions: access is checked on every click, and also for a draft's numbers."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from pages.shell import identity, links, session, viewing
from semantic.model.editing.objects import ObjectKind
from semantic.model.kinds import KINDS
from semantic.services.drafts import open_edits, publish_edits, write_object
from semantic.store.audit.entries import EntryFilter, read_entries
from semantic.store.audit.log import AUDIT
from semantic.store.audit.sentences import sentence
from tests.pages.signing_in import sign_in
from tests.pages.whole_app import open_app
from tests.semantic.store.faults import FAULTS

SPEND = (ObjectKind.METRIC, "spend")


def open_page(*, view: str = "Edit", chosen: str = "") -> AppTest:
    session_values = {"definition-view": view, "preview-open": True}
    app = open_app(links.DEFINITIONS, held=session_values, **({"o": chosen} if chosen else {}))
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    texts = [str(title.value) for kind in (app.title, app.markdown, app.caption, app.code) for title in kind]
    return " | ".join(texts).replace("\\", "")


def describe(person: str, text: str) -> None:
    """Change the description of spend in a person's draft."""
    live = session.live()
    actor = live.workspace().people[person]
    edits = open_edits(live, actor)
    before = edits.text_of(SPEND)
    written = before.replace("description: ", f"description: {text} ")
    assert written != before
    write_object(live, actor, edits, SPEND, written)


def publish(person: str, note: str) -> None:
    live = session.live()
    actor = live.workspace().people[person]
    publish_edits(live, actor, open_edits(live, actor), note=note)


def running() -> tuple[int, str]:
    """Return the number of the running version, and the definition of spend in it."""
    workspace = session.workspace()
    assert workspace.published is not None
    return workspace.published.number, workspace.model.metrics["spend"].description


def kinds() -> list[str]:
    live = session.live()
    live.recorder.flush()
    with live.store.read() as connection:
        return [*connection.execute(select(AUDIT.c.kind).order_by(AUDIT.c.number)).scalars()]


def begin_draft(person: str = "ana") -> None:
    live = session.live()
    actor = live.workspace().people[person]
    edits = open_edits(live, actor)
    write_object(live, actor, edits, SPEND, f"{edits.text_of(SPEND)}\ntags: [tried]\n")


def test_a_person_signed_out_in_another_tab_publishes_nothing(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    begin_draft()
    app = open_page(view="Changes")
    app.text_area(key="publish-note").set_value("Tried").run()
    session.live().sign_ins.end(cookies[identity.COOKIE])
    app.button(key="publish").click().run()
    assert "model.published" not in kinds()[1:]


def test_viewing_started_in_another_tab_discards_nothing(cookies: dict[str, str]) -> None:
    signed_in = sign_in(cookies, "ana")
    begin_draft()
    app = open_page(view="Changes")
    app.session_state["discard-draft"] = True
    app.run()
    live = session.live()
    people = live.workspace().people
    viewing.begin(live, signed_in.number, people["ana"], people["jonas"])
    app.button(key="discard").click().run()
    assert "draft.discarded" not in kinds()


def test_a_failed_publish_can_be_retried_with_the_same_button(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    number, _ = running()
    begin_draft()
    app = open_page(view="Changes")
    app.text_area(key="publish-note").set_value("Tried").run()
    with FAULTS["read_only"](session.live().store):
        app.button(key="publish").click().run()
        assert not app.exception
        assert "The store is read-only. Nothing was changed" in app.error[0].value
        assert app.text_area(key="publish-note").value == "Tried"
    app.button(key="publish").click().run()
    session.live().take()
    assert running()[0] == number + 1


@pytest.mark.parametrize(("keep", "begins"), [("Mine", "Ana's."), ("Theirs", "Otto's.")])
def test_two_stewards_who_change_the_same_metric_see_both_and_one_chooses(
    cookies: dict[str, str], keep: str, begins: str
) -> None:
    sign_in(cookies, "ana")
    number, before = running()
    describe("ana", "Ana's.")
    describe("otto", "Otto's.")
    publish("otto", "Otto says what it is not")
    app = open_page(view="Changes")
    texts = words(app)
    assert f"published version {number + 1} while you edited: Otto says what it is not" in texts
    assert "Ana's." in texts
    assert "Otto's." in texts
    assert "publish" not in [button.key for button in app.button]
    (choice,) = [group for group in app.button_group if group.key == "conflict-choice-0"]
    app = choice.set_value(keep).run()
    app = app.button(key="merge").click().run()
    assert running() == (number + 1, f"Otto's. {before}")
    if keep == "Mine":
        app = app.button(key="publish").click().run()
        assert "Say what changes, and why." in words(app)
        assert running()[0] == number + 1
        app = app.text_area(key="publish-note").set_value("Ana's words stay").run()
        app = app.button(key="publish").click().run()
        assert f"Version {number + 2} is live. New results use it." in words(app)
    else:
        assert "No changes yet" in words(app)
        assert "Edit definitions" in [button.label for button in app.button]
    assert running() == (number + (2 if keep == "Mine" else 1), f"{begins} {before}")


def test_the_history_shows_each_versions_changes_and_leads_back(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    number, before = running()
    describe("ana", "Worse.")
    publish("ana", "Tried")
    app = open_page(view="Versions")
    assert "Tried" in words(app)
    app.session_state[f"version-diff-{number + 1}"] = True
    app.run()
    assert "&nbsp;:gray[metric spend] &nbsp;:violet-badge[changed]" in words(app)
    app.session_state[f"roll-back-{number}"] = True
    app.run()
    app = app.button(key=f"roll-back-go-{number}").click().run()
    assert "Say why you're rolling back." in words(app)
    assert running()[0] == number + 1
    app.session_state[f"roll-back-{number}"] = True
    app.text_input(key=f"roll-back-note-{number}").set_value("The first was better").run()
    app = app.button(key=f"roll-back-go-{number}").click().run()
    assert running() == (number + 2, before)
    texts = words(app)
    assert "The first was better" in texts
    assert f"**Version {number + 2}** &nbsp;:green-badge[Live]" in texts
    assert f"Version {number + 2} is live, with the definitions of version {number}." in texts
    assert f"roll-back-go-{number}" not in {button.key for button in app.button}  # closed


def test_draft_numbers_can_be_previewed_as_people_one_can_view_as(cookies: dict[str, str]) -> None:
    """A policy lets stewards view as viewers and marketers."""
    sign_in(cookies, "ana")
    begin_draft()
    app = open_page(chosen="metric/spend")
    people = session.workspace().people
    others = {person.id for person in people.values() if person.is_at_least("steward")} - {"ana"}
    listed = app.selectbox(key="preview-person").options
    assert not {people[key].name for key in others} & {*listed}
    assert people["jonas"].name in listed
    app.selectbox(key="preview-person").select("jonas").run()
    assert not app.exception
    kinds()
    live = session.live()
    with live.store.read() as connection:
        sentences = [sentence(entry) for entry in read_entries(connection, live.keys, EntryFilter(), limit=20)]
    asked = [each_sentence for each_sentence in sentences if "spend" in each_sentence and "Jonas" in each_sentence]
    assert asked
    assert all(each_sentence.startswith("Ana Ribeiro, viewing as Jonas") for each_sentence in asked), asked
    assert any("in a draft of the model" in each_sentence for each_sentence in asked)


def start_metric(kind: str) -> AppTest:
    """Return the page with the New dialog open, a name typed and this kind chosen."""
    app = open_app(links.DEFINITIONS, held={"definition-new": True})
    app = app.text_input(key="new-label").set_value("Tried out").run()
    return app.selectbox(key="new-how").set_value(KINDS[kind].title).run()


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_metric_of_each_kind_asks_for_every_key_it_needs(cookies: dict[str, str], kind: str) -> None:
    sign_in(cookies, "ana")
    app = start_metric(kind)
    assert not app.exception
    keys = {str(one.key) for one in (*app.selectbox, *app.text_input)}
    asked = {key for key in KINDS[kind].needs if f"new-{kind}-{key}" in keys}
    assert asked == {*KINDS[kind].needs}, "New has no field for a key; see `_named` in pages/govern/definitions/new.py."
    app = app.button(key="new-begin").click().run()
    said = [str(one.value) for one in app.markdown if ":material/error:" in str(one.value)]
    assert len(said) == len(KINDS[kind].needs), "each field says what it needs"
    live = session.live()
    assert not open_edits(live, live.workspace().people["ana"]).changed()


@pytest.mark.parametrize(
    ("kind", "chosen", "written"),
    [
        (
            "ratio",
            {"numerator": "Clicks", "denominator": "Impressions"},
            ["numerator: clicks", "denominator: impressions"],
        ),
        ("cumulative", {"metric": "Clicks"}, ["metric: clicks"]),
    ],
)
def test_a_new_metric_starts_in_the_draft_with_the_chosen_parts(
    cookies: dict[str, str], kind: str, chosen: dict[str, str], written: list[str]
) -> None:
    sign_in(cookies, "ana")
    app = start_metric(kind)
    for key, label in chosen.items():
        app = app.selectbox(key=f"new-{kind}-{key}").set_value(label).run()
    app = app.button(key="new-begin").click().run()
    assert not app.error
    live = session.live()
    text = open_edits(live, live.workspace().people["ana"]).text_of((ObjectKind.METRIC, "tried_out"))
    for line in [f"kind: {kind}", *written]:
        assert line in text
