"""Data checks: who runs them, what is stored, who sees which findings, and that no question waits for them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from semantic.__main__ import main
from semantic.api.responses import answer_data
from semantic.config.settings import Settings
from semantic.display.export.about import about
from semantic.display.trust import facts
from semantic.errors import NotAllowed
from semantic.model.loading.load import parse_model
from semantic.policy.actor import Actor
from semantic.policy.narrow import narrow
from semantic.query.query import Query
from semantic.results.failed_checks import CheckState, FoundCheck, describe_failed_check, failed_checks
from semantic.results.result import FailedCheck
from semantic.run.checks import Finding, stated
from semantic.services.check_runner import Checks, is_due
from semantic.services.process import Live
from semantic.store.audit.entries import each_entry
from semantic.store.database import Store
from semantic.store.numbers.checks import (
    CheckRun,
    begin_check_run,
    end_check_run,
    hold_check_run,
    keep_findings,
    read_check_run,
    read_findings,
)
from tests.semantic.store import stores
from tests.semantic.store.clock import Clock
from tests.semantic.store.small_model import ANA, JONAS, small_model, write_model, write_rows
from tests.waiting import until

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
REVENUE = Query(metrics=("revenue",))
CHECKS = "    checks: [{unique: [country]}, {not_null: {column: amount}}, {rows: 2}]\n"
RULED = """\
  - name: north
    who: {people: [nora]}
    grant: {metrics: all, dimensions: all}
    rows: [{dataset: orders, where: country = 'FR'}]
"""
NORA = Actor(id="nora", roles=frozenset({"viewer"}))
UNIQUE = "orders.unique.country"


def checked_model(checks: str = CHECKS) -> dict[str, str]:
    files = small_model()
    orders = files["orders.yml"].replace("metrics:\n", f"{checks}metrics:\n", 1)
    policies = files["access/policies.yml"].replace("people:\n", f"{RULED}people:\n")
    return {"orders.yml": orders, "access/policies.yml": policies}


@pytest.fixture
def settings(address: str, tmp_path: Path) -> Settings:
    return Settings(
        data=str(write_rows(tmp_path / "rows.duckdb")),
        model=write_model(tmp_path / "model", checked_model()),
        model_source="store",
        store=address,
        audit_key=stores.SECRET,
        workers=2,
    )


@pytest.fixture
def live(settings: Settings) -> Iterator[Live]:
    opened = Live.open(settings)
    yield opened
    opened.close()


def mend(settings: Settings) -> None:
    """Load new data with each country once, so that the check passes."""
    path = Path(settings.data)
    other = path.with_name("other.duckdb")
    with duckdb.connect(other) as connection:
        connection.execute(
            "CREATE TABLE orders (order_id INTEGER, country VARCHAR, amount DECIMAL(18,2));"
            "INSERT INTO orders VALUES (1, 'DE', 10), (3, 'FR', 30);"
        )
    os.replace(other, path)


def failed(live: Live, actor: Actor) -> tuple[FailedCheck, ...]:
    return live.workspace().ask(REVENUE, actor).failed


def states(live: Live) -> dict[str, str]:
    return {order.id: order.state.value for order in live.checks.known.found["orders"]}


# What is found, and who hears of it


def test_a_failed_check_is_shown_with_every_answer_based_on_it(live: Live) -> None:
    assert failed(live, ANA) == ()  # no one has looked
    live.checks.run(ANA)
    assert states(live) == {
        "orders.columns": "holds", "orders.grain": "holds", UNIQUE: "fails", "orders.not_null.amount": "holds",
        "orders.rows": "holds",
    }  # fmt: skip
    (check,) = failed(live, ANA)
    assert (check.what, check.data) == ("country is unique: 1 repeats", "Orders")
    (plain,) = failed(live, JONAS)  # no steward: no column is named
    assert (plain.what, plain.data) == ("some rows are duplicated", "Orders")
    result, seen = live.workspace().ask(REVENUE, JONAS), live.workspace().visible(JONAS)
    assert facts(result, today=live.workspace().today())[-1].word == "Check failed: Orders"
    # In files and for programs in the same words.
    (line,) = [text for word, text in about(result, seen).facts if word == "Checks of the data"]
    assert line.startswith("Orders: some rows are duplicated, since ")
    trust = answer_data(result, seen)["trust"]
    assert [trust[-1]["kind"], trust[-1]["state"], trust[-1]["sentence"]] == ["checks", "caution", line]


def test_people_with_row_rules_learn_only_that_a_check_failed(live: Live) -> None:
    live.checks.run(ANA)
    assert failed(live, NORA) == (FailedCheck(),)


@pytest.mark.parametrize(("first", "second"), [(ANA, JONAS), (JONAS, ANA)])
def test_people_with_the_same_policy_see_a_failed_check_in_their_own_terms(
    live: Live, first: Actor, second: Actor
) -> None:
    """They see the same rows, but one of them can't see the name of a column."""
    live.checks.run(ANA)
    workspace = live.workspace()
    assert workspace.visible(first).access_key == workspace.visible(second).access_key
    said = {"ana": "country is unique: 1 repeats", "jonas": "some rows are duplicated"}
    for actor in (first, second):
        assert [check.what for check in failed(live, actor)] == [said[actor.id]]
    for actor in (first, second):
        earlier = workspace.earlier(REVENUE, actor)
        assert earlier is not None
        assert [check.what for check in earlier.failed] == [said[actor.id]]


