"""Alerts on a number of an analysis: when they fire, what holds them, who is notified, and what they read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from semantic.alerts.alert import Alert, AnalysisNumber, Changed, DataLate, Threshold
from semantic.alerts.analysis_numbers import kept_analysis
from semantic.alerts.codec import alert_from_json, alert_to_json, read_alert
from semantic.analyses.events.definition import analysis_from_data, analysis_from_json
from semantic.analyses.events.kind import EventKind
from semantic.display.messages.message import Message
from semantic.errors import InvalidQuery, UnknownName
from semantic.model.definitions import Granularity
from semantic.services.alerts import of_analysis
from semantic.services.alerts.job import Alerts
from semantic.services.alerts.message import OTHER_ACCESS, compose_alert
from semantic.services.analyzing.pending import PendingAnalysis
from semantic.services.analyzing.run import analyze
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.reader import Reader, reader_of
from semantic.worker.job import Turn
from semantic.workspace import Workspace
from tests.semantic.services.alerts.alerts_world import World
from tests.semantic.services.alerts.funnel_world import (
    BELOW_30,
    BROKEN,
    FUNNEL,
    LATE,
    MODEL,
    UNUSUAL,
    funnel_world,
    number,
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with funnel_world(str(tmp_path / "store.sqlite"), tmp_path) as opened:
        yield opened


@pytest.fixture
def late(tmp_path: Path) -> Iterator[World]:
    with funnel_world(str(tmp_path / "store.sqlite"), tmp_path, LATE) as opened:
        yield opened


def outcomes(world: World, name: str) -> dict[date, tuple[str, float | None]]:
    return {run.period: (run.outcome, run.judgement.value) for run in world.runs(name)}


def told(world: World, name: str) -> Message:
    (send,) = world.sends()[name]
    reader = reader_of(world.live, send.recipient, world.live.store.now())
    assert isinstance(reader, Reader)
    message = compose_alert(send, reader, world.live)
    assert isinstance(message, Message), message
    return message


# When it fires


@pytest.mark.parametrize("alert", [BELOW_30, UNUSUAL, replace(BELOW_30, rule=Changed(by=0.5, way="down"))])
def test_an_alert_fires_for_the_day_whose_people_had_time_to_convert(world: World, alert: Alert) -> None:
    """Of the 40 people who visited on the broken day, 4 ordered within three days."""
    world.make("ana", "ana", alert=alert)
    world.judge()
    assert outcomes(world, "ana") == {BROKEN: ("fired", 0.1)}
    assert "10.0% on 25 Aug 2026" in told(world, "ana").headline


def test_a_day_is_not_judged_before_its_people_had_time_to_convert(world: World) -> None:
    """On 28 August, people of the 25th have until the 28th. The newest complete day is the 24th, with 20 of 40."""
    workspace = world.live.workspace()
    workspace.day = date(2026, 8, 28)  # pyright: ignore[reportAttributeAccessIssue]
    world.make("ana", "ana", alert=BELOW_30)
    world.judge()
    assert outcomes(world, "ana") == {date(2026, 8, 24): ("normal", 0.5)}
    assert not world.sends()


def test_an_alert_is_held_while_days_of_the_window_are_not_loaded(late: World) -> None:
    late.make("ana", "ana", alert=BELOW_30)
    late.judge()
    (run,) = late.runs("ana")
    assert (run.period, run.outcome) == (BROKEN, "held")
    assert run.why == "The data through 28 Aug 2026, which counts for 25 Aug 2026, isn't loaded yet."
    assert not late.sends()


def test_an_alert_is_held_while_orders_can_change_but_not_beyond_its_authors_limit(world: World) -> None:
    """The metric Slow orders is final after two days, so 25 August is final on 31 August."""
    slow = replace(BELOW_30, of=number(steps=["visits", "slow"]), hold_days=1)
    world.make("ana", "ana", alert=slow)
    world.judge()
    (run,) = world.runs("ana")
    assert (run.outcome, run.why) == ("held", "Not final until Mon 31 Aug 2026.")
    world.next_day()
    world.judge()
    run = next(run for run in world.runs("ana") if run.period == BROKEN)
    assert (run.outcome, run.judgement.is_final) == ("fired", False)
    assert "can still change" in run.why


def test_each_week_counts_everyone_once(world: World) -> None:
    """The week of 17 August has 7 × 40 visitors and 7 × 20 orders. The week of the 24th isn't over."""
    world.make("ana", "ana", alert=replace(BELOW_30, rule=Threshold(side="below", value=0.6), grain=Granularity.WEEK))
    world.judge()
    assert outcomes(world, "ana") == {date(2026, 8, 17): ("fired", 0.5)}


