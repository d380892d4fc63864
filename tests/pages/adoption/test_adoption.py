"""The page Adoption, a metric's usage, and the page that retires a metric: what stewards see, and who can open them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update
from streamlit.testing.v1 import AppTest

from pages.adoption.metric_use import use_words
from pages.adoption.overview import span_words
from pages.adoption.used import UNUSED, VIEW
from pages.shell import links, session
from semantic.errors import StoreFailed
from semantic.policy.actor import Actor
from semantic.services.process import Live
from semantic.services.saved_questions import SavedWork
from semantic.services.usage import adoption
from semantic.services.usage.usage import forget_usage, usage_of
from semantic.store.models.versions import VERSIONS
from semantic.store.people import PEOPLE
from tests.pages.whole_app import is_closed, open_app, show_pages_to
from tests.semantic.services import test_uploads
from tests.semantic.services.requests.test_requests import CARA
from tests.semantic.services.retiring.test_retiring import NEW, OLD, REVENUE, published, saved
from tests.semantic.services.test_uploads import ANA, MIA, VIC, opened_live
from tests.semantic.services.usage.test_usage import write
from tests.shop import SHOP

Open = Callable[..., AppTest]
EVERYONE = {f"p{number}": Actor(id=f"p{number}", name=f"P{number}", roles=frozenset({"viewer"})) for number in range(7)}


@pytest.fixture
def live(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("adoption")
    opened = opened_live(str(folder / "store.sqlite"), folder)
    monkeypatch.setattr(opened, "people", lambda: {**EVERYONE, "ana": ANA, "cara": CARA})
    with opened.store.write(recorded=False) as transaction:
        now = transaction.now
        for name in EVERYONE:
            row = {"subject": f"s-{name}", "id": name, "name": f"Name {name}", "revision": 1}
            row |= {"first_seen_at": now - timedelta(days=200), "last_seen_at": now}
            transaction.connection.execute(insert(PEOPLE).values(**row))
        transaction.connection.execute(update(VERSIONS).values(effective_at=now - timedelta(days=365)))
    forget_usage()
    yield opened
    opened.close()
    forget_usage()


@pytest.fixture
def page(live: Live, monkeypatch: pytest.MonkeyPatch) -> Open:
    def open_page(
        actor: Actor = ANA, file: str = links.ADOPTION, held: dict[str, object] | None = None, **address: str
    ) -> AppTest:
        show_pages_to(monkeypatch, lambda: actor, live.workspace, live)
        monkeypatch.setattr(session, "store", lambda: (live.store, live.keys))
        app = open_app(file, held=held, **address)
        assert not app.exception
        return app

    return open_page


def texts(app: AppTest) -> str:
    parts: list[Any] = [*app.markdown, *app.caption, *app.title]
    return "\n".join(part.value for part in parts)


def numbers(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_an_empty_company_says_so(page: Open) -> None:
    app = page()
    assert numbers(app) == {
        "Active people, 4 full weeks": "No one", "Answered without help": "No questions yet",
        "Time to first answer": "Not enough people", "Request turnaround": "Not enough people",
    }  # fmt: skip
    assert "No questions yet" in texts(app)
    assert "Too early to tell" in texts(page(held={VIEW: UNUSED}))


def test_stewards_see_counts_and_no_names(page: Open, live: Live) -> None:
    now = live.store.now()
    week = now - timedelta(days=now.weekday() + 3)
    write(live, range(6), "revenue", week)
    write(live, range(6), "revenue", week - timedelta(days=7))
    write(live, range(3), "cost", week)
    app = page()
    assert numbers(app)["Active people, 4 full weeks"] == "6"
    assert numbers(app)["Answered without help"] == "100.0%"
    rows = app.dataframe[0].value
    by_metric = {row["Metric"]: (row["People"], row["Answers"]) for row in rows.to_dict("records")}
    assert by_metric["Revenue"] == ("6", 12)
    assert by_metric["Cost"] == ("Fewer than 5", 3)
    assert "Name p" not in texts(app)
    assert "Name p" not in rows.to_csv()


def test_unused_metrics_can_be_retired_from_the_list(page: Open, live: Live) -> None:
    write(live, [0], "revenue", live.store.now() - timedelta(days=100))
    app = page(held={VIEW: UNUSED})
    targets = {link.proto.query_string for link in app.get("page_link")}
    assert "m=counter_revenue" in targets
    assert "metrics not used in any question since" in texts(app)


def test_a_metrics_usage_is_one_line_without_small_groups(live: Live) -> None:
    write(live, range(6), "revenue", live.store.now() - timedelta(days=1))
    write(live, range(2), "cost", live.store.now() - timedelta(days=1))
    usage = usage_of(live)
    assert use_words(usage["revenue"]).startswith("6 people \N{MIDDLE DOT} 6 answers \N{MIDDLE DOT} last used ")
    assert use_words(usage["cost"]).startswith("Fewer than 5 people \N{MIDDLE DOT} 2 answers")
    assert use_words(usage["clicks"]) == "Not used in the last 90 days."


def test_only_stewards_see_a_metrics_usage(page: Open, live: Live) -> None:
    write(live, range(6), "revenue", live.store.now() - timedelta(days=1))
    assert "6 people" not in texts(page(CARA, links.CATALOGUE, m="revenue"))


@pytest.mark.parametrize("file", [links.ADOPTION, links.RETIRE])
def test_only_stewards_open_the_pages(page: Open, file: str) -> None:
    for actor in (MIA, VIC, CARA):
        assert is_closed(page(actor, file))


def test_an_unavailable_store_is_reported(page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StoreFailed("The store didn't respond.")

    monkeypatch.setattr(adoption, "read_active", fail)
    assert "Couldn't load this" in texts(page())


def test_a_duration_is_stated_in_one_unit() -> None:
    spans = (timedelta(seconds=5), timedelta(minutes=89), timedelta(hours=30), timedelta(days=3), None)
    assert [span_words(span) for span in spans] == ["1 min", "89 min", "30 h", "3 days", "Not enough people"]


# Retiring


def test_a_metric_is_replaced_with_its_values_shown_and_undone(page: Open, live: Live) -> None:
    question = saved(live, REVENUE, ANA, "By channel")
    published(live, REVENUE)
    saved(live, REVENUE, CARA, "Secret plans", is_shared=False)
    app = page(file=links.RETIRE, m=OLD)
    assert "Choose a successor." in texts(app)
    app.selectbox(key=f"retire-to-{OLD}").set_value(NEW).run()
    said = texts(app)
    assert "2 items can switch automatically; 1 has to be changed by hand." in said
    assert "2,545" in said
    assert "1,715" in said
    assert "Secret" not in said
    app.button(key="retire-switch").click().run()
    assert not app.exception
    work = SavedWork(live.store, live.keys, live.workspace(), ANA)
    assert work.open(question).query.metrics == (NEW,)
    undo = [button for button in app.button if button.label.startswith("Undo")]
    assert len(undo) == 2
    undo[0].click().run()
    undone = {work.open(question).query.metrics, (OLD,)}
    assert undone <= {(OLD,), (NEW,)}


NAMED = """
analyses:
  - name: twice
    label: Ordered twice
    owner: Sales
    definition: {kind: funnel, subject: customer, steps: [revenue, order_count]}
