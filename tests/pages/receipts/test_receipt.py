"""A receipt's page over the small shop: the same result, a different one, someone else's receipt, a missing one, and
how to show and paste receipts.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.explore.result import exports
from pages.explore.result.passport import passport_of
from pages.receipts import receipt as receipt_page
from pages.shell import links, session
from semantic.audit_trail.recorder import NO_FILE
from semantic.config.settings import Settings
from semantic.query.codec import query_from_json
from semantic.services.process import Live
from semantic.store.database import Store, connect_store
from semantic.store.open import open_store
from semantic.workspace import Workspace
from tests.pages.explore_page import words
from tests.pages.whole_app import open_app
from tests.shop import SHOP, ShopWorkspace

ROOT = Path(__file__).parents[3]
BY_CHANNEL = query_from_json('{"metrics":["revenue"],"by":["channel"]}')
ZOE = query_from_json('{"metrics":["revenue"],"where":{"dim":"email","op":"in","values":["zoe@example.com"]}}')


@pytest.fixture(scope="module")
def live(shop_file: Path, empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("shop")
    data = shutil.copyfile(shop_file, folder / "shop.duckdb")
    shutil.copyfile(empty_store, folder / "store.sqlite")
    settings = Settings(data=str(data), model=SHOP, mask_key="a key of the tests", store=str(folder / "store.sqlite"))
    settings = replace(settings, audit_key="a secret of tests, long enough to sign with")
    opened = Live(settings, *open_store(settings), ShopWorkspace.open(settings))
    yield opened
    opened.close()


@pytest.fixture
def who() -> dict[str, str]:
    return {"asks": "steward"}


@pytest.fixture(autouse=True)
def signed_in(live: Live, who: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = live.workspace()
    monkeypatch.setattr(session, "_actor", lambda cookie, running: workspace.people[who["asks"]])
    monkeypatch.setattr(session, "cookies", dict)
    monkeypatch.setattr(session, "live", lambda: live)


def page(receipt: str) -> AppTest:
    return open_app(links.RECEIPT, receipt=receipt) if receipt else open_app(links.RECEIPT)


def given(live: Live, query: Any = BY_CHANNEL, person: str = "steward") -> str:
    workspace = live.workspace()
    return workspace.ask(query, workspace.people[person]).receipt


def test_a_recent_receipt_has_equal_numbers(live: Live) -> None:
    receipt = given(live)
    app = page(receipt)
    texts = words(app)
    assert not app.exception
    assert [subheader.value for subheader in app.subheader] == [":green[:material/check_circle:] Equal"]
    assert f"Receipt {receipt}, given to Steward on" in texts
    for line in ("**Definition**", "**Policy**", "**Data**", "No row restrictions"):
        assert line in texts
    (grid,) = app.dataframe
    assert len(grid.value) == 7
    assert "Re-run" in [button.label for button in app.button]


def test_another_person_learns_nothing_about_the_numbers_shown(live: Live, who: dict[str, str]) -> None:
    receipt = given(live)
    who["asks"] = "dora"
    texts = words(page(receipt))
    assert "Re-run for you" in [subheader.value.partition("] ")[2] for subheader in page(receipt).subheader]
    assert "given on" in texts
    assert "Steward" not in texts
    assert "Scope: DE" in texts


def test_opening_it_is_recorded_once_however_often_the_page_runs(live: Live) -> None:
    receipt = given(live)
    app = page(receipt)
    kept_answer = app.session_state[receipt_page.HELD]
    assert app.run().session_state[receipt_page.HELD] is kept_answer
    (again,) = [button for button in app.button if button.label == "Re-run"]
    assert again.click().run().session_state[receipt_page.HELD] is not kept_answer


@pytest.mark.parametrize(
    ("receipt", "says"),
    [
        ("R-2222-2222-2222", "There's no receipt R-2222-2222-2222 that you can open."),
        ("R-2222-2222-2223", "has a typo"),
        ("nonsense", "That receipt ID has a typo"),
    ],
)
def test_a_missing_receipt_is_reported_with_a_field_to_try_again(receipt: str, says: str) -> None:
    app = page(receipt)
    assert not app.exception
    assert says in words(app)
    assert [box.label for box in app.text_input] == ["Paste a receipt"]


def test_without_a_receipt_there_is_a_field_to_enter_one(live: Live) -> None:
    app = page("")
    receipt = given(live)
    assert [box.label for box in app.text_input] == ["Paste a receipt"]
    app.text_input[0].set_value(f" {receipt.lower()} ").run()
    assert app.query_params["receipt"] in (receipt, [receipt])


def test_a_question_that_cannot_be_asked_says_so_and_shows_no_rows(live: Live, who: dict[str, str]) -> None:
    receipt = given(live, ZOE)
    who["asks"] = "mia"
    app = page(receipt)
    assert "uses something that isn't available to you" in words(app)
    assert not app.dataframe
    assert "zoe" not in words(app)


def test_a_question_that_names_a_person_is_not_put_into_an_address(live: Live) -> None:
    assert [link for link in page(given(live, ZOE)).get("page_link") if "Explore" in link.proto.label] == []


def test_an_unavailable_store_is_reported(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = given(live)
    monkeypatch.setattr(live, "store", Store(connect_store("postgresql://u:x@127.0.0.1:1/none?connect_timeout=1")))
    app = page(receipt)
    assert "Couldn't open this receipt" in words(app)


def test_the_passport_of_a_number_has_the_receipt_of_its_answer(live: Live) -> None:
    workspace = live.workspace()
    steward = workspace.people["steward"]
    shown = workspace.ask(BY_CHANNEL, steward)
    passport = passport_of(workspace, steward, shown, 0, "revenue")
    assert passport.receipt == shown.receipt
    assert ("Receipt", shown.receipt) in passport.facts


def test_the_picture_shows_its_receipt(live: Live) -> None:
    workspace = live.workspace()
    steward = workspace.people["steward"]
    shown = workspace.ask(BY_CHANNEL, steward)
    said = exports._picture_texts(shown, workspace.visible(steward))
    assert str(said["footer"]).endswith(f"Europe/Berlin, {shown.receipt}")


def test_no_file_is_offered_before_its_receipt_is_stored(live: Live) -> None:
    workspace: Workspace = live.workspace()
    shown = workspace.ask(BY_CHANNEL, workspace.people["steward"])
    assert workspace.why_no_file(shown) == ""
    assert workspace.why_no_file(replace(shown, receipt="")) == NO_FILE
