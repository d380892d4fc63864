"""The model's named analyses on the page Analyses: where to start, the line above, changes and hidden ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.analyses.opening import KEY
from pages.shell import links, once
from semantic.policy.actor import Actor
from tests.pages.analyses.conftest import answered, rows
from tests.pages.whole_app import open_app, show_pages_to
from tests.semantic.analyses.events.logged import MODEL, LoggedWorkspace, open_log

NAMED = """
analyses:
  - name: view_to_cart
    label: From view to cart
    description: How many who look at something put it in the cart.
    owner: Web
    definition: {kind: funnel, subject: person, steps: [views, carts]}
    certified: {by: Ana, until: 2026-12-31}
  - name: view_to_checkout
    label: From view to checkout
    owner: Web
    definition: {kind: funnel, subject: person, steps: [views, checkouts]}
"""


@pytest.fixture(scope="module")
def naming(tmp_path_factory: pytest.TempPathFactory) -> LoggedWorkspace:
    return open_log(tmp_path_factory.mktemp("naming"), rows(), model=MODEL + NAMED)


@pytest.fixture
def who(naming: LoggedWorkspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Actor]]:
    asks = {"now": naming.people["ana"]}
    show_pages_to(monkeypatch, lambda: asks["now"], lambda: naming)
    yield asks
    once.forget()


def opened(**params: Any) -> AppTest:
    app = answered(open_app(links.ANALYSES, **params))
    assert not app.exception
    return app


def text_of(app: AppTest) -> str:
    return "\n".join(str(each.value) for each in (*app.header, *app.markdown)).replace("\\", "")


def change(app: AppTest, **keys: object) -> AppTest:
    state = app.session_state[KEY]
    state.show(state.data | keys)
    return answered(app.run())


def test_a_link_opens_it_with_its_name_and_badge(who: dict[str, Actor]) -> None:
    """Six of the ten people added something to the cart."""
    app = opened(named="view_to_cart")
    assert "60.0% of people got from Views to Carts." in text_of(app)
    assert "**From view to cart** :gray[in the model, Web]" in text_of(app)
    assert "Certified" in text_of(app)
    assert links.NAMED not in app.query_params


def test_changing_the_period_keeps_the_badge_and_changing_a_rule_does_not(who: dict[str, Actor]) -> None:
    app = opened(named="view_to_cart")
    app = change(app, time={"from": "2026-03-01", "to": "2026-03-10"})
    assert ("Certified" in text_of(app), "Another period" in text_of(app)) == (True, True)
    app = change(app, order="strict")
    assert ("Certified" in text_of(app), ":small[Changed]" in text_of(app)) == (False, True)
    app = answered(app.button(key="analysis-named-revert").click().run())
    assert app.session_state[KEY].data["steps"] == [{"metric": "views"}, {"metric": "carts"}]
    assert "order" not in app.session_state[KEY].data
    assert "Certified" in text_of(app)


def test_filters_make_it_another_analysis(who: dict[str, Actor]) -> None:
    app = opened(named="view_to_cart")
    app = change(app, where={"dim": "market", "op": "in", "values": ["DE"]})
    assert ("Certified" in text_of(app), ":small[Changed]" in text_of(app)) == (False, True)


def test_the_same_definition_is_recognized_wherever_it_comes_from(who: dict[str, Actor]) -> None:
    asked = '{"kind":"funnel","v":1,"subject":"person","steps":[{"metric":"views"},{"metric":"carts"}]}'
    assert "**From view to cart**" in text_of(opened(a=asked))
    other = asked.replace("carts", "searches")
    assert "in the model" not in text_of(opened(a=other))


def test_a_hidden_analysis_is_not_offered_and_reads_as_missing(naming: LoggedWorkspace, who: dict[str, Actor]) -> None:
    who["now"] = naming.people["nora"]  # she doesn't see carts
    hidden, missing = opened(named="view_to_cart"), opened(named="view_to_care")
    shown = "\n".join([*(str(each.value) for each in hidden.markdown), *(each.label for each in hidden.button)])
    assert "From view to cart" not in shown
    assert [str(each.value) for each in hidden.markdown] == [
        str(each.value).replace("view_to_care", "view_to_cart") for each in missing.markdown
    ]
    assert "in the model, Web" in text_of(opened(named="view_to_checkout"))
