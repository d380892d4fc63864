"""From a company's tables to a published model that only one person sees, its first answers and its board."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from semantic.__main__ import main
from semantic.config.settings import Settings, load_settings
from semantic.errors import ModelError, NotAllowed, OpenGuesses
from semantic.introspection.proposing import model_files
from semantic.model.definitions import Granularity
from semantic.model.loading.load import parse_model
from semantic.policy.actor import Actor
from semantic.query.query import Between, Last, Query
from semantic.services.adding.adding import MOST_PEOPLE, Adding, Additions, addable_tables
from semantic.services.adding.drafting import Sharing, draft_model, publish_added
from semantic.services.adding.first_answers import counted_dataset, first_board, first_metrics, make_boards, plain_count
from semantic.services.boards import BoardWork
from semantic.services.process import Live
from semantic.store.models.versions import files_of, publish
from semantic.workspace import Workspace
from tests.browser.own_data import write_shop
from tests.engines import postgres_database
from tests.semantic.introspection.drafted import accepted, drafted
from tests.waiting import STUCK

NORA = Actor(id="nora", name="Nora", roles=frozenset({"steward"}))
VERA = Actor(id="vera", name="Vera", roles=frozenset({"viewer"}))
UTC_EUR = {"zone": "UTC", "currency": "EUR"}


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    for name in ("SETTINGS", "MODEL", "MODEL_SOURCE", "DATA", "STORE", "DEMO", "AUDIT_KEY", "AUDIT_KEY_FILE"):
        monkeypatch.delenv(f"SAMEPAGE_{name}", raising=False)
    shop, folder = write_shop(tmp_path / "shop"), tmp_path / "own"
    assert main(["start", "--data", str(shop), "--name", "Ruth Hale", "--folder", str(folder), "--prepare"]) == 0
    opened = Live.open(load_settings({"SAMEPAGE_SETTINGS": str(folder / "settings.toml")}))
    yield opened
    opened.close()


def ruth(live: Live) -> Actor:
    return live.workspace().people["ruth"]


def profiled(live: Live, *tables: str) -> Adding:
    """Return Ruth's work on the page Add data, once its tables are profiled."""
    adding = Adding()
    adding.choose_source("")
    adding.offer = addable_tables(live.workspace(), "")
    adding.choose_tables(tables or [table.name for table in adding.offer.tables])
    profiling = adding.profile(live.workspace())
    assert profiling.wait(STUCK)
    assert profiling.problem == ""
    return adding


def total(live: Live, actor: Actor, metric: str) -> object:
    result = live.workspace().start(Query(metrics=(metric,)), actor).result()
    return result.table.column(metric).to_pylist()[0]


def names(live: Live, actor: Actor) -> set[str]:
    return {metric.name for metric in live.workspace().visible(actor).metrics}


def test_uploads_of_others_are_not_offered(live: Live) -> None:
    """A link can name any connection, and a profile has values."""
    assert "uploads" in live.workspace().connectors.names()
    with pytest.raises(NotAllowed, match="Their owners share them"):
        addable_tables(live.workspace(), "uploads")
    adding = Adding()
    adding.choose_source("uploads")
    with pytest.raises(NotAllowed):
        adding.profile(live.workspace())


def test_nothing_is_drafted_before_every_question_is_answered(live: Live) -> None:
    adding = profiled(live)
    assert {guess.id for guess in adding.open_guesses()} == {"zone", "currency"}
    with pytest.raises(OpenGuesses):
        draft_model(live, ruth(live), adding)
    adding.answers |= UTC_EUR
    assert draft_model(live, ruth(live), adding).datasets == ("customers", "orders")


def test_a_published_table_is_visible_to_one_person_only(live: Live) -> None:
    adding = profiled(live)
    adding.answers |= {"zone": "Europe/London", "currency": "GBP"}
    drafted = draft_model(live, ruth(live), adding)
    assert "total" not in live.workspace().model.metrics  # a draft changes nothing
    version = publish_added(live, ruth(live), adding, drafted, "The shop")
    assert (version.number, version.author_name) == (2, "Ruth Hale")
    model = live.workspace().model
    assert (model.settings.time_zone, model.settings.currency) == ("Europe/London", "GBP")
    assert float(str(total(live, ruth(live), "total"))) == 184.39
    assert total(live, ruth(live), "orders") == 8
    assert names(live, NORA) == names(live, VERA) == set()
    shown = {dimension.name for dimension in live.workspace().visible(ruth(live)).dimensions}
    assert "country" in shown
    assert "email" not in shown