def test_few_people_are_not_judged(tmp_path: Path) -> None:
    """There are 19 visitors on the broken day."""
    few = "DELETE FROM visits WHERE CAST(moment AS DATE) = DATE '2026-08-25' AND person % 100 >= 19"
    with funnel_world(str(tmp_path / "store.sqlite"), tmp_path, few) as world:
        world.make("ana", "ana", alert=BELOW_30)
        world.judge()
        (run,) = world.runs("ana")
        assert (run.outcome, run.why) == ("quiet", "There's too little data to judge this number.")


RETENTION = {"kind": "retention", "subject": "person", "first": "visits", "return": "orders", "unit": "day"}
"""Orders are on the calendar day after the visit, which is day 1."""


def test_retention_is_judged_once_its_period_is_over(world: World) -> None:
    """For people of 25 August, day 1 is the 26th, so their retention is known on the 27th: 4 of 40."""
    workspace = world.live.workspace()
    workspace.day = date(2026, 8, 27)  # pyright: ignore[reportAttributeAccessIssue]
    of = AnalysisNumber(analysis_from_data(RETENTION), "retention")
    world.make("ana", "ana", alert=replace(BELOW_30, of=of))
    world.judge()
    assert outcomes(world, "ana") == {BROKEN: ("fired", 0.1)}
    text = " ".join(told(world, "ana").text.split())
    assert "Retention in day 1 after visits for orders" in text
    assert "Each day is judged" not in text


def test_orders_per_person_are_averages_of_everyone_who_began(world: World) -> None:
    """These are the orders on day 1 per visitor of the newest complete day, 27 August: 20 orders by 40 visitors."""
    of = AnalysisNumber(analysis_from_data(RETENTION | {"measure": "events"}), "retention")
    world.make("ana", "ana", alert=replace(BELOW_30, of=of))
    world.judge()
    assert outcomes(world, "ana") == {date(2026, 8, 27): ("normal", 0.5)}


def test_contact_pressure_is_judged_by_week(world: World) -> None:
    """Everyone visits once, so there is one message per person in the week of 17 August, the newest week that
    is over.
    """
    pressure = {"kind": "pressure", "subject": "person", "channels": ["visits"]}
    of = AnalysisNumber(analysis_from_data(pressure), "messages")
    above = Threshold(side="above", value=0.9)
    world.make("ana", "ana", alert=replace(BELOW_30, of=of, rule=above, grain=Granularity.WEEK))
    world.judge()
    assert outcomes(world, "ana") == {date(2026, 8, 17): ("fired", 1.0)}
    assert "Messages per person and week was 1" in told(world, "ana").headline


def test_channel_overlap_is_judged_by_period(world: World) -> None:
    """In the week of 17 August, 280 people visit and 140 order: 120 people who visit from Monday to Saturday, and 20
    who visited on the Sunday before. So 300 do one or the other, and 120 do both.
    """
    overlap = {"kind": "overlap", "subject": "person", "channels": ["visits", "orders"]}
    of = AnalysisNumber(analysis_from_data(overlap), "overlap")
    above = Threshold(side="above", value=0.39)
    world.make("ana", "ana", alert=replace(BELOW_30, of=of, rule=above, grain=Granularity.WEEK))
    world.judge()
    ((period, (outcome, value)),) = outcomes(world, "ana").items()
    assert (period, outcome) == (date(2026, 8, 17), "fired")
    assert value == 120 / 300
    assert "Share of people reached by both Visits and Orders" in told(world, "ana").headline


def test_a_change_of_a_share_is_in_percentage_points(world: World) -> None:
    points = replace(BELOW_30, rule=Changed(by=0.02, how="amount"))
    assert "by more than 2.0 percentage points from" in world.work("ana").rule_words(points)


# Hidden rows


