"""The page Domains: who sees which team, how a team's steward defines a metric and sees its number, and promotion."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import links, once, session
from semantic.config.settings import Settings
from semantic.model.editing.objects import ObjectKind
from semantic.policy.actor import Actor
from semantic.services.domains import DomainWork
from semantic.services.drafts import open_edits
from semantic.services.process import Live
from tests.domain_world import ANA, FAY, FILES, LENA, MIA, build
from tests.pages.whole_app import open_app, show_pages_to

Open = Callable[..., AppTest]
NOBODY = Actor(id="nil", name="Nil Aas", roles=frozenset({"marketer"}))
M = ObjectKind.METRIC


@pytest.fixture
def live(empty_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    build(tmp_path)
    settings = Settings(
        data=str(tmp_path / "orders.duckdb"), model=tmp_path / "model", model_source="store", demo=True,
        store=str(shutil.copyfile(empty_store, tmp_path / "store.sqlite")), audit_key_file=tmp_path / "audit.key",
    )  # fmt: skip
    opened = Live.open(settings)
    monkeypatch.setattr(session, "store", lambda: (opened.store, opened.keys))
    monkeypatch.setattr(session, "settings", lambda: opened.settings)
    yield opened
    opened.close()


@pytest.fixture
def visit(live: Live, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open a page as someone."""
    asks: dict[str, Actor] = {}
    show_pages_to(monkeypatch, lambda: asks["who"], live.workspace, live)

    def open_page(
        actor: Actor, page: str = links.DOMAINS, address: Mapping[str, str] | None = None, **held: object
    ) -> AppTest:
        asks["who"] = actor
        app = open_app(page, held=held, **(address or {}))
        assert not app.exception
        return app

    yield open_page
    once.forget()


def words(app: AppTest) -> str:
    texts = [str(each.value) for kind in (app.title, app.header, app.markdown, app.caption, app.error) for each in kind]
    return " | ".join([*texts, *(button.label for button in app.button)]).replace("\\", "")


def test_stewards_see_every_team_with_its_people_and_counts(visit: Open) -> None:
    said = words(visit(ANA))
    assert "Paid media" in said
    assert "Field marketing" in said
    assert "Stewards: mia" in said or "Stewards: Mia Lind" in said
    assert "2 metrics · 0 certified · 0 open requests" in said  # what is unused is known after 90 days
    assert "1 metric · 1 segment · 0 certified" in said
    assert "Promote to core" in said


def test_people_see_only_their_own_team(visit: Open) -> None:
    said = words(visit(LENA))
    assert "Field marketing" in said
    assert "Paid media" not in said.replace("Leads · Paid media", "")
    assert "Promote" not in said
    assert "New metric" not in said
    assert "You aren't in a domain" in words(visit(NOBODY))


def test_a_steward_defines_a_metric_sees_its_number_and_publishes(visit: Open, live: Live) -> None:
    """Orders 1, 2 and 3 are in DE and AT, and are worth 1, 2 and 4 euros."""
    app = visit(MIA, **{"domain-metric": True})
    app.text_input(key="domain-metric-label").input("Paid revenue").run()
    app.selectbox(key="domain-metric-part").select("revenue").run()
    app.selectbox(key="domain-metric-by").select("market").run()
    app.multiselect(key="domain-metric-values").set_value(["DE", "AT"]).run()
    app.button(key="domain-metric-go").click().run()
    assert not app.exception
    said = words(app)
    assert "metric paid_revenue" in said
    assert "## €7" in said
    assert "Same as?" in said
    assert "paid_revenue" not in live.workspace().model.metrics
    app.session_state["domain-publish"] = True
    app.run()
    app.text_area(key="domain-publish-note").input("For the team").run()
    app.button(key="domain-publish-go").click().run()
    assert "Published as version 2." in words(app)
    metric = live.workspace().model.metrics["paid_revenue"]
    assert (metric.domain, metric.label, metric.unit) == ("paid", "Paid revenue", "EUR")


def test_a_click_with_missing_fields_marks_each_of_them(visit: Open, live: Live) -> None:
    app = visit(MIA, **{"domain-metric": True})
    app.button(key="domain-metric-go").click().run()
    said = words(app)
    for needed in ("Enter a name.", "Choose a metric.", "Choose a breakdown.", "Choose at least one value."):
        assert needed in said
    assert not open_edits(live, MIA).changed()


def test_the_form_changes_the_teams_metric_and_nothing_else(visit: Open, live: Live) -> None:
    """Of six orders, 4 and 5 are in FR."""
    app = visit(FAY)
    app.button(key="domain-edit-metric-field_leads").click().run()
    said = words(app)
    assert "**Market** is FR" in said
    assert "6 \N{RIGHTWARDS ARROW} 2" in said
    assert "## 2" in said
    app.text_input(key=field_of(app, "unit")).set_value("leads").run()
    edits = open_edits(live, FAY)
    assert edits.changed() == {(M, "field_leads"): "changed"}
    before = edits.published_text((M, "field_leads"))
    assert before is not None
    assert edits.text_of((M, "field_leads")) == before.replace("format: count", "unit: leads\nformat: count")