def test_sharing_gives_it_to_a_role_without_personal_columns(live: Live) -> None:
    adding = profiled(live)
    adding.answers |= UTC_EUR
    drafted = draft_model(live, ruth(live), adding, Sharing(roles=("viewer",), groups=("shop",)))
    publish_added(live, ruth(live), adding, drafted, "The shop")
    assert names(live, VERA) == names(live, ruth(live)) >= {"orders", "total"}
    assert names(live, NORA) == set()  # a steward only sees what is shared with stewards
    assert names(live, Actor(id="gil", name="Gil", roles=frozenset({"marketer"}), groups=frozenset({"shop"})))
    assert "email" not in {dimension.name for dimension in live.workspace().visible(VERA).dimensions}


def test_a_changed_answer_replaces_what_the_draft_had(live: Live) -> None:
    adding = profiled(live)
    adding.answers |= UTC_EUR
    first = draft_model(live, ruth(live), adding)
    adding.choose_tables(["orders"])
    assert adding.profile(live.workspace()).wait(STUCK)
    second = draft_model(live, ruth(live), adding)
    assert first.datasets == ("customers", "orders")
    assert second.datasets == ("orders",)
    assert not any("customers" in path for path in second.edits.files)
    assert second.others == 0


def test_an_answer_that_is_no_longer_offered_is_asked_again(live: Live) -> None:
    adding = profiled(live)
    adding.answers |= {**UTC_EUR, "orders.key": "number_of_last_year", "customers.country.label": True}
    assert adding.open_guesses() == ()
    proposal = adding.proposal()
    assert proposal is not None
    key = proposal.guess("orders.key")
    assert key is not None
    assert not key.is_answered
    assert draft_model(live, ruth(live), adding).datasets == ("customers", "orders")


def test_later_changes_by_others_stay(live: Live) -> None:
    adding = profiled(live)
    adding.answers |= UTC_EUR
    drafted = draft_model(live, ruth(live), adding)
    with live.store.read() as connection:
        files = files_of(connection, 1)
    person = "people:\n- {id: nora, name: Nora, roles: [steward]}\n"
    publish(live.store, live.keys, files | {"more.yml": person}, parent=1, actor=NORA, note="Nora")
    live.take()
    version = publish_added(live, ruth(live), adding, drafted, "The shop")
    assert version.number == 3
    assert set(live.workspace().people) == {"ruth", "nora"}
    assert total(live, ruth(live), "orders") == 8


def test_more_tables_are_added_to_the_existing_ones(live: Live) -> None:
    adding = profiled(live, "orders")
    adding.answers |= UTC_EUR
    publish_added(live, ruth(live), adding, draft_model(live, ruth(live), adding), "Orders")
    adding.begin_again()
    adding.choose_tables(["customers"])
    assert adding.profile(live.workspace()).wait(STUCK)
    assert adding.open_guesses() == ()  # the model's own zone and currency apply
    drafted = draft_model(live, ruth(live), adding)
    assert drafted.datasets == ("customers",)
    publish_added(live, ruth(live), adding, drafted, "Customers")
    assert len(live.workspace().model.datasets) == 2
    assert total(live, ruth(live), "orders") == 8


def test_an_existing_table_is_not_added_again_without_a_review(live: Live) -> None:
    """Under another name, its rows would be visible despite the row rules on the first."""
    adding = profiled(live, "orders")
    adding.answers |= UTC_EUR
    publish_added(live, ruth(live), adding, draft_model(live, ruth(live), adding), "Orders")
    adding.begin_again()
    adding.choose_tables(["customers", "orders"])
    assert adding.profile(live.workspace()).wait(STUCK)
    drafted = draft_model(live, ruth(live), adding)
    assert len(drafted.datasets) == 2  # the second orders has another name
    with pytest.raises(NotAllowed, match="let people see more than before"):
        publish_added(live, ruth(live), adding, drafted, "Customers, and orders again")
    assert len(live.workspace().model.datasets) == 1


