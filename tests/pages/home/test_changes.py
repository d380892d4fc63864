"""The block "Needs a look": worse changes first, one line for metrics that changed together, and a link to all
of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import links, once
from semantic.config.settings import Settings
from semantic.store.accounts.follows import follow
from semantic.workspace import Workspace
from tests.pages.conftest import OpensWhenAsked
from tests.pages.whole_app import open_app, show_pages_to

# Thirteen weeks with 50 sessions, 50 orders and 10 returns. Then twelve weeks with 100 to 102 sessions, 50 or 51 orders
# and 10 or 11 returns. In the week of 25 May there are 150 sessions, 75 orders and 20 returns. Each session has four
# bounces.
DATA = """
CREATE TABLE weeks AS SELECT w, DATE '2026-03-02' + CAST(7 * w AS INTEGER) AS day,
    CASE WHEN w < 0 THEN 50 WHEN w < 12 THEN 100 + w % 3 ELSE 150 END AS sessions,
    CASE WHEN w < 0 THEN 50 WHEN w < 12 THEN 50 + w % 2 ELSE 75 END AS orders,
    CASE WHEN w < 0 THEN 10 WHEN w < 12 THEN 10 + w % 2 ELSE 20 END AS returned
FROM range(-13, 13) AS t(w);
CREATE TABLE visits AS SELECT CAST(row_number() OVER () AS INTEGER) AS id, CAST(day AS DATE) AS day,
    TIMESTAMPTZ '2026-06-01 04:00:00+00' AS loaded_at FROM weeks, range(200) AS r(i) WHERE i < sessions;
CREATE TABLE orders AS SELECT CAST(row_number() OVER () AS INTEGER) AS id, CAST(day AS DATE) AS day,
    TIMESTAMPTZ '2026-06-01 04:00:00+00' AS loaded_at FROM weeks, range(200) AS r(i) WHERE i < orders;
CREATE TABLE returned AS SELECT CAST(row_number() OVER () AS INTEGER) AS id, CAST(day AS DATE) AS day,
    TIMESTAMPTZ '2026-06-01 04:00:00+00' AS loaded_at FROM weeks, range(200) AS r(i) WHERE i < returned;
"""
MODEL = (
    "datasets:\n"
    + "".join(
        f"""
  - name: {name}
    table: {name}
    grain: [id]
    time: day
    columns: {{id: integer, day: date, loaded_at: timestamptz}}
    dimensions: [{{name: day, kind: time}}]
    freshness: {{column: loaded_at}}
    measures:
      - {{name: rows, agg: count}}
      - {{name: tenths, agg: sum, sql: "id * 0 + 4"}}
"""
        for name in ("visits", "orders", "returned")
    )
    + """
metrics:
  - {name: sessions, label: Sessions, measure: visits.rows, format: count, direction: up}
  - {name: bounced, label: Bounced sessions, measure: visits.tenths, format: count, direction: down}
  - {name: orders, label: Orders, measure: orders.rows, format: count, direction: up}
  - {name: returns, label: Returns, measure: returned.rows, format: count, direction: down}
policies:
  - {name: all_rows, who: {people: [mark]}, grant: {metrics: all, dimensions: all}, whole: all}
people:
  - {id: mark, name: Mark, roles: [marketer]}
"""
)
Open = Callable[[], AppTest]


class MondayWorkspace(Workspace):
    """A workspace on the Monday after the thirteenth week."""

    def today(self) -> date:
        return date(2026, 6, 1)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder: Path = tmp_path_factory.mktemp("weeks")
    with duckdb.connect(folder / "data.duckdb") as connection:
        connection.execute(DATA)
    (folder / "model").mkdir()
    (folder / "model" / "all.yml").write_text(MODEL, encoding="utf-8")
    opened = MondayWorkspace.open(Settings(data=str(folder / "data.duckdb"), model=folder / "model"))
    yield opened
    opened.close()


@pytest.fixture
def home(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    show_pages_to(monkeypatch, lambda: workspace.people["mark"], lambda: workspace)

    def open_home() -> AppTest:
        app = open_app(links.HOME)
        assert not app.exception
        return app

    yield open_home
    once.forget()


def words(app: AppTest) -> str:
    return " | ".join(str(each.value) for kind in (app.markdown, app.caption) for each in kind).replace("\\", "")


def lines(app: AppTest) -> list[str]:
    """Return the links of the block, in order."""
    names = ("Sessions", "Bounced", "Orders", "Returns")
    tiles = 4  # each key metric's tile has a link too, before the block
    labels = [link.proto.label.replace("*", "").replace("\\", "") for link in app.get("page_link")]
    return [label for label in labels if label.startswith(names)][tiles:]


def test_worse_changes_come_first_and_those_that_moved_together_are_one_line(home: Open) -> None:
    app = home()
    assert lines(app)[:3] == ["Returns", "Bounced sessions and Sessions", "Orders"]
    texts = words(app)
    # The means of the twelve weeks are 10.5 returns, 101 sessions and 50.5 orders.
    assert "+90.5% worse" in texts
    assert "+48.5%" in texts
    assert "+48.5% better" in texts  # orders: 75 are 48.5% more too, but other rows
    assert "Needs a look (3)" in texts
    assert "4 metrics checked. 4 outside the usual range." in texts


def test_every_metric_outside_its_range_can_be_seen(home: Open) -> None:
    app = home()
    (see,) = [button for button in app.button if button.label == "See all 4"]
    app = see.click().run()
    assert not app.exception
    assert lines(app)[:4] == ["Returns", "Bounced sessions", "Sessions", "Orders"]
    (fewer,) = [button for button in app.button if button.label == "Show fewer"]
    assert lines(fewer.click().run())[:3] == ["Returns", "Bounced sessions and Sessions", "Orders"]


def test_a_followed_metric_names_the_metrics_that_moved_with_it(
    home: Open, workspace: Workspace, store: OpensWhenAsked
) -> None:  # fmt: skip
    with store()[0].write(recorded=False) as transaction:
        follow(transaction, workspace.people["mark"], "metric", "sessions")
    assert "Sessions and Bounced sessions" in lines(home())


def test_a_marketer_reads_first_what_changed_in_the_tiles(
    home: Open, workspace: Workspace, store: OpensWhenAsked
) -> None:  # fmt: skip
    with store()[0].write(recorded=False) as transaction:
        follow(transaction, workspace.people["mark"], "metric", "sessions")
    texts = words(home())
    # 4 x (100 + 101 + 102) + 150 sessions, after 13 x 50: 2.095 times as many.
    assert "**Good to know.** Sessions rose 110% to 1.36K." in texts
    assert texts.index("Good to know") < texts.index("You follow")