def test_an_unrelated_metric_is_not_affected(live: Live) -> None:
    live.checks.run(ANA)
    seen = live.workspace().visible(ANA)
    assert len(live.checks.failing_for(seen.metric("orders"), seen)) == 1
    assert live.checks.failing_for(["nothing_of_it"], seen) == ()


def test_another_process_learns_of_a_failed_check(settings: Settings, live: Live) -> None:
    other = Live.open(settings)
    other.follow()
    live.checks.run(ANA)
    until(lambda: failed(other, ANA))
    other.close()


def test_another_process_learns_of_a_failed_check_at_its_next_read(settings: Settings, live: Live) -> None:
    other = Live.open(settings)
    assert failed(other, ANA) == ()
    live.checks.run(ANA)
    other.checks.look()
    assert [check.what for check in failed(other, ANA)] == ["country is unique: 1 repeats"]
    other.close()


def test_a_fixed_problem_no_longer_fails(settings: Settings, live: Live) -> None:
    live.checks.run(ANA)
    mend(settings)
    live.checks.run(ANA)
    assert states(live)[UNIQUE] == "holds"
    assert failed(live, ANA) == ()


def test_a_missing_table_fails(settings: Settings) -> None:
    with duckdb.connect(settings.data) as connection:
        connection.execute("ALTER TABLE orders RENAME TO orders_2")
    live = Live.open(settings)
    live.checks.run(ANA)
    assert states(live) == {"orders.read": "fails"}
    assert [check.what for check in live.checks.failing_for(["orders"], live.workspace().visible(JONAS))] == [
        "its table couldn't be read"
    ]
    live.close()


# Who looks


def test_stewards_start_checks_and_the_log_records_it(live: Live) -> None:
    for actor in (JONAS, replace(ANA, viewed_by="otto")):
        with pytest.raises(NotAllowed):
            live.checks.run(actor)
        with pytest.raises(NotAllowed):
            live.checks.begin(actor)
    live.checks.run(ANA)
    with live.store.read() as connection:
        kinds = [entry.kind for entry in each_entry(connection, live.keys)]
    assert kinds.count("checks.started") == 1


def test_the_shell_runs_checks_too_and_stores_the_findings(
    settings: Settings, live: Live, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"data": settings.data, "model": settings.model, "store": settings.store, "model_source": "store"}
    for name, value in (given | {"audit_key": settings.audit_key, "model_cache": "none"}).items():
        monkeypatch.setenv(f"SAMEPAGE_{name.upper()}", str(value))
    assert main(["check", "--connect"]) == 1
    assert "FAIL orders: country is unique: 1 repeats\n" in capsys.readouterr().out
    live.checks.look()
    assert states(live)[UNIQUE] == "fails"


def test_while_one_process_runs_checks_no_other_does(settings: Settings, live: Live) -> None:
    with live.store.write(recorded=False) as transaction:
        assert begin_check_run(transaction, "another process", 60)
    assert live.checks.run(ANA) is None
    live.checks.look()
    assert live.checks.is_looking
    with live.store.read() as connection:
        assert "checks.started" not in {entry.kind for entry in each_entry(connection, live.keys)}


