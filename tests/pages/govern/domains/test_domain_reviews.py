"""Reviews on the page Domains: a second steward reads a team's draft and decides, and the author publishes it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import links, once, session
from semantic.config.settings import Settings
from semantic.model.editing.objects import Key, ObjectKind
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.services.domains import DomainWork
from semantic.services.process import Live
from semantic.services.reviewing.work import ReviewWork
from tests.domain_world import ANA, FAY, FILES, LENA, MIA, PAT, build
from tests.pages.whole_app import open_app, show_pages_to
from tests.waiting import until

Open = Callable[..., AppTest]
NOA = Actor(id="noa", name="Noa Berg", roles=frozenset({"marketer"}))
LEADS: Key = ObjectKind.METRIC, "paid_leads"


@pytest.fixture
def live(empty_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """The company in which Noa is a second steward of Paid media, and Lena requested its leads."""
    build(tmp_path)
    teams = FILES["teams.yml"].replace("people: [mia]", "people: [mia, noa]")
    core = FILES["core.yml"].replace("  - {id: pat,", "  - {id: noa, name: Noa Berg, roles: [marketer]}\n  - {id: pat,")
    (tmp_path / "model" / "teams.yml").write_text(teams, encoding="utf-8")
    (tmp_path / "model" / "core.yml").write_text(core, encoding="utf-8")
    settings = Settings(
        data=str(tmp_path / "orders.duckdb"), model=tmp_path / "model", model_source="store", demo=True,
        store=str(shutil.copyfile(empty_store, tmp_path / "store.sqlite")), audit_key_file=tmp_path / "audit.key",
    )  # fmt: skip
    opened = Live.open(settings)
    monkeypatch.setattr(session, "store", lambda: (opened.store, opened.keys))
    monkeypatch.setattr(session, "settings", lambda: opened.settings)
    opened.workspace().ask(Query(metrics=("paid_leads",)), LENA)
    yield opened
    opened.close()


@pytest.fixture
def visit(live: Live, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens the page as a person, who also acts from then on."""
    asks: dict[str, Actor] = {}
    show_pages_to(monkeypatch, lambda: asks["who"], live.workspace, live)
    monkeypatch.setattr(session, "actor", lambda: asks["who"])

    def open_page(actor: Actor, page: str = links.DOMAINS, **address: str) -> AppTest:
        asks["who"] = actor
        app = open_app(page, held={"domain-publish": True}, **address)
        assert not app.exception
        return app

    yield open_page
    once.forget()


def drafted(live: Live) -> DomainWork:
    """Create Mia's draft, in which only Germany's leads count as the team's: 2 instead of 3."""
    work = DomainWork(live, MIA)
    edits = work.edits()
    edits = work.write(edits, LEADS, edits.text_of(LEADS).replace("'DE', 'AT'", "'DE'")).edits
    until(lambda: work.state(edits).step == "unsent", "Lena's receipt")  # kept in the background
    return work


def words(app: AppTest) -> str:
    texts = [str(each.value) for kind in (app.title, app.header, app.markdown, app.caption, app.error) for each in kind]
    return " | ".join([*texts, *(button.label for button in app.button)]).replace("\\", "")


def reviews(live: Live) -> list[str]:
    return [each.review.id for each in ReviewWork(live, MIA).mine()]


def test_a_draft_goes_from_one_steward_of_the_team_to_the_other_and_back(visit: Open, live: Live) -> None:
    drafted(live)
    app = visit(MIA)
    assert "so another steward of Paid media has to approve it first." in words(app)
    app.text_area(key="domain-publish-note").input("Austria has its own team now").run()
    app.button(key="domain-send").click().run()
    assert "Sent for review." in words(app)
    (review,) = reviews(live)

    app = visit(NOA)
    assert "Waiting for your review (1)" in words(app)
    assert "**Leads**" in words(app)  # a draft is named after its change
    app.button(key=f"domain-review-open-{review}").click().run()
    assert not app.exception
    said = words(app)
    assert "Austria has its own team now" in said
    assert "other person" not in said  # who uses it isn't hers to know
    (values,) = [frame.value for frame in app.dataframe]
    assert values.to_numpy().tolist() == [["Leads · Paid media", "3", "2", "\N{MINUS SIGN}33.3%"]]
    assert "SQL and text" not in [each.label for each in app.expander]
    assert app.button(key="review-approve").disabled
    for box in app.checkbox:
        app = box.check().run()
    app.button(key="review-approve").click().run()
    assert "You approved this draft." in words(app)
    assert "Approved by Noa Berg." in words(app)

    app = visit(MIA)
    app.text_area(key="domain-publish-note").input("Austria has its own team now").run()
    app.button(key="domain-publish-go").click().run()
    assert "Published as version 2." in words(app)
    assert live.workspace().ask(Query(metrics=("paid_leads",)), LENA).table.column("paid_leads")[0].as_py() == 2


def test_home_says_which_reviews_wait_for_a_teams_steward_and_where_they_open(visit: Open, live: Live) -> None:
    assert "Your queue" not in words(visit(NOA, links.HOME))
    work = drafted(live)
    work.send(work.edits(), note="Germany only")
    (review,) = reviews(live)
    app = visit(NOA, links.HOME)
    assert "Your queue (1)" in words(app)
    (link,) = [each.proto for each in app.get("page_link") if each.proto.label.startswith("Review")]
    assert (link.page, link.query_string) == ("domains", f"review={review}")
    for other in (LENA, FAY):
        assert "Your queue" not in words(visit(other, links.HOME))


def test_asking_for_changes_reaches_the_author_on_the_page(visit: Open, live: Live) -> None:
    work = drafted(live)
    work.send(work.edits(), note="Germany only")
    (review,) = reviews(live)
    app = visit(NOA, review=review)
    app.text_area(key=f"review-text-{review}").set_value("Keep Austria.").run()
    app.button(key="review-ask").click().run()
    assert "You asked for changes." in words(app)
    app = visit(MIA)
    assert "A reviewer asked for changes. Make them, then send it again." in words(app)
    app.button(key="domain-open-review").click().run()
    assert not app.exception
    assert "Keep Austria." in words(app)
    assert "You can't approve your own draft." in words(app)
    app.button(key="review-to-draft").click().run()
    assert "Paid media" in words(app)


def test_others_neither_see_the_review_nor_open_it_by_its_address(visit: Open, live: Live) -> None:
    work = drafted(live)
    work.send(work.edits(), note="Germany only")
    (review,) = reviews(live)
    for other in (FAY, PAT, LENA):
        assert "Waiting for your review" not in words(visit(other))
        said = words(visit(other, review=review))
        assert "Couldn't open this review" in said
        assert "Germany only" not in said
    assert "Germany only" in words(visit(ANA, review=review))


def test_without_reviews_the_page_does_not_mention_them(visit: Open) -> None:
    assert "review" not in words(visit(NOA)).lower()
