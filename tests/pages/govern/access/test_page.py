"""The page Access and view as: what it shows to each person, and how viewing as someone changes every page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import identity, links, once, session, viewing
from semantic.identity.sessions import SignedIn
from semantic.store.audit.entries import Entry, each_entry
from semantic.store.audit.sentences import sentence
from tests.pages.signing_in import sign_in
from tests.pages.whole_app import open_app
from tests.waiting import STUCK


def open_page(page: str = links.ACCESS) -> AppTest:
    app = open_app(page)
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    values = [element.value for kind in (app.title, app.markdown, app.caption) for element in kind]
    return " | ".join(values).replace("\\", "")


def tabbed(tab: str) -> AppTest:
    """Return the page with this tab open."""
    app = open_app(links.ACCESS, held={"access-tabs": tab})
    assert not app.exception
    return app


def begin(signed_in: SignedIn, person: str = "jonas") -> viewing.Viewing:
    live = session.live()
    people = live.workspace().people
    return viewing.begin(live, signed_in.number, people["ana"], people[person])


def told(kind: str) -> list[Entry]:
    """Return the audit log's entries with a kind that begins with this text, oldest first."""
    live = session.live()
    with live.store.read() as connection:
        entry = list(each_entry(connection, live.keys))
    return sorted(
        (audit_entry for audit_entry in entry if audit_entry.kind.startswith(kind)),
        key=lambda audit_entry: audit_entry.number,
    )


def test_only_stewards_open_it(cookies: dict[str, str]) -> None:
    sign_in(cookies, "jonas")
    app = open_app()
    assert "access" not in str(app.session_state["menu"].pages)

    def page() -> None:
        import runpy

        runpy.run_path("pages/govern/access/page.py")

    app = AppTest.from_function(page, default_timeout=STUCK).run()
    assert "You don't have access to this page" in words(app)