def test_a_lease_belongs_to_one_process_and_ends_by_itself(store: Store, clock: Clock) -> None:
    def begin(holder: str) -> bool:
        with store.write(recorded=False) as transaction:
            return begin_check_run(transaction, holder, 60)

    def keep(holder: str) -> bool:
        with store.write(recorded=False) as transaction:
            return keep_findings(
                transaction, holder, "orders", [Finding("orders", "it holds", True, "rows", "orders.rows")],
                model_version="1", data_version=None, seconds=60,
            )  # fmt: skip

    def hold(holder: str) -> bool:
        with store.write(recorded=False) as transaction:
            return hold_check_run(transaction, holder, 60)

    assert [begin("a"), begin("b")] == [True, False]
    assert [keep("a"), keep("b")] == [True, False]
    clock.move(seconds=59)
    assert not begin("b")
    assert keep("a")  # and a minute more
    clock.move(seconds=59)
    assert [hold("a"), hold("b"), begin("b")] == [True, False, False]
    clock.move(seconds=61)
    assert begin("b")
    assert not keep("a")
    assert not hold("a")


def test_a_dead_process_with_a_clock_far_ahead_blocks_no_check(store: Store, clock: Clock) -> None:
    """By its clock, it took the lease next year, and it never returned the lease."""
    clock.move(days=365)
    with store.write(recorded=False) as transaction:
        assert begin_check_run(transaction, "ahead", 60)
    clock.move(days=-365)
    with store.read() as connection:
        run = read_check_run(connection)
    assert not run.is_under_way(store.now())
    assert is_due(run, store.now(), 60, data_version="d", model_version="1")
    ended = replace(run, ended_at=run.began_at, leased_until=None)
    assert is_due(ended, store.now(), 60, data_version="d", model_version="1")
    with store.write(recorded=False) as transaction:
        assert begin_check_run(transaction, "another", 60)


def run_once(store: Store, *findings: Finding) -> None:
    with store.write(recorded=False) as transaction:
        assert begin_check_run(transaction, "a", 60)
        about = {"model_version": "1", "data_version": "d"}
        assert keep_findings(transaction, "a", "orders", findings, seconds=60, **about)
        assert end_check_run(transaction, "a", ["orders"], is_whole=True, **about)


def found(ok: bool, *, looked: bool = True, what: str = "said") -> Finding:
    return Finding("orders", what, ok, "unique", UNIQUE, looked)


def test_the_start_of_a_state_stays_known_and_failed_runs_do_not_change_it(store: Store, clock: Clock) -> None:
    moments: list[tuple[str, str, datetime]] = []
    steps = [
        found(False, what="1"),
        found(False, what="2"),
        found(False, looked=False, what="3"),
        found(True, what="4"),
    ]
    for step in steps:
        run_once(store, step)
        with store.read() as connection:
            (order,) = read_findings(connection)["orders"]
        moments.append((order.state.value, order.what, order.since))
        clock.move(hours=1)
    assert moments == [
        ("fails", "1", NOON),
        ("fails", "2", NOON),
        ("fails", "2", NOON),
        ("holds", "4", NOON + timedelta(hours=3)),
    ]
    with store.read() as connection:
        run = read_check_run(connection)
    assert (run.ended_at, run.is_whole, run.data_version) == (NOON + timedelta(hours=3), True, "d")
    assert not run.is_under_way(clock())


def test_a_check_that_could_not_run_is_unknown(store: Store) -> None:
    run_once(store, found(False, looked=False))
    with store.read() as connection:
        (order,) = read_findings(connection)["orders"]
    assert order.state is CheckState.UNKNOWN


def test_checks_removed_from_the_model_disappear(store: Store) -> None:
    run_once(store, found(False))
    with store.write(recorded=False) as transaction:
        assert begin_check_run(transaction, "a", 60)
        assert end_check_run(transaction, "a", ["others"], model_version="2", data_version=None, is_whole=True)
    with store.read() as connection:
        assert read_findings(connection) == {}


# When


LOOKED = CheckRun(began_at=NOON, ended_at=NOON, data_version="d", model_version="m", is_whole=True)


def due(run: CheckRun, minutes: float, *, data: str = "d", model: str = "m") -> bool:
    """Return whether checks are due this many minutes after noon, if they run every hour."""
    return is_due(run, NOON + timedelta(minutes=minutes), 60, data_version=data, model_version=model)


def test_checks_are_due_at_once_if_never_run_and_never_while_running() -> None:
    assert due(CheckRun(), 0)
    assert not due(CheckRun(leased_until=NOON + timedelta(minutes=2)), 1)
    assert due(CheckRun(leased_until=NOON + timedelta(minutes=2)), 2)


@pytest.mark.parametrize("other", [{"data": "e"}, {"model": "n"}])
def test_checks_are_due_a_minute_after_the_data_or_the_model_has_changed(other: dict[str, str]) -> None:
    assert [due(LOOKED, minutes, **other) for minutes in (0.9, 1)] == [False, True]


