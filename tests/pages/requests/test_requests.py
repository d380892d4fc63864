"""The page Requests and its form, by role: a request is sent, joined, answered, and shown on the page where it was
made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.asking import form
from pages.shell import links, session
from semantic.errors import StoreFailed
from semantic.policy.actor import Actor
from semantic.services.process import Live
from semantic.services.requests.work import RequestOrigin, RequestWork
from semantic.store.requests.requests import GONE, REQUESTS
from tests.pages.whole_app import open_app, show_pages_to
from tests.semantic.services.requests.test_requests import CARA, REVENUE
from tests.semantic.services.test_uploads import ANA, MIA, TOM, opened_live

Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("requests")
    opened = opened_live(str(folder / "store.sqlite"), folder)
    yield opened
    opened.close()


@pytest.fixture
def page(live: Live, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    def open_page(
        actor: Actor, file: str = links.REQUESTS, held: dict[str, object] | None = None, **address: str
    ) -> AppTest:
        show_pages_to(monkeypatch, lambda: actor, live.workspace, live)
        monkeypatch.setattr(session, "store", lambda: (live.store, live.keys))
        app = open_app(file, held=held, **address)
        assert not app.exception
        return app

    yield open_page
    with live.store.write(recorded=False) as transaction:
        transaction.connection.execute(REQUESTS.delete())


def texts(app: AppTest) -> str:
    parts: list[Any] = [*app.markdown, *app.caption, *app.title]
    return "\n".join(part.value for part in parts)


def buttons(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def keyed(app: AppTest, start: str, end: str) -> str:
    """Return the key of the only widget with a key that begins and ends like this."""
    widgets: list[Any] = [*app.button, *app.text_input, *app.text_area]
    (key,) = [widget.key for widget in widgets if str(widget.key).startswith(start) and str(widget.key).endswith(end)]
    return key


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


def test_an_empty_list_says_how_to_ask(page: Open) -> None:
    assert "You haven't asked for anything" in texts(page(CARA))
    steward = page(ANA)
    assert "No new requests" in texts(steward)


def test_a_person_who_answers_requests_sees_their_own_if_none_are_new(page: Open, live: Live) -> None:
    sent = RequestWork(live, ANA).ask("Payback", "metric", RequestOrigin())
    assert "**Payback**" in texts(page(ANA))
    RequestWork(live, ANA).answer(sent.id, "See the board Finance.")
    steward = page(ANA)
    assert "No new requests" not in texts(steward)
    assert "See the board Finance." in texts(steward)


def test_the_form_sends_a_request(page: Open, live: Live) -> None:
    app = press(page(CARA), "requests-ask")
    app.text_input(key=keyed(app, "asking-", "-words")).set_value("Payback period").run()
    app.text_area(key=keyed(app, "asking-", "-purpose")).set_value("Board meeting").run()
    press(app, keyed(app, "asking-", "-send"))
    (listed,) = RequestWork(live, ANA).to_answer()
    assert (listed.request.words, listed.request.purpose) == ("Payback period", "Board meeting")
    app = page(CARA)
    assert "**Payback period**" in texts(app)
    assert any(label.startswith("Withdraw") for label in buttons(app))


def test_a_person_who_wants_the_same_can_join_before_sending(page: Open, live: Live) -> None:
    sent = RequestWork(live, MIA).ask("Payback period", "metric", RequestOrigin())
    RequestWork(live, TOM).join(sent.id, RequestOrigin())
    app = page(CARA, held={form.OPEN: form.OpenForm(form.Start(words="payback period"), 1)})
    assert "2 people need this" in texts(app)
    assert "Mia" not in texts(app)
    press(app, keyed(app, "asking-", "-button"))
    assert [one.name for one in RequestWork(live, ANA).to_answer()[0].wanting] == ["Mia", "Tom", "Cara"]


def test_a_stewards_answer_is_shown_where_the_request_was_made(page: Open, live: Live) -> None:
    sent = RequestWork(live, CARA).ask("Payback", "metric", RequestOrigin(place="explore"))
    app = page(ANA, r=sent.id)
    assert app.title[0].value == "Payback"
    app.selectbox(key="request-answer-metric").set_value("revenue").run()
    press(app, "request-answer-send")
    assert "The person who asked will see it where they asked." in texts(app)
    for place in (links.EXPLORE, links.HOME):
        shown = page(CARA, place)
        assert "Revenue is now a metric." in texts(shown)
        assert "You asked for “Payback”." in texts(shown)
    closed = page(CARA, links.EXPLORE)
    press(closed, f"news-{sent.id}-close")
    assert "Revenue is now a metric." not in texts(closed)
    assert "Revenue is now a metric." not in texts(page(CARA, links.HOME))


def test_others_neither_see_nor_answer_a_request(page: Open, live: Live) -> None:
    sent = RequestWork(live, CARA).ask("Payback", "metric", RequestOrigin())
    for actor in (MIA, TOM):
        app = page(actor, r=sent.id)
        assert GONE in texts(app)
        assert "Payback" not in texts(app)
        assert "Payback" not in texts(page(actor))


def test_one_click_begins_a_draft(page: Open, live: Live) -> None:
    sent = RequestWork(live, CARA).ask("Payback period", "metric", RequestOrigin())
    app = press(page(ANA, r=sent.id), "request-draft")
    assert app.session_state[links.AT] == "definitions"
    assert dict(app.query_params)[links.OBJECT] in ("metric/payback_period", ["metric/payback_period"])
    (listed,) = RequestWork(live, ANA).to_answer()
    assert (listed.request.state, listed.request.draft) == ("answering", "payback_period")


def test_a_refused_question_goes_to_a_steward_with_the_question(page: Open, live: Live) -> None:
    app = page(CARA, links.EXPLORE, m="revenue", by="product", t="2026-01-01..2026-01-31")
    (key,) = [str(button.key) for button in app.button if button.label == form.HELP_LABEL]
    press(app, key)
    app.text_input(key=keyed(app, "asking-", "-words")).set_value("Revenue by product").run()
    press(app, keyed(app, "asking-", "-send"))
    (listed,) = RequestWork(live, ANA).to_answer()
    attached = RequestWork(live, ANA).attached(listed.wanting[0])
    assert (listed.request.kind, listed.wanting[0].place) == ("question", "explore")
    assert attached.query is not None
    assert attached.query.metrics == ("revenue",)


def test_a_receipt_can_be_asked_about(page: Open, live: Live) -> None:
    receipt = live.workspace().ask(REVENUE, CARA).receipt
    live.recorder.flush()
    app = press(page(CARA, links.RECEIPT, receipt=receipt), "receipt-right")
    press(app, keyed(app, "asking-", "-send"))
    (listed,) = RequestWork(live, ANA).to_answer()
    assert (listed.request.kind, listed.request.metric, listed.wanting[0].receipt) == ("number", "revenue", receipt)
    RequestWork(live, ANA).answer(listed.request.id, "It's right, tests are left out.")
    assert "It's right, tests are left out." in texts(page(CARA, links.RECEIPT, receipt=receipt))


def test_new_requests_are_in_a_stewards_queue(page: Open, live: Live) -> None:
    RequestWork(live, CARA).ask("Payback period", "metric", RequestOrigin())
    assert "**Payback period**" in texts(page(ANA, links.HOME))
    assert "Payback period" not in texts(page(MIA, links.HOME))


def test_a_request_whose_metric_is_live_waits_in_the_queue(page: Open, live: Live) -> None:
    sent = RequestWork(live, CARA).ask("Turnover", "metric", RequestOrigin())
    RequestWork(live, ANA).drafted(sent.id, "turnover")
    assert "Its metric is live." not in texts(page(ANA, links.HOME))
    RequestWork(live, ANA).drafted(sent.id, "revenue")
    assert "Its metric is live. 1 person is waiting for the answer." in texts(page(ANA, links.HOME))
    assert "Its metric is live." not in texts(page(MIA, links.HOME))


def test_while_viewing_as_someone_nothing_can_be_sent(page: Open) -> None:
    viewed = Actor(id="cara", name="Cara", roles=CARA.roles, groups=CARA.groups, viewed_by="ana")
    app = page(viewed, held={form.OPEN: form.OpenForm(form.Start(words="Payback"), 1)})
    assert not [button for button in app.button if button.label == "Send request"]
    assert form.ASK_LABEL not in buttons(app)


def test_an_unavailable_store_is_reported_and_the_rest_works(page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StoreFailed("The store didn't respond.")

    monkeypatch.setattr(RequestWork, "mine", fail)
    assert "Couldn't load requests" in texts(page(CARA))
    assert not page(CARA, links.EXPLORE, m="revenue").exception