"""


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop's model with an analysis that it names. Request it before the process."""
    copied = tmp_path / "model"
    shutil.copytree(SHOP, copied)
    (copied / "analyses.yml").write_text(NAMED, encoding="utf-8")
    monkeypatch.setattr(test_uploads, "SHOP", copied)


def test_the_models_analyses_that_use_a_metric_are_listed(named: None, page: Open) -> None:
    said = texts(page(file=links.RETIRE, m=OLD))
    assert "No item can switch automatically; 1 has to be changed by hand." in said
    assert "Analysis of the model \N{MIDDLE DOT} Sales" in said
    assert "Change it in your draft. Until then, it counts the deprecated metric." in said
    assert "Analysis of the model" not in texts(page(file=links.RETIRE, m="cost"))


def test_owners_are_notified_from_the_page(page: Open, live: Live) -> None:
    saved(live, REVENUE, CARA, "Secret plans", is_shared=False)
    app = page(file=links.RETIRE, m=OLD)
    app.button(key="retire-tell").click().run()
    assert [toast.value for toast in app.toast] == ["1 owner will get an email."]


def test_a_deprecation_opens_in_the_draft(page: Open, live: Live) -> None:
    app = page(file=links.RETIRE, m=OLD)
    app.text_input(key=f"retire-why-{OLD}").set_value("Counted twice").run()
    app.button(key="retire-draft").click().run()
    assert not app.exception
    assert app.session_state[links.AT] == "definitions"


def test_a_hidden_metric_and_a_missing_one_read_the_same(page: Open) -> None:
    assert "Metric not found" in texts(page(file=links.RETIRE, m="no_such_metric"))
    viewed = replace(ANA, viewed_by="admin")
    assert "Metric not found" in texts(page(viewed, links.RETIRE, m=OLD))
