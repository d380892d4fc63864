"""Save questions, and read and click on the pages of saved questions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from streamlit.testing.v1 import AppTest

from semantic.policy.actor import Actor
from semantic.query.query import (
    Condition,
    Operator,
    Query,
)
from semantic.services.saved_questions import SavedWork
from semantic.store.questions.questions import SavedQuestion, save_question
from semantic.store.questions.versions import Content
from semantic.store.spaces.spaces import MINE, make_space
from tests.pages.explore_page import BY_CHANNEL, held

OF_ADA = Query(metrics=("revenue",), where=Condition("email", Operator.IN, ("ada@example.com",)))
MARKETER = Actor(id="mo", name="Mo Berg, marketer", roles=frozenset({"marketer"}))
Visit = Callable[..., AppTest]


Work = Callable[[], SavedWork]


def save_as(
    work: SavedWork, query: Query = BY_CHANNEL, *, actor: Actor | None = None, name: str = "Revenue", space: str = "",
    chart: str = "",
) -> SavedQuestion:  # fmt: skip
    by = actor or work.actor
    with work.store.write() as transaction:
        where = make_space(transaction, space, by, work.keys).id if space else MINE
        content = Content(query=query, chart=chart, is_personal=query == OF_ADA)
        saved = save_question(transaction, content, by, work.keys, name=name, sentence="Why", space=where)
    return replace(work, actor=by).open(saved).head


def field_of(app: AppTest, label: str) -> Any:
    fields = [box for kind in (app.text_input, app.selectbox, app.button_group) for box in kind]
    (box,) = [each_box for each_box in fields if each_box.label == label]
    return box


def press_key(app: AppTest, key: str) -> AppTest:
    """Click the button with this key."""
    (button,) = [each_button for each_button in app.button if each_button.key == key]
    return button.click().run()


def address_of(app: AppTest) -> dict[str, list[str]]:
    return dict(held(app).address or {})


def links_on(app: AppTest) -> list[str]:
    every = [link.proto.label.replace("\\", "") for link in app.get("page_link")]
    return [label for label in every if label != "Switch person"]