def test_a_readers_number_does_not_change_with_rows_hidden_from_them(tmp_path: Path) -> None:
    """In the other company, everyone in FR orders, so Ana's number changes and Dora's doesn't."""
    everyone = """INSERT INTO orders SELECT 100000 + id, person, moment + INTERVAL 1 HOUR, market, loaded_at
        FROM visits WHERE market = 'FR'"""
    found: list[dict[str, dict[date, tuple[str, float | None]]]] = []
    for place, changes in enumerate([(), (everyone,)]):
        folder = tmp_path / str(place)
        folder.mkdir()
        with funnel_world(str(folder / "store.sqlite"), folder, *changes) as world:
            world.make("ana", "ana", "dora", alert=BELOW_30)
            world.judge()
            found.append({name: outcomes(world, name) for name in ("ana", "dora")})
    plain, twin = found
    assert plain["dora"] == twin["dora"] == {BROKEN: ("fired", 0.1)}
    assert plain["ana"] == {BROKEN: ("fired", 0.1)}
    assert twin["ana"] == {BROKEN: ("normal", 0.55)}  # 2 of 20 and 20 of 20


def test_no_one_sets_an_alert_on_something_hidden_from_them(world: World) -> None:
    with pytest.raises(UnknownName):
        world.work("nora").make(BELOW_30)
    with pytest.raises(UnknownName):
        world.work("nora").preview(BELOW_30)
    with pytest.raises(UnknownName):
        world.work("nora").words(BELOW_30)
    assert world.work("nora").mine() == []


def test_a_recipient_without_access_gets_nothing(world: World) -> None:
    world.make("ana", "ana", "nora", alert=BELOW_30)
    world.judge()
    assert set(world.sends()) == {"ana"}
    (run,) = world.runs("nora")
    assert (run.outcome, run.judgement.value) == ("failed", None)
    assert "orders" not in run.why.lower()


# Messages


def test_the_messages_number_is_the_readers_own_answer(world: World) -> None:
    """The link opens the analysis with the same periods, in which the reader's own row has the number."""
    world.make("ana", "dora", alert=BELOW_30)
    world.judge()
    message = told(world, "dora")
    assert message.values["value"] == 0.1
    text = " ".join(message.text.split())
    assert "Conversion from Visits to Orders within 3 days falls below 30.0% in a day" in text
    assert "Each person counts once in each day." in text
    link = next(word for word in message.text.split() if "/analyses?" in word)
    asked = analysis_from_json(parse_qs(urlsplit(link).query)["a"][0])
    found = analyze(world.live.workspace(), asked.kind, asked.asked, world.actor("dora")).found
    row = next(row for row in found.rows if row.over == BROKEN)
    assert (row.counts, row.rate(2)) == ((20, 2), 0.1)
    (run,) = world.runs("dora")
    assert run.receipt
    assert f"Receipt {run.receipt}" in message.text


def test_names_of_people_stay_out_of_the_messages_links(tmp_path: Path) -> None:
    personal = MODEL.replace("{name: market, label: Market}", "{name: market, label: Market, tags: [personal]}")
    in_de = {"dim": "market", "op": "in", "values": ["DE"]}
    with funnel_world(str(tmp_path / "store.sqlite"), tmp_path, model=personal) as world:
        id_ = world.make("ana", "ana", alert=replace(BELOW_30, of=number(where=in_de)))
        world.judge()
        text = told(world, "ana").text
    assert f"/alert?a={id_}" in text
    assert "/analyses?" not in text


def test_hidden_small_groups_have_no_number(tmp_path: Path) -> None:
    """Ana can't see numbers of fewer than 10 people. On the broken day, 4 of 40 ordered, and on other days 20."""
    groups = MODEL.replace(
        "    whole: all\n  - name: own_market",
        "    whole: all\n    min_group: {entity: person, at_least: 10}\n  - name: own_market",
    )
    assert groups != MODEL
    with funnel_world(str(tmp_path / "store.sqlite"), tmp_path, model=groups) as world:
        world.make("ana", "ana", alert=BELOW_30)
        world.judge()
        (run,) = world.runs("ana")
        assert (run.period, run.outcome, run.judgement.value) == (BROKEN, "quiet", None)
        assert run.why == "There's no number for 25 Aug 2026."
        assert not world.sends()


def test_the_funnel_of_that_day_alone_gives_the_same(world: World) -> None:
    alone = FUNNEL | {"time": {"from": BROKEN.isoformat(), "to": BROKEN.isoformat()}}
    asked = analysis_from_json(json.dumps(alone))
    found = analyze(world.live.workspace(), asked.kind, asked.asked, world.actor("ana")).found
    assert found.whole.rate(2) == 0.1


def test_a_message_is_not_sent_to_someone_whose_access_has_changed(world: World) -> None:
    world.make("ana", "dora", alert=BELOW_30)
    world.judge()
    (send,) = world.sends()["dora"]
    reader = reader_of(world.live, send.recipient, world.live.store.now())
    assert isinstance(reader, Reader)
    wider = replace(reader, actor=replace(reader.actor, attributes={"markets": ("DE", "FR")}))
    assert isinstance(compose_alert(send, wider, world.live), Skipped)