def test_first_answers_are_compared_with_plain_counts(live: Live) -> None:
    adding = profiled(live)
    adding.answers |= UTC_EUR
    drafted = draft_model(live, ruth(live), adding)
    model = drafted.workspace.model
    metrics = first_metrics(model, drafted.metrics)
    assert [metric.name for metric in metrics[:2]] == ["orders", "total"]
    counted = {
        metric.name: plain_count(drafted.workspace, adding, dataset)
        for metric in metrics
        if (dataset := counted_dataset(metric, model)) is not None
    }
    assert counted == {"orders": 8, "customers": 4}


@pytest.mark.server
def test_the_plain_count_uses_the_same_table(tmp_path: Path) -> None:
    sql = """CREATE TABLE "Orders" AS SELECT 1 AS id UNION ALL SELECT 2 UNION ALL SELECT 3;
        CREATE TABLE orders AS SELECT 1 AS id"""
    model = """
model: {name: Shop, currency: EUR, time_zone: UTC}
datasets:
  - {name: orders, label: Orders, table: Orders, grain: [id], columns: {id: integer},
     measures: [{name: orders, agg: count}]}
"""
    with postgres_database(sql) as url:
        workspace = Workspace.open(Settings(data=url, model=tmp_path), {"shop.yml": model})
        assert plain_count(workspace, Adding(), workspace.model.datasets["orders"]) == 3
        workspace.close()


def test_first_answers_cover_every_table_starting_with_the_one_with_dates(tmp_path: Path) -> None:
    sql = """CREATE TABLE ads AS SELECT range AS ad_id, range AS impressions, range AS clicks, range AS likes,
        range AS shares, range AS saves, range AS plays, 1.5 AS spend FROM range(30);
        CREATE TABLE orders AS SELECT range AS order_id, DATE '2026-01-01' + CAST(range AS INT) AS ordered_on,
        2.5 AS total FROM range(30)"""
    model = parse_model(model_files(accepted(drafted(sql, tmp_path)), person="ruth"))
    labels = [metric.label for metric in first_metrics(model, tuple(model.metrics))]
    assert labels[:3] == ["Orders", "Total", "Total per order"]
    assert labels[3] == "Spend"  # each ad's row is a line of a report


def test_the_first_board_opens_on_the_days_that_have_data(live: Live) -> None:
    adding = profiled(live)
    adding.answers |= UTC_EUR
    drafted = draft_model(live, ruth(live), adding)
    publish_added(live, ruth(live), adding, drafted, "The shop")
    work = BoardWork(live.store, live.keys, live.workspace(), ruth(live))
    (number,) = make_boards(adding, work, drafted.metrics)
    board = work.open(number).board
    assert board.title == "Orders"
    period = board.start.period
    assert isinstance(period, Between)  # March to May 2026
    assert (str(period.start), str(period.end)) == ("2026-03-01", "2026-05-31")
    assert list(work.problems(board)) == []
    assert first_board(live.workspace(), NORA, drafted.metrics) is None  # she sees none of it
    assert period != Last(13, Granularity.WEEK)


def test_a_conflicting_model_is_reported_and_not_published(live: Live) -> None:
    adding = profiled(live)
    adding.answers |= UTC_EUR | {"orders.rows.metric": False, "orders.key": "rows"}
    drafted = draft_model(live, ruth(live), adding)
    assert "orders" not in drafted.metrics
    with live.store.read() as connection:
        files = files_of(connection, 1)
    with pytest.raises(ModelError):
        publish(live.store, live.keys, files | {"x.yml": "datasets: 1\n"}, parent=1, actor=NORA, note="")


def test_unfinished_additions_are_separate_for_each_person_and_limited_in_number() -> None:
    additions = Additions()
    additions.of("ruth").answers["zone"] = "UTC"
    assert additions.of("nora").answers == {}
    assert additions.of("ruth").answers == {"zone": "UTC"}
    for number in range(MOST_PEOPLE):
        additions.of(str(number))
    assert additions.of("ruth").answers == {}
