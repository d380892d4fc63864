"""Links to questions, with notes: what their readers see, under their own policy."""

from __future__ import annotations

import json
from dataclasses import replace

from streamlit.testing.v1 import AppTest

from semantic.policy.actor import Actor
from semantic.query.query import (
    Condition,
    Operator,
    Query,
)
from semantic.services.saved_questions import NOT_ALL
from semantic.store.questions.links import make_link
from semantic.workspace import Workspace
from tests.pages.explore_page import BY_CHANNEL, held, press, words
from tests.pages.saved.saving import OF_ADA, Visit, Work, address_of, field_of, press_key


def _opened_share(app: AppTest) -> AppTest:
    app.session_state[held(app).key("share")] = True
    return app.run()


def test_a_question_that_names_a_person_gets_a_link_without_the_name(visit: Visit, work: Work) -> None:
    app = _opened_share(visit(asked=OF_ADA))
    assert "This question filters by a person" in words(app)
    assert address_of(app) == {}
    app = press(app, "Copy link")
    app.run()
    (link,) = address_of(app)["q"]
    assert len(link) == 22
    assert "isn't in the URL" not in words(app)
    app = visit(q=link)
    assert held(app).draft == OF_ADA
    assert address_of(app) == {"q": [link]}


def test_a_link_shows_only_what_its_reader_can_see(
    visit: Visit, work: Work, who: dict[str, Actor], workspace: Workspace
) -> None:
    ids: list[str] = []
    for query in (OF_ADA, replace(OF_ADA, metrics=("cost",))):
        with work().store.write() as transaction:
            ids.append(make_link(transaction, query, work().actor, work().keys, is_personal=True))
    who["asks"] = workspace.people["noa"]  # may see neither cost nor anything personal
    app = visit(q=ids[0])
    assert held(app).draft == Query(metrics=("revenue",))
    assert NOT_ALL in words(app)
    assert "ada" not in words(app)
    assert words(visit(q=ids[1])) == words(visit(q="x" * 22))


def test_a_long_question_gets_a_short_link(visit: Visit) -> None:
    long = replace(BY_CHANNEL, where=Condition("channel", Operator.NOT_IN, tuple(f"channel {n}" for n in range(150))))
    app = press(_opened_share(visit(asked=long)), "Copy link")
    app.run()
    assert set(address_of(app)) == {"q"}
    assert held(visit(q=address_of(app)["q"][0])).draft == long


def _linked_by(app: AppTest) -> str:
    """Return the ID in the link that the popover offers to copy."""
    (copied,) = [element for element in app.get("bidi_component") if element.proto.component_name == "samepage_copy"]
    return str(json.loads(copied.proto.json)["link"]).partition("?q=")[2]


def test_a_link_is_short_and_shows_who_sent_it_and_their_note(
    visit: Visit, who: dict[str, Actor], workspace: Workspace
) -> None:
    app = _opened_share(visit(asked=BY_CHANNEL, chart="pie"))
    field_of(app, "Note (optional)").set_value("*Look* at [Display](https://evil.example)").run()
    link = _linked_by(_opened_share(press(app, "Copy link")))
    assert len(link) == 22
    assert "Copy link" not in [button.label for button in app.button]
    assert "q" not in address_of(app), "the sender's own address stays as it is"
    assert "You shared this" in words(visit(q=link))
    who["asks"] = workspace.people["noa"]
    app = visit(q=link)
    assert held(app).draft == BY_CHANNEL
    assert "pie" in app.query_params["chart"]
    shown = [text.value for text in app.markdown]
    assert any("**Steward shared this with you**" in text for text in shown)
    (note,) = [text for text in shown if "evil.example" in text]
    assert note.startswith("\N{LEFT DOUBLE QUOTATION MARK}\\*Look\\* at \\[Display\\]")
    assert "your numbers can differ" not in words(app)
    held(app).replace(replace(BY_CHANNEL, limit=2))
    assert "shared this with you" not in words(app.run())
    assert "shared this with you" in words(press_key(app, "undo"))


def test_a_different_note_makes_a_different_link_and_the_same_note_the_same_link(visit: Visit) -> None:
    app = press(_opened_share(visit(asked=BY_CHANNEL)), "Copy link")
    first = _linked_by(app)
    field_of(app, "Note (optional)").set_value("Look").run()
    second = _linked_by(press(app, "Copy link"))
    field_of(app, "Note (optional)").set_value("").run()
    assert (first == second, _linked_by(app)) == (False, first)


def test_a_reader_with_different_access_is_told_about_their_own_rows(
    visit: Visit, work: Work, who: dict[str, Actor], workspace: Workspace
) -> None:
    steward, dora = workspace.people["steward"], workspace.people["dora"]
    lisa = replace(dora, id="lisa", name="Lisa Moe", attributes={"countries": ("NO",)})
    ids: dict[str, str] = {}
    for sender in (steward, dora):
        who["asks"] = sender
        ids[sender.id] = work().make_link(BY_CHANNEL, is_personal=False)
    for sender, reader, rows in (
        (steward, dora, "You only have access to DE."),
        (dora, lisa, "You only have access to NO."),
        (dora, steward, "You have access to all rows."),
        (dora, replace(dora, id="dirk"), ""),
        (dora, dora, ""),
    ):
        who["asks"] = reader
        (said,) = [text for text in words(visit(q=ids[sender.id])).split(" | ") if "see different data" in text] or [""]
        differs = f"You and {sender.name} see different data, so your numbers can differ. {rows}"
        assert said.removeprefix(":orange[:material/visibility:] ") == (differs if rows else "")


def test_no_link_is_created_while_viewing_as_someone_and_the_long_address_is_offered(
    visit: Visit, who: dict[str, Actor], workspace: Workspace
) -> None:
    who["asks"] = replace(workspace.people["noa"], viewed_by="steward")
    app = _opened_share(visit(asked=BY_CHANNEL))
    assert "Copy link" not in [button.label for button in app.button]
    (copied,) = [element for element in app.get("bidi_component") if element.proto.component_name == "samepage_copy"]
    assert "m=revenue" in json.loads(copied.proto.json)["link"]
