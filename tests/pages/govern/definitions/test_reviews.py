"""Reviews on the page Definitions: a draft goes from its author to a reviewer and back, and access is checked."""

from __future__ import annotations

from datetime import timedelta

from streamlit.testing.v1 import AppTest

from pages.shell import links, session
from semantic.services.drafts import Edits, list_drafts, new_draft, open_edits, write_object
from semantic.services.reviewing.work import ReviewWork
from semantic.store.models.versions import files_of, publish, read_head
from semantic.store.uses.uses import read_recent_questions
from tests.pages.govern.definitions.test_page import SPEND, running, words
from tests.pages.signing_in import sign_in
from tests.pages.whole_app import is_closed, open_app


def drafted(person: str = "ana", name: str = "Spend without tests") -> Edits:
    """Return a draft in which the certified metric spend counts fewer rows."""
    live = session.live()
    actor = live.workspace().people[person]
    edits = new_draft(live, actor, name=name)
    text = f"{edits.text_of(SPEND).rstrip()}\nfilter: spend > 0\n"
    return write_object(live, actor, edits, SPEND, text).edits


def sent(person: str = "ana") -> str:
    live = session.live()
    return ReviewWork(live, live.workspace().people[person]).send(drafted(person), "Tests aren't spend")


def page(view: str, **address: str) -> AppTest:
    app = open_app(links.DEFINITIONS, held={"definition-view": view}, **address)
    assert not app.exception
    return app


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def test_a_draft_that_needs_a_review_is_sent_and_not_published(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    drafted()
    number = running()[0]
    app = page("Changes")
    assert "This needs a review" in words(app)
    assert "It changes" in words(app)
    assert "Can be approved by Otto Weiss." in words(app)
    assert "Publish" not in labels(app)
    app = app.button(key="review-send").click().run()
    assert "Say what changes, and why." in words(app)
    assert "Waiting for review" not in words(app)
    app = app.text_area(key="publish-note").set_value("Tests aren't spend").run()
    app = app.button(key="review-send").click().run()
    assert not app.exception
    assert "Waiting for review" in words(app)
    assert running()[0] == number
    app = app.button(key="review-open-own").click().run()
    assert "You can't approve your own draft." in words(app)
    assert "Approve" not in labels(app)


def test_a_reviewer_ticks_approves_and_the_author_publishes(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    number, review = running()[0], sent()
    sign_in(cookies, "otto")
    app = page("Reviews")
    assert "Waiting for you (1)" in words(app)
    app = app.button(key=f"review-open-{review}").click().run()
    assert not app.exception
    texts = words(app)
    assert texts.index("What it changes") < texts.index("Definitions", texts.index("What it changes"))
    assert "Tests aren't spend" in texts
    assert app.button(key="review-approve").disabled
    app = app.button(key="review-ask").click().run()
    assert "Describe what should change." in words(app)
    assert "You asked for changes." not in words(app)
    for box in app.checkbox:
        app = box.check().run()
    app = app.button(key="review-approve").click().run()
    assert "You approved this draft." in words(app)
    sign_in(cookies, "ana")
    assert "Approved. You can publish it." in words(page("Reviews"))
    app = page("Changes")
    assert "Approved by Otto Weiss." in words(app)
    assert app.text_area(key="publish-note").value == "Tests aren't spend"
    app = app.button(key="publish").click().run()
    assert f"Version {number + 1} is live. New results use it." in words(app)
    app = page("Reviews", review=review)
    assert f"Version {number + 1}" in words(app)


def test_reading_a_review_does_not_count_as_using_its_metrics(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    review = sent()
    sign_in(cookies, "otto")
    live = session.live()

    def asked() -> list[str]:
        with live.store.read() as connection:
            recent = read_recent_questions(connection, live.store.now() - timedelta(days=1))
        return [metric for one in recent for metric in one.query.metrics]

    before = asked()
    app = page("Reviews", review=review)
    assert "What it changes" in words(app)
    assert app.dataframe
    assert asked() == before


def test_asking_for_changes_reaches_the_author(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    review = sent()
    sign_in(cookies, "otto")
    app = page("Reviews", review=review)
    app = app.text_area(key=f"review-text-{review}").set_value("Name the filter.").run()
    app = app.button(key="review-ask").click().run()
    assert "You asked for changes." in words(app)
    sign_in(cookies, "ana")
    assert "Otto Weiss asked for changes:" in words(page("Changes"))
    assert "Name the filter." in words(page("Changes"))


def test_an_unknown_review_and_someone_elses_draft_say_so(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    edits = drafted()
    assert "no longer exists" in words(page("Reviews", review="0" * 16))
    assert "No drafts are waiting for review" in words(page("Reviews"))
    sign_in(cookies, "otto")
    assert edits.draft is not None
    app = page("Edit", draft=edits.draft.id)
    assert "This draft no longer exists, or it isn't yours." in words(app)
    assert list_drafts(session.live(), session.live().workspace().people["otto"]) == []


def test_only_stewards_open_a_review(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    review = sent()
    sign_in(cookies, "jonas")
    assert is_closed(open_app(links.DEFINITIONS, review=review))


def test_the_menu_starts_renames_duplicates_and_discards_drafts(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    live = session.live()
    ana = live.workspace().people["ana"]
    edits = drafted(name="First")
    assert edits.draft is not None
    app = open_app(links.DEFINITIONS, held={"draft-menu": True})
    assert edits.draft.id in app.query_params["draft"]
    app = app.text_input(key=f"draft-name-{edits.draft.id}").set_value("Renamed").run()
    app = app.button(key="draft-duplicate").click().run()
    assert {draft.title for draft in list_drafts(live, ana)} == {"Renamed", "Copy of Renamed"}
    app = app.text_input(key="draft-new-name").set_value("Third").run()
    app = app.button(key="draft-new").click().run()
    assert list_drafts(live, ana)[0].title == "Third"
    app = app.button(key=f"draft-open-{edits.draft.id}").click().run()
    assert open_edits(live, ana).draft == open_edits(live, ana, draft=edits.draft.id).draft
    app = app.button(key="draft-discard-ask").click().run()
    app = app.button(key="draft-discard-sure").click().run()
    assert not app.exception
    assert {draft.title for draft in list_drafts(live, ana)} == {"Copy of Renamed", "Third"}


def test_a_rollback_that_makes_rules_less_strict_is_sent_for_review(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    live = session.live()
    ana = live.workspace().people["ana"]
    with live.store.read() as connection:
        head = read_head(connection)
        assert head is not None
        files = files_of(connection, head.number)
    rules = "certification: {check_days: 0}"
    path, text = next((path, text) for path, text in files.items() if rules in text)
    stricter = {**files, path: text.replace(rules, "certification: {check_days: 30}")}
    publish(live.store, live.keys, stricter, parent=head.number, actor=ana, note="Thirty days of passed checks")
    live.take()
    app = open_app(links.DEFINITIONS, held={"definition-view": "Versions", f"roll-back-{head.number}": True})
    assert not app.exception
    assert "Certification requirements would be weaker. Another person has to approve this" in words(app)
    assert app.button(key=f"roll-back-go-{head.number}").label == "Send for review"
    app.session_state[f"roll-back-{head.number}"] = True
    app.text_input(key=f"roll-back-note-{head.number}").set_value("Too strict").run()
    app = app.button(key=f"roll-back-go-{head.number}").click().run()
    assert not app.exception
    assert "Not rolled back yet. Certification requirements would be weaker." in words(app)
    assert running()[0] == head.number + 1
    assert [draft.title for draft in list_drafts(live, ana)] == [f"Roll back to version {head.number}"]
    app = app.button(key="roll-back-review").click().run()
    assert f"Roll back to version {head.number}: Too strict" in words(app)
    assert "You can't approve your own draft." in words(app)