# The job


def test_a_worker_that_stops_midway_leaves_the_alert_to_the_next(world: World) -> None:
    world.make("ana", "ana", alert=BELOW_30)
    looks = iter([False, False])  # before the alert, before the recipient; then it stops
    turn = Turn(
        now=world.live.store.now(), holder="tests", is_mine=lambda: True, is_stopping=lambda: next(looks, True)
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(PendingAnalysis, "done", lambda self: False)
        Alerts(world.live).run(turn)
    assert outcomes(world, "ana") == {}
    for _ in range(2):
        world.judge()
    assert len(world.sends()["ana"]) == 1


def test_four_workers_send_a_message_once(world: World) -> None:
    world.make("ana", "ana", "dora", alert=BELOW_30)
    world.work("ana").asked(BELOW_30)  # the engine is open
    with ThreadPoolExecutor(4) as pool:
        for judged in [pool.submit(world.judge) for _ in range(4)]:
            judged.result()
    assert {name: len(sends) for name, sends in world.sends().items()} == {"ana": 1, "dora": 1}


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kinds of analyses that alerts have run."""
    kinds = list[str]()
    real = of_analysis.start_analysis

    def counting(workspace: Workspace, kind: EventKind[Any, Any], *args: Any, **more: Any) -> PendingAnalysis[Any]:
        kinds.append(kind.name)
        return real(workspace, kind, *args, **more)

    monkeypatch.setattr(of_analysis, "start_analysis", counting)
    return kinds


def test_the_analysis_runs_once_for_all_due_alerts(world: World, runs: list[str]) -> None:
    world.make("ana", "ana", alert=BELOW_30)
    for _ in range(3):
        world.judge()
    assert runs == ["funnel"]


def test_an_analysis_does_not_run_while_its_alert_is_held(late: World, runs: list[str]) -> None:
    late.make("ana", "ana", alert=BELOW_30)
    late.judge()
    assert [run.outcome for run in late.runs("ana")] == ["held"]
    assert runs == []


# Making and saving one


COMPARED = {"compare": [{"to": {"from": "2026-01-01", "to": "2026-01-07"}}]}
SIDES = [{"name": name, "where": {"dim": "market", "op": "in", "values": [name]}} for name in ("DE", "FR")]


def test_the_analysis_is_stored_without_the_settings_of_the_alert() -> None:
    data = {
        "metric": "visits", "grain": "week", "rule": {"kind": "outside_usual"},
        "of": {
            "analysis": FUNNEL | {"over": "day", "by": "market", "time": {"last": 7, "unit": "day"}} | COMPARED,
            "number": "conversion", "step": 2,
        },
    }  # fmt: skip
    alert = read_alert(data)
    assert alert.of is not None
    assert alert.of.analysis.data == FUNNEL | {"v": 1, "steps": [{"metric": "visits"}, {"metric": "orders"}]}
    assert alert_from_json(alert_to_json(alert)) == alert
    assert alert.metrics == ("visits", "orders")


def test_an_alert_on_a_metric_is_written_as_before() -> None:
    """The alert was saved before analyses could be watched, and its seal covers this text."""
    text = (
        '{"v":1,"metric":"revenue","grain":"day","rule":{"kind":"data_late","days":2},"apart_days":3,'
        '"ends_after":2,"hold_days":3}'
    )
    alert = alert_from_json(text)
    assert alert == Alert(metric="revenue", rule=DataLate(days=2))
    assert alert_to_json(alert) == text


STAYING = {"kind": "retention", "subject": "person", "first": "visits", "return": "orders", "survival": True}


@pytest.mark.parametrize(
    ("of", "grain", "why"),
    [
        ({"analysis": {"kind": "funnel", "subject": "person", "steps": ["visits", "orders"]}}, "day", "never final"),
        ({"analysis": FUNNEL | {"sample": 0.1}}, "day", "estimates its numbers"),
        ({"analysis": FUNNEL | {"sides": SIDES}}, "day", "compares two sides"),
        ({"analysis": FUNNEL, "step": 3}, "day", "doesn't have the number"),
        ({"analysis": FUNNEL, "number": "retention"}, "day", "doesn't have the number"),
        ({"analysis": {"kind": "paths", "subject": "person", "events": ["visits", "orders"]}}, "day", "No alert can"),
        (
            {"analysis": {"kind": "retention", "subject": "person", "first": "visits", "start": "period"}, "number":
             "retention"}, "month", "depends on its period",
        ),
        (
            {"analysis": {"kind": "retention", "subject": "person", "first": "visits", "count": "on_or_after"},
             "number": "retention"}, "month", "never final",
        ),
        ({"analysis": STAYING, "number": "retention"}, "month", "how long people stay"),
        (
            {"analysis": {"kind": "pressure", "subject": "person", "channels": ["visits"]}, "number": "messages"},
            "day", "counted by week",
        ),
    ],
)  # fmt: skip
def test_an_analysis_that_cannot_be_judged_is_refused(of: dict[str, object], grain: str, why: str) -> None:
    whole = {"number": "conversion", "step": 2} | of
    if whole["number"] in ("retention", "messages"):
        whole.pop("step")
    data = {"metric": "visits", "grain": grain, "rule": {"kind": "threshold", "side": "below", "value": 0.1}}
    with pytest.raises(InvalidQuery, match=why):
        read_alert(data | {"of": whole})


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "data_late"},
        {"kind": "changed", "by": 0.1, "to_date": True},
        {"kind": "threshold", "side": "below", "value": 0.9, "of": "target"},
    ],
)
def test_rules_that_an_analysis_has_no_number_for_are_refused(rule: dict[str, object]) -> None:
    of = {"analysis": FUNNEL, "number": "conversion", "step": 2}
    with pytest.raises(InvalidQuery, match="compares whole periods"):
        read_alert({"metric": "visits", "grain": "week", "rule": rule, "of": of})


def test_the_comparison_of_an_analysis_is_not_watched() -> None:
    """An alert has its own periods, so only its rule's periods are compared."""
    compared = analysis_from_data(FUNNEL | {"compare": [{"to": "previous"}]})
    assert kept_analysis(compared) == kept_analysis(analysis_from_data(FUNNEL))


def test_the_preview_says_when_it_would_have_fired(world: World) -> None:
    preview = world.work("ana").preview(replace(BELOW_30, grain=Granularity.DAY), days=30)
    assert preview.words.startswith("Would have fired once in 30 days: 25 Aug.")
    fired = next(period for period in preview.replay.periods if period.fired_on is not None)
    assert (fired.first, fired.fired_on, fired.value) == (BROKEN, BROKEN + timedelta(days=4), 0.1)
    words = world.work("ana").patience_words(BELOW_30)
    assert words.startswith("Each day is judged 3 days after it ends, once everyone who began in it had time")


def test_changing_the_watched_number_starts_the_alert_over(world: World) -> None:
    id_ = world.make("ana", "ana", alert=BELOW_30)
    world.judge()
    work = world.work("ana")
    work.change(work.find(id_), replace(BELOW_30, of=number(within="2 days")))
    world.judge()
    assert len(world.runs("ana")) >= 2  # the newest complete day is another one now


NARROWER = """
  - name: orders_of_de
    who: {people: [zoe]}
    grant: {metrics: all, dimensions: all}
    rows:
      - {dataset: orders, where: "market IN (:markets)"}
    whole: [visits]
  - name: no_few
    who: {people: [gus]}
    grant: {metrics: all, dimensions: all}
    whole: all
    min_group: {entity: person, at_least: 5}
people:
  - {id: zoe, name: Zoe, roles: [viewer], attributes: {markets: [DE]}}
  - {id: gus, name: Gus, roles: [viewer]}
"""


def test_an_earlier_number_is_not_sent_to_someone_who_lost_rights(tmp_path: Path) -> None:
    """It isn't sent to people who can no longer see one of its metrics, see fewer rows of its second step, or can't see
    small groups.
    """
    model = MODEL.replace("people:\n", NARROWER, 1)
    with funnel_world(str(tmp_path / "store.sqlite"), tmp_path, model=model) as world:
        world.make("ana", "ana", alert=BELOW_30)
        world.judge()
        (send,) = world.sends()["ana"]
        reader = reader_of(world.live, send.recipient, world.live.store.now())
        assert isinstance(reader, Reader)
        assert isinstance(compose_alert(send, reader, world.live), Message)
        for person, why in (("nora", "No access"), ("zoe", OTHER_ACCESS), ("gus", OTHER_ACCESS)):
            narrower = replace(reader, actor=world.actor(person))
            skipped = compose_alert(send, narrower, world.live)
            assert isinstance(skipped, Skipped), person
            assert skipped.why == why