def test_checks_of_unchanged_data_are_not_due() -> None:
    assert not due(LOOKED, 10_000)


@pytest.mark.parametrize(
    ("run", "data"), [(replace(LOOKED, data_version=None), ""), (replace(LOOKED, is_whole=False), "d")]
)
def test_checks_are_due_hourly_if_changes_are_unknown_or_some_are_left(run: CheckRun, data: str) -> None:
    assert [due(run, minutes, data=data) for minutes in (59, 60)] == [False, True]


def test_an_interrupted_run_starts_again_after_its_lease() -> None:
    run = CheckRun(began_at=NOON, leased_until=NOON + timedelta(minutes=3))
    assert [due(run, minutes) for minutes in (2, 3)] == [False, True]


def test_a_statement_waits_while_a_question_runs(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    runner, connector = live.workspace().runner, live.workspace().connector
    load, order = [(1, 0), (0, 1), (0, 0)], list[str]()
    start = connector.start

    def loaded() -> tuple[int, int]:
        now = load.pop(0) if len(load) > 1 else load[0]
        order.append("busy" if now != (0, 0) else "idle")
        return now

    monkeypatch.setattr(runner, "load", loaded)
    monkeypatch.setattr(connector, "start", lambda *one, **how: order.append("asked") or start(*one, **how))
    assert live.checks.run() is not None
    assert order[:4] == ["busy", "busy", "idle", "idle"]  # the columns need no statement
    assert order[4] == "asked"
    assert order.count("asked") == 4


def test_a_closed_runner_stops_and_keeps_its_findings(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    live.checks.run(ANA)
    other = Checks(live.store, live.keys, live.workspace)
    other.close()
    assert other.run() == []
    with live.store.read() as connection:
        assert read_findings(connection)["orders"][2].state is CheckState.FAILS
        assert not read_check_run(connection).is_whole


def test_a_scheduled_run_checks_new_data_once(live: Live) -> None:
    live.checks.run_if_due(60)
    assert states(live)[UNIQUE] == "fails"
    run = live.checks.known.run
    live.checks.run_if_due(60)
    live.checks.look()
    assert live.checks.known.run == run


def test_a_scheduled_run_ends_early_when_its_worker_stops(live: Live) -> None:
    live.checks.run_if_due(60, is_stopping=lambda: True)
    live.checks.look()
    assert live.checks.known.found == {}
    assert not live.checks.known.run.is_whole
    live.checks.run(ANA)  # the next one runs in full
    assert live.checks.known.run.is_whole


# Ids


def test_a_checks_id_does_not_depend_on_its_position() -> None:
    def ids(checks: str) -> list[str]:
        files = checked_model(f"    checks: [{checks}]\n")
        return [*stated(parse_model(files).datasets["orders"])]

    first, second = "{unique: [country, order_id]}", "{not_null: {column: amount}}"
    assert ids(f"{first}, {second}") == ["orders.unique.country.order_id", "orders.not_null.amount"]
    assert ids(f"{second}, {first}") == ["orders.not_null.amount", "orders.unique.country.order_id"]
    again = "{not_null: {column: amount, at_least: 0.5}}"
    assert ids(f"{second}, {again}") == ["orders.not_null.amount", "orders.not_null.amount.2"]


def test_checks_of_a_hidden_dataset_reveal_nothing() -> None:
    files = checked_model()
    files["access/policies.yml"] = files["access/policies.yml"].replace("whole: all", "deny: {datasets: [orders]}", 1)
    check = FoundCheck(
        id=UNIQUE, dataset="orders", kind="unique", what="country is unique: 1 repeats", state=CheckState.FAILS,
        since=NOON, looked_at=NOON, model_version="1",
    )  # fmt: skip
    model = parse_model(files)
    assert describe_failed_check(check, narrow(model, ANA)) == FailedCheck()
    assert describe_failed_check(replace(check, dataset="gone"), narrow(model, ANA)) == FailedCheck()
    visible = narrow(parse_model(checked_model()), JONAS)
    assert describe_failed_check(check, visible) == FailedCheck("some rows are duplicated", "Orders", NOON)
    # Two checks that this person can't tell apart count as one.
    twice = {"orders": (check, replace(check, id="orders.grain", kind="grain"))}
    assert failed_checks(twice, ["orders"], narrow(model, ANA)) == (FailedCheck(),)