def test_the_page_shows_who_can_see_a_metric_and_why(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    app = open_page()
    app.selectbox(key="access-metric").select("gross_margin").run()
    texts = words(app)
    people = session.workspace().people.values()
    hidden = sum(person.is_at_least("marketer") and not person.is_at_least("steward") for person in people)
    assert f"{len(people) - hidden} of {len(people)} people** can see Gross margin" in texts
    assert "Own markets removes access to Gross margin (everything tagged margin)." in texts
    assert "All markets grants Gross margin (every metric)." in texts
    app.multiselect(key="access-by").select("birth_year").run()
    assert "All markets grants Birth year (every dimension)." in words(app)
    app.text_input(key="access-find").set_value("nobody of this name").run()
    assert "No matches." in words(app)


def test_the_page_shows_what_a_person_sees(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    app = tabbed("One person's access")
    app.selectbox(key="access-person").select("claire").run()
    texts = words(app)
    assert "Policies: **Own markets**, **Personal data**." in texts
    assert "Own markets shows rows of Orders where Market is France." in texts
    metrics, dimensions, hidden = (list(frame.value["Name"]) for frame in app.dataframe)  # and no rows to list
    assert ("Ad spend" in metrics, "Market" in dimensions, "Gross margin" in hidden) == (True, True, True)
    assert "Customer name" not in [*dimensions, *hidden]  # the steward may not know of it either


def test_two_peoples_answers_are_compared(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    app = tabbed("Compare two people")
    assert "Pick a metric" in words(app)
    app.selectbox(key="pair-first").select("jonas").run()
    app.selectbox(key="pair-second").select("claire").run()
    app.multiselect(key="pair-metrics").select("spend").run()
    app.multiselect(key="pair-by").select("market").run()
    assert "Scope: Germany, Austria" in words(app)
    assert "Scope: France" in words(app)
    assert not app.dataframe
    app.button(key="pair-run").click().run()
    assert not app.exception
    table = app.dataframe[0].value
    marks = dict(zip(table["Market"], table[""], strict=True))
    assert marks == {
        "Germany": "Only Jonas Falk",
        "Austria": "Only Jonas Falk",
        "France": "Only Claire Moreau",
        "Total": "Differs",
    }
    assert [sentence(entry) for entry in told("access.explained")] == [
        "Ana Ribeiro checked what Jonas Falk can see and why"
    ]
    app.selectbox(key="pair-second").select("ana").run()
    assert app.button(key="pair-run")  # oneself needs no grant
    app.multiselect(key="pair-metrics").set_value(["gross_margin"]).run()
    assert "One of them can't run this question" in words(app)


def test_answers_of_people_one_cannot_view_as_stay_hidden(
    cookies: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(cookies, "ana")
    app = tabbed("Compare two people")
    monkeypatch.setattr("semantic.policy.viewing._holds", lambda viewable, person: False)
    app.multiselect(key="pair-metrics").select("spend").run()
    assert "You can't see their results. No policy lets you view as Lena Brandt." in words(app)
    assert "pair-run" not in [button.key for button in app.button]


def test_policy_tests_run_on_the_page(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    app = tabbed("Policy tests")
    assert "7 tests: 3 passed, 4 need data. Choose **Run all** to ask for it." in words(app)
    app.button(key="tests-run").click().run()
    assert "7 tests, all passed." in words(app)
    assert "Personal data of customers" not in words(app)  # this test names parts that the steward can't see either


def test_viewing_as_someone_applies_to_every_page_until_it_is_stopped(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    app = tabbed("View as")
    assert [button.label for button in app.button if button.label.startswith("View as")] == [
        "View as Lena Brandt", "View as Jonas Falk", "View as Claire Moreau",
    ]  # fmt: skip
    app.button(key="view-as-jonas").click().run()
    seen = session.actor()
    assert seen is not None
    assert (seen.id, seen.viewed_by) == ("jonas", "ana")
    for page in ("pages/home/page.py", "pages/explore/page.py", "pages/metrics/page.py"):
        texts = words(open_page(page))  # each a tab of its own, as after a reload
        assert "**Viewing as Jonas Falk.** You can't change or export anything. 29 minutes left." in texts, page
        assert "signed in as Ana Ribeiro" in texts
    app = open_page("pages/home/page.py")
    assert "Access" not in [row.title for group in app.session_state["menu"].pages.values() for row in group]
    app.button(key="viewing-stop").click().run()
    assert "Viewing as" not in words(app)
    me = session.actor()
    assert me is not None
    assert (me.id, me.viewed_by) == ("ana", None)
    sentences = [sentence(entry) for entry in told("view_as.")]
    assert sentences == ["Ana Ribeiro started viewing as Jonas Falk", "Ana Ribeiro stopped viewing as Jonas Falk"]
    assert told("view_as.")[-1].details["why"] == "stopped"


def test_export_is_off_while_viewing(cookies: dict[str, str]) -> None:
    signed_in = sign_in(cookies, "ana")

    def export_help() -> str:
        app = open_app(m="spend", by="market", v="1")
        return str([popover.proto.popover for popover in app.get("popover") if popover.proto.popover.label == "Export"])

    assert "disabled: true" not in export_help()
    begin(signed_in)
    assert "disabled: true" in export_help()


def test_another_process_shows_the_persons_own_view_without_a_frame(
    cookies: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """View-as sessions are kept per process. In any other process, people see their own numbers, without the frame."""
    begin(sign_in(cookies, "ana"))
    viewings, there = viewing._held, dict[str, viewing.Viewing]()
    for held_viewings, views in ((viewings, True), (there, False), (viewings, True)):
        once.forget()  # the other process opens the same store
        monkeypatch.setattr(viewing, "_held", held_viewings)
        app = open_app(links.EXPLORE, m="spend", by="market", v="1")
        assert not app.exception
        assert ("**Viewing as Jonas Falk.**" in words(app)) is views
        assert ("Germany, Austria only" in words(app)) is views
        (export,) = [popover.proto.popover for popover in app.get("popover") if popover.proto.popover.label == "Export"]
        assert export.disabled is views
        assert "signed in as Ana Ribeiro" in words(app)


def test_viewing_ends_after_half_an_hour_and_says_so(cookies: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in = sign_in(cookies, "ana")
    view = begin(signed_in)
    late = view.until - timedelta(seconds=1)
    monkeypatch.setattr(viewing, "_now", lambda: late)
    assert "Less than a minute left" in words(open_page("pages/home/page.py"))
    monkeypatch.setattr(viewing, "_now", lambda: view.until)
    assert session.actor() == session.signed_in_person()
    app = open_page("pages/home/page.py")
    assert "You're back to your own view and no longer see the app as Jonas Falk. The 30 minutes are over." in words(
        app
    )
    ended = told("view_as.ended")[-1]
    assert dict(ended.details) == {"viewing": view.number, "why": "time_is_up"}
    app.button(key="viewing-over-act").click().run()
    assert "back to your own view" not in words(app)


def test_removing_the_policy_ends_viewing(cookies: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    begin(sign_in(cookies, "ana"))
    monkeypatch.setattr("semantic.policy.viewing._holds", lambda viewable, person: False)
    assert session.actor() == session.signed_in_person()
    assert "A policy no longer allows it." in words(open_page("pages/home/page.py"))


def test_no_cookie_or_address_starts_viewing_and_another_sign_in_does_not_have_it(cookies: dict[str, str]) -> None:
    signed_in = sign_in(cookies, "ana")
    begin(signed_in)
    first = cookies[identity.COOKIE]
    sign_in(cookies, "ana")  # the same person in another browser
    assert session.current_viewing() is None
    cookies["samepage_viewing"] = "jonas"
    app = open_app(held=None, **{"view_as": "jonas", "as": "jonas", "viewed_by": "ana"})
    assert "Viewing as" not in words(app)
    cookies[identity.COOKIE] = first
    assert session.current_viewing() is not None


def test_nothing_from_one_view_stays_in_the_session_of_the_next(cookies: dict[str, str]) -> None:
    signed_in = sign_in(cookies, "ana")
    app = open_page("pages/home/page.py")
    app.session_state["left_behind"] = "an answer"
    begin(signed_in)
    app.run()
    assert "left_behind" not in app.session_state
    app.session_state["left_behind"] = "an answer of Jonas"
    app.button(key="viewing-stop").click().run()
    assert "left_behind" not in app.session_state


def test_a_steward_who_is_viewed_cannot_view_as_others(
    cookies: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("semantic.policy.viewing._holds", lambda viewable, person: True)
    signed_in = sign_in(cookies, "lena")
    live = session.live()
    people = live.workspace().people
    viewing.begin(live, signed_in.number, people["lena"], people["ana"])
    texts = words(tabbed("View as"))
    assert "You're viewing as Ana Ribeiro" in texts
    assert "**Viewing as Ana Ribeiro.**" in texts
