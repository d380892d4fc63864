"""The page Your uploads: from a file to metrics, a newer file, sharing, deleting, and who can do what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import links
from pages.uploads.state import VIEW
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.services.process import Live
from semantic.services.uploads import UploadWork
from semantic.store.uploads.uploads import Upload
from semantic.uploads.reading import read_file
from semantic.uploads.upload import metric_name
from tests.pages.whole_app import is_closed, open_app, show_pages_to
from tests.semantic.services.test_uploads import ANA, BUDGET, MIA, VIC, opened_live

Open = Callable[..., AppTest]
NEXT = b"day,channel,budget\n2026-01-01,search,200\n2026-01-03,mail,1.5\n"
"""One row of BUDGET changed, one was added, and two were removed."""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("uploads")
    opened = opened_live(str(folder / "store.sqlite"), folder)
    yield opened
    opened.close()


@pytest.fixture
def page(live: Live, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    def open_page(actor: Actor = MIA, view: str = "") -> AppTest:
        show_pages_to(monkeypatch, lambda: actor, live.workspace, live)
        app = open_app(links.UPLOADS, held={VIEW: view} if view else None)
        assert not app.exception
        return app

    yield open_page
    for actor in (MIA, ANA):
        work = UploadWork(live, actor)
        for upload in work.uploads():
            if work.may_change(upload):
                work.delete(upload)


def made(live: Live, content: bytes = BUDGET, label: str = "Budget") -> str:
    work, reading = UploadWork(live, MIA), read_file(content)
    return work.make(reading, work.plan(reading, label=label))


def send(app: AppTest, content: bytes, name: str = "budget.csv") -> AppTest:
    app.file_uploader[0].set_value((name, content, "text/csv"))
    app.run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    parts: list[Any] = [*app.markdown, *app.caption, *app.title]
    return "\n".join(part.value for part in parts)


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


def only(live: Live, actor: Actor = MIA) -> Upload:
    (upload,) = UploadWork(live, actor).uploads()
    return upload


def total(live: Live, upload: Upload) -> object:
    name = metric_name(upload.plan, "budget")
    return live.workspace().ask(Query(metrics=(name,)), MIA).table.column(name).to_pylist()[0]


def test_an_empty_page_says_what_to_upload(page: Open) -> None:
    app = page()
    assert "No uploads yet" in texts(app)
    press(app, "uploads-add")
    assert app.title[0].value == "Upload a file"


def test_a_file_becomes_an_upload(page: Open, live: Live) -> None:
    app = send(page(view="new"), BUDGET)
    assert "3 rows, 3 columns" in texts(app)
    assert {metric.label: metric.value for metric in app.metric} == {"Rows": "3", "Budget": "150.50"}
    press(app, "uploads-make")
    upload = only(live)
    assert upload.plan.purpose == "budgets"  # so that rows of future days count too
    assert (upload.plan.label, upload.plan.key, upload.plan.day) == ("Budget", ("day", "channel"), "day")
    assert total(live, upload) == Decimal("150.50")
    assert app.title[0].value == "Budget"
    assert "Budget is ready" in texts(app)


def test_a_question_blocks_until_it_is_answered(page: Open, live: Live) -> None:
    app = send(page(view="new"), b"day,budget\n03/04/2026,1\n05/06/2026,2\n")
    assert "is 03/04/2026 written like" in texts(app)
    assert not [button for button in app.button if button.key == "uploads-make"]
    (choice,) = [box for box in app.selectbox if box.label.startswith("Type") and box.value is None]
    choice.set_value("date day_first").run()
    press(app, "uploads-make")
    last = only(live).last_day
    assert last is not None
    assert (last.day, last.month) == (5, 6)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"a,b\n", "no rows"),
        (b"%PDF-1.7", "PDF"),
        (b"a,b\n1,2\n3,4,5\n6,7\n8,9\n", "Row 3 has 3 cells"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(page: Open, content: bytes, says: str) -> None:
    app = send(page(view="new"), content)
    assert says in texts(app)
    assert not [button for button in app.button if button.key == "uploads-make"]


def test_another_file_shows_what_disappears_before_it_applies(page: Open, live: Live) -> None:
    upload = made(live)
    app = send(page(view=upload), NEXT)
    assert "1 new, 1 changed, 2 disappear." in texts(app)
    assert total(live, only(live)) == Decimal("150.50")
    press(app, "uploads-one-apply")
    assert total(live, only(live)) == Decimal("201.5")
    press(app, "uploads-one-restore-1")
    assert total(live, only(live)) == Decimal("150.50")


def test_an_upload_is_deleted_after_confirmation(page: Open, live: Live) -> None:
    upload = made(live)
    app = page(view=upload)
    assert app.button(key="uploads-one-delete").disabled
    app.checkbox(key=f"uploads-one-sure-{upload}").check().run()
    press(app, "uploads-one-delete")
    assert UploadWork(live, MIA).uploads() == []
    assert "Budget was deleted" in texts(app)


def test_names_of_files_and_headings_are_shown_as_plain_text(page: Open, live: Live) -> None:
    content = b'<img src=x>,"[a](http://evil.example)",:material/verified:\nx,y,1\nz,w,2\n'
    app = send(page(view="new"), content, "../../etc/:material[verified] **x** <b>.csv")
    assert "<img src=x>" not in [part.value for part in app.markdown if part.allow_html]
    press(app, "uploads-make")
    assert "/" not in only(live).plan.label
    page()


def test_only_marketers_and_above_open_it_and_a_steward_sees_no_numbers(page: Open, live: Live) -> None:
    upload = made(live)
    assert is_closed(page(VIC))
    app = page(ANA, view=upload)
    assert "Only people it's shared with see its numbers." in texts(app)
    assert not [button for button in app.button if (button.key or "").startswith("uploads-one")]
    other = Actor(id="tom", name="Tom", roles=frozenset({"marketer"}))
    assert "no longer exists, or you don't have access" in texts(page(other, view=upload))


def test_amounts_get_the_currency_that_is_chosen(page: Open, live: Live) -> None:
    app = send(press(page(), "uploads-add"), BUDGET)
    currency = next(field for field in app.selectbox if field.label == "Currency")
    assert currency.value == ""
    currency.set_value("GBP").run()
    assert next(field for field in app.multiselect if field.label == "Amounts").value == ["budget"]
    assert "£150.50" in [metric.value for metric in app.metric]
    press(app, "uploads-make")
    assert [column.unit for column in only(live).plan.columns if column.name == "budget"] == ["GBP"]
