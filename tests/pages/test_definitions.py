"""The page Definitions: who presses is asked for at the press, and numbers of a draft are shown to who may see them."""

from __future__ import annotations

from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from pages.ui import identity, links, session, viewing
from semantic.drafting import open_desk, write_object
from semantic.model.objects import ObjectKind
from semantic.store.audit import AUDIT
from semantic.store.audit_entries import Chosen, read_entries
from semantic.store.audit_sentences import sentence
from tests.pages.signing_in import sign_in
from tests.pages.whole_app import open_app

SPEND = (ObjectKind.METRIC, "spend")


def open_page(*, view: str = "Edit", chosen: str = "") -> AppTest:
    held = {"definition-view": view, "preview-open": True}
    app = open_app(links.DEFINITIONS, held=held, **({"o": chosen} if chosen else {}))
    assert not app.exception
    return app


def kinds() -> list[str]:
    live = session.live()
    live.recorder.flush()
    with live.store.read() as connection:
        return [*connection.execute(select(AUDIT.c.kind).order_by(AUDIT.c.number)).scalars()]


def begin_draft(person: str = "ana") -> None:
    live = session.live()
    actor = live.workspace().people[person]
    desk = open_desk(live, actor)
    write_object(live, actor, desk, SPEND, f"{desk.text_of(SPEND)}\ntags: [tried]\n")


def test_who_signed_out_in_another_tab_publishes_nothing(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    begin_draft()
    app = open_page(view="Changes")
    app.text_area(key="publish-note").set_value("Tried").run()
    session.live().sign_ins.end(cookies[identity.COOKIE])
    app.button(key="publish").click().run()
    assert "model.published" not in kinds()[1:]


def test_who_begins_to_view_in_another_tab_discards_nothing(cookies: dict[str, str]) -> None:
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


def test_numbers_of_a_draft_are_shown_as_those_whom_one_may_view_as(cookies: dict[str, str]) -> None:
    """A policy lets stewards view as viewers and marketers."""
    sign_in(cookies, "ana")
    begin_draft()
    app = open_page(chosen="metric/spend")
    people = session.workspace().people
    others = {one.id for one in people.values() if one.is_at_least("steward")} - {"ana"}
    listed = app.selectbox(key="preview-person").options
    assert not {people[one].name for one in others} & {*listed}
    assert people["jonas"].name in listed
    app.selectbox(key="preview-person").select("jonas").run()
    assert not app.exception
    kinds()
    live = session.live()
    with live.store.read() as connection:
        said = [sentence(one) for one in read_entries(connection, live.keys, Chosen(), limit=20)]
    asked = [one for one in said if "spend" in one and "Jonas" in one]
    assert asked
    assert all(one.startswith("Ana Ribeiro, looking as Jonas") for one in asked), asked
    assert any("in a draft of the model" in one for one in asked)