def field_of(app: AppTest, path: str) -> str:
    """Return the key of the widget for a path of the form."""
    keys = [str(one.key) for one in (*app.text_input, *app.selectbox) if str(one.key).endswith(f"_leads-{path}")]
    (key,) = [key for key in keys if key.startswith("form-")]
    return key


def test_the_form_offers_nothing_that_a_teams_steward_cannot_see_or_use(visit: Open) -> None:
    """Costs and buyers are hidden from marketers. Only orders and revenue are counted without conditions."""
    app = visit(FAY)
    app.button(key="domain-edit-metric-field_leads").click().run()
    assert app.selectbox(key=field_of(app, "measure")).options == ["Orders: Amount", "Orders: Orders"]
    offered = " | ".join(str(option) for one in (*app.selectbox, *app.multiselect) for option in one.options)
    for hidden in ("cost", "buyer", "secret"):
        assert hidden not in f"{words(app)} | {offered}".casefold()


@pytest.mark.parametrize("address", ["metric/paid_leads", "metric/revenue", "metric/costs", "dataset/orders"])
def test_an_address_opens_only_the_definitions_of_a_persons_own_team(visit: Open, address: str) -> None:
    app = visit(FAY, address={links.OBJECT: address})
    assert not any(str(one.key) == "definition-mode" for one in app.button_group)
    assert any(
        str(one.key) == "definition-mode"
        for one in visit(FAY, address={links.OBJECT: "metric/field_leads"}).button_group
    )


def test_a_hidden_name_typed_as_text_appears_nowhere(visit: Open, live: Live) -> None:
    key = (M, "field_leads")
    work = DomainWork(live, FAY)
    text = work.edits().text_of(key)
    work.write(work.edits(), key, text.replace("measure: orders.orders", "measure: orders.cost"))
    app = visit(FAY, address={links.OBJECT: "metric/field_leads"})
    said = words(app)
    assert "It uses a name that doesn't exist, or that you can't use." in said
    assert "Costs" not in said
    assert "## " not in said
    work.write(work.edits(), key, text.replace("market = 'FR'", "cost > 4"))
    app = visit(FAY, address={links.OBJECT: "metric/field_leads"})
    assert "\N{RIGHTWARDS ARROW}" not in words(app), "rows aren't counted by a column that no dimension shows"


def test_a_promotion_is_added_to_the_stewards_draft(visit: Open, live: Live) -> None:
    app = visit(ANA, **{"domain-chosen": "paid"})
    app.button(key="domain-promote-metric-paid_order_value").click().run()
    assert "Your draft promotes Paid order value to the core." in words(app)
    assert open_edits(live, ANA).changed() == {(M, "paid_order_value"): "changed"}
    assert live.workspace().model.metrics["paid_order_value"].domain == "paid"


def test_a_new_domain_is_added_to_the_stewards_draft(visit: Open, live: Live) -> None:
    app = visit(ANA, **{"domain-new": True})
    app.text_input(key="domain-new-label").input("Partners & co").run()
    app.multiselect(key="domain-new-stewards").set_value(["fay"]).run()
    app.button(key="domain-new-go").click().run()
    assert "Your draft adds the domain Partners & co." in words(app)
    edits = open_edits(live, ANA)
    assert edits.changed() == {(ObjectKind.DOMAIN, "partners_co"): "added"}
    DomainWork(live, ANA).publish(edits, note="A team")
    assert live.workspace().model.domains["partners_co"].stewards.people == {"fay"}


def test_the_menu_lists_it_for_stewards_and_teams(visit: Open) -> None:
    def is_listed(actor: Actor) -> bool:
        app = visit(actor, links.HOME)
        menu = app.session_state["menu"]
        return any(
            page.title == "Domains" and page.visibility == "visible" for pages in menu.pages.values() for page in pages
        )

    assert [is_listed(actor) for actor in (ANA, MIA, NOBODY)] == [True, True, False]


def test_the_catalogue_shows_and_filters_by_domain(visit: Open) -> None:
    def listed(**held: object) -> set[str]:
        app = visit(LENA, links.CATALOGUE, **held)
        return {word for word in ("Leads · Field marketing", "Leads · Paid media", "Revenue") if word in labels(app)}

    assert listed() == {"Leads · Field marketing", "Leads · Paid media", "Revenue"}
    assert listed(**{"list-domain": ["Paid media"]}) == {"Leads · Paid media"}
    assert listed(**{"list-domain": ["Core"]}) == {"Revenue"}


def labels(app: AppTest) -> str:
    """Return the labels of all links."""
    return " | ".join(str(link.proto.label) for link in app.get("page_link")).replace("\\", "")


def test_the_files_are_as_published_before_anyone_publishes(visit: Open, live: Live) -> None:
    visit(MIA)
    assert set(FILES) == {path.name for path in (live.settings.model).glob("*.yml")}
