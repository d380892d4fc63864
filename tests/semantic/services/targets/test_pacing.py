"""The pace of a question's number: its target, the questions behind it, who sees it, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from semantic.display.words.pace import pace_sentences
from semantic.errors import ModelError
from semantic.model.editing.metric_digest import metric_digest
from semantic.model.loading.load import parse_model
from semantic.policy.members import Member, members_seen
from semantic.query.codec import query_from_params
from semantic.services.targets.pacing import find_pace, find_targets
from semantic.targets.pace import NoPace, Pace, Verdict
from semantic.targets.target import Target
from tests.semantic.paced import MODEL, TODAY, PacedWorkspace, open_paced

JANUARY = (date(2026, 1, 1), date(2026, 1, 31))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PacedWorkspace]:
    opened = open_paced(tmp_path_factory.mktemp("paced"))
    yield opened
    opened.close()


def found(
    workspace: PacedWorkspace,
    who: str = "ana",
    asked: str = "m=revenue&t=month_to_date",
    targets: Sequence[Target] = (),
) -> Pace | NoPace | None:
    query, actor = query_from_params(parse_qs(asked)), workspace.people[who]
    answer = workspace.ask(query, actor, today=workspace.today())
    return find_pace(query, answer, targets, workspace, actor)


def paced(
    workspace: PacedWorkspace, who: str = "ana", asked: str = "m=revenue&t=month_to_date", *targets: Target
) -> Pace:
    one = found(workspace, who, asked, targets)
    assert isinstance(one, Pace), one
    return one


def why(workspace: PacedWorkspace, asked: str, *targets: Target, who: str = "ana") -> str:
    one = found(workspace, who, asked, targets)
    assert isinstance(one, NoPace), one
    return one.why


def of(value: int, member: Member = None, *, metric: str = "revenue", days: tuple[date, date] = JANUARY) -> Target:
    dim = "market" if member is not None else ""
    return Target(metric=metric, first=days[0], last=days[1], value=Decimal(value), dim=dim, member=member)


def test_the_models_target_of_the_current_month_is_paced(workspace: PacedWorkspace) -> None:
    """31,000 are planned for 31 days, and 12,000 are reached by the tenth. Today's sales are left out."""
    pace = paced(workspace)
    assert (pace.value, pace.target, pace.expected, pace.index) == (12_000, 31_000, 10_000, 1.2)
    assert pace.required_per_day == pytest.approx(904.76, abs=0.005)
    assert pace.projection == pytest.approx(37_200)
    assert (pace.first, pace.last, pace.until, pace.days_left) == (*JANUARY, date(2026, 1, 11), 21)
    assert pace.verdict is Verdict.REACHES
    assert pace.words == "120% of target to date, €10.0K"


@pytest.mark.parametrize("period", ["month_to_date", "last_1_month_running", "2026-01-01..2026-01-31"])
def test_the_current_month_has_the_same_pace_however_it_is_asked(workspace: PacedWorkspace, period: str) -> None:
    pace = paced(workspace, "ana", f"m=revenue&t={period}")
    assert (pace.target, pace.value, pace.days_left) == (31_000, 12_000, 21)


def test_a_month_that_is_over_is_reached_or_missed(workspace: PacedWorkspace) -> None:
    """31 days of 600 add up to 18,600, which is exactly the plan."""
    pace = paced(workspace, "ana", "m=revenue&t=2025-12-01..2025-12-31")
    assert (pace.value, pace.target, pace.verdict, pace.days_left) == (18_600, 18_600, Verdict.REACHED, 0)
    assert pace.words == "100% of the target, €18.6K"


def test_a_month_whose_last_days_are_not_loaded_has_no_projection(workspace: PacedWorkspace) -> None:
    """12,000 were reached by the tenth, and nothing has been loaded since.

    On 5 February, nothing more can be earned.
    """
    query, actor = query_from_params(parse_qs("m=revenue&t=2026-01-01..2026-01-31")), workspace.people["ana"]
    loaded = datetime(2026, 1, 11, 6, tzinfo=UTC)
    answer = replace(workspace.ask(query, actor, today=date(2026, 1, 11)), data_to=loaded)
    workspace.day = date(2026, 2, 5)
    try:
        pace = find_pace(query, answer, (), workspace, actor)
    finally:
        workspace.day = TODAY
    assert isinstance(pace, Pace)
    assert (pace.until, pace.days_left, pace.waits_for_data) == (date(2026, 1, 11), 21, True)
    assert (pace.projection, pace.required_per_day, pace.verdict) == (None, None, Verdict.OPEN)
    said = " ".join(pace_sentences(pace, answer.values[0]))
    assert "21 later days have ended but aren't loaded yet." in said
    assert "heading" not in said


def test_several_months_add_up_and_one_without_a_target_has_none(workspace: PacedWorkspace) -> None:
    assert paced(workspace, "ana", "m=revenue&t=2025-12-01..2026-01-31").target == 49_600
    assert "There's no target" in why(workspace, "m=revenue&t=2026-01-01..2026-03-31")


def test_each_person_is_paced_by_their_own_rows(workspace: PacedWorkspace) -> None:
    of_de, of_fr = paced(workspace, "dora"), paced(workspace, "fred")
    assert (of_de.value, of_de.target) == (8_000, 20_000)
    assert (of_fr.value, of_fr.target) == (4_000, 11_000)


def test_a_filter_applies_to_the_models_target_too(workspace: PacedWorkspace) -> None:
    pace = paced(workspace, "ana", "m=revenue&t=month_to_date&f=market:in:FR")
    assert (pace.value, pace.target) == (4_000, 11_000)
    assert why(workspace, "m=revenue&t=month_to_date&f=market:in:FR", who="dora") == (
        "There's no target for revenue in 1 – 31 Jan 2026 with these filters."
    )


def test_a_filter_that_the_target_lacks_is_the_reason_for_no_pace(workspace: PacedWorkspace) -> None:
    assert why(workspace, "m=revenue&t=month_to_date&f=channel:in:web") == (
        "The target can't be filtered the same way: Channel is web."
    )


def test_partial_months_have_no_monthly_target(workspace: PacedWorkspace) -> None:
    assert "set by month" in why(workspace, "m=revenue&t=2026-01-05..2026-01-11")
    assert "set by month" in why(workspace, "m=revenue&t=last_28_day")


def test_a_hidden_target_is_not_mentioned(workspace: PacedWorkspace) -> None:
    assert found(workspace, "nora") is None


def test_hidden_data_is_not_given_as_a_reason(workspace: PacedWorkspace) -> None:
    """A person who sees one market learns nothing about a target for everything or for another market, not even the
    reason.
    """
    hidden = [of(50, metric="lines"), of(20, "FR", metric="lines")]
    for asked in ("m=lines&t=month_to_date", "m=lines&t=last_7_day", "m=lines&t=month_to_date&f=market:in:FR"):
        assert found(workspace, "dora", asked, hidden) is None
    mine = of(30, "DE", metric="lines", days=(date(2026, 2, 1), date(2026, 2, 28)))
    text = why(workspace, "m=lines&t=month_to_date", *hidden, mine, who="dora")
    assert text == "The target is for Feb 2026, not for Jan 2026."
    assert why(workspace, "m=lines&t=month_to_date&f=channel:in:web", of(50, metric="lines")) == (
        "The target for Jan 2026 covers everything, but this number is filtered: Channel is web."
    )


# What people have set


def test_a_target_set_in_the_app_overrides_the_models(workspace: PacedWorkspace) -> None:
    assert paced(workspace, "ana", "m=revenue&t=month_to_date", of(24_000)).target == 24_000
    assert paced(workspace, "ana", "m=revenue&t=month_to_date&f=market:in:DE", of(24_000), of(7, "DE")).target == 7
    both = paced(workspace, "ana", "m=revenue&t=month_to_date&f=market:in:DE,FR", of(7, "DE"), of(8, "FR"))
    assert both.target == 15


def test_a_target_for_everything_is_hidden_from_people_who_see_a_part(workspace: PacedWorkspace) -> None:
    for who, target in (("dora", 20_000), ("fred", 11_000)):
        assert paced(workspace, who, "m=revenue&t=month_to_date", of(24_000)).target == target
    assert found(workspace, "dora", "m=lines&t=month_to_date", [of(50, metric="lines")]) is None


def test_people_who_see_one_market_get_that_markets_target(workspace: PacedWorkspace) -> None:
    targets = [of(5_000, "DE"), of(6_000, "FR"), of(9_000)]
    assert paced(workspace, "dora", "m=revenue&t=month_to_date", *targets).target == 5_000
    assert paced(workspace, "fred", "m=revenue&t=month_to_date", *targets).target == 6_000
    assert paced(workspace, "ana", "m=revenue&t=month_to_date", *targets).target == 9_000


def test_hidden_data_changes_nothing_a_person_sees(workspace: PacedWorkspace, tmp_path: Path) -> None:
    changed = open_paced(
        tmp_path, "UPDATE sales SET amount = amount * 3 WHERE market = 'FR'", "DELETE FROM plan WHERE market = 'FR'"
    )
    try:
        mine = [of(5_000, "DE")]
        for targets in ([], mine):
            others = [*targets, of(1, "FR"), of(2)]
            asked = "m=revenue&t=month_to_date"
            assert paced(changed, "dora", asked, *others) == paced(workspace, "dora", asked, *targets)
    finally:
        changed.close()


def test_a_scopes_members_are_those_that_the_rules_list(workspace: PacedWorkspace) -> None:
    revenue = workspace.model.metrics["revenue"]
    assert members_seen(workspace.visible(workspace.people["dora"]), revenue) == ("market", ("DE",))
    assert members_seen(workspace.visible(workspace.people["ana"]), revenue) is None
    assert members_seen(workspace.visible(workspace.people["nora"]), revenue) is None


def test_a_ratio_is_compared_without_a_projection_and_only_on_its_own_days(workspace: PacedWorkspace) -> None:
    """There are 12,000 in 20 lines."""
    pace = paced(workspace, "ana", "m=per_line&t=month_to_date", of(500, metric="per_line"))
    assert (pace.value, pace.target, pace.index, pace.projection) == (600, 500, None, None)
    assert pace.words == "600.00 against a target of 500.00 for 1 – 31 Jan 2026"
    months = [of(1, metric="per_line"), of(1, metric="per_line", days=(date(2025, 12, 1), date(2025, 12, 31)))]
    assert why(workspace, "m=per_line&t=2025-12-01..2026-01-31", *months)


def test_different_metrics_are_not_added_up_to_a_pace(workspace: PacedWorkspace) -> None:
    pace = paced(workspace, "ana", "m=buyers&t=month_to_date", of(10, metric="buyers"))
    assert (pace.value, pace.expected, pace.verdict) == (7, None, Verdict.OPEN)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("m=revenue", "a start and an end date"),
        ("m=revenue&t=2026-02-01..2026-02-28", "hasn't started"),
        ("m=revenue&t=month_to_date&cur=USD", "is in EUR"),
    ],
)
def test_a_missing_pace_says_why(workspace: PacedWorkspace, asked: str, says: str) -> None:
    query = query_from_params(parse_qs(asked.partition("&cur=")[0]))
    actor = workspace.people["ana"]
    answer = workspace.ask(query, actor, today=workspace.today())
    if "cur=" in asked:
        query = replace(query, currency="USD")
    pace = find_pace(query, answer, [of(1)], workspace, actor)
    assert isinstance(pace, NoPace)
    assert says in pace.why


def test_a_question_with_groups_or_several_metrics_has_no_single_pace(workspace: PacedWorkspace) -> None:
    assert found(workspace, "ana", "m=revenue&by=market&t=month_to_date") is None
    assert found(workspace, "ana", "m=revenue,lines&t=month_to_date") is None
    assert paced(workspace, "ana", "m=revenue&by=day:day&t=month_to_date").index == 1.2


def test_on_the_first_day_no_day_is_over(workspace: PacedWorkspace) -> None:
    workspace.day = date(2026, 1, 1)
    try:
        pace = paced(workspace)
        assert (pace.value, pace.expected, pace.index, pace.days_left) == (0, 0, None, 31)
        assert pace.words == "The target is €31.0K"
        assert why(workspace, "m=per_line&t=last_1_month_running", of(5, metric="per_line")) == (
            "1 – 31 Jan 2026 has no complete day yet."
        )
    finally:
        workspace.day = date(2026, 1, 11)


def opened(folder: Path, *changes: tuple[str, str]) -> Iterator[PacedWorkspace]:
    """Yield the company with these replacements in its model."""
    model = MODEL
    for before, after in changes:
        assert before in model
        model = model.replace(before, after)
    workspace = open_paced(folder, model=model)
    yield workspace
    workspace.close()


def test_part_of_the_rows_is_not_compared_with_the_whole_target(tmp_path: Path) -> None:
    """Dora sees the sales of DE and the plan of all markets, and 8,000 isn't a share of 31,000."""
    whole_plan = ("""      - {dataset: plan, where: "market IN (:markets)"}\n""", "    whole: [plan]\n")
    for company in opened(tmp_path, whole_plan):
        assert "different rows" in why(company, "m=revenue&t=month_to_date", who="dora")
        assert by_period(company, "dora", "m=revenue&by=day:month&t=2025-12-01..2026-01-31") == {}
        assert paced(company, "dora", "m=revenue&t=month_to_date", of(5_000, "DE")).target == 5_000
        assert paced(company).target == 31_000


def test_a_target_in_the_metrics_own_currency_is_not_compared_with_another(tmp_path: Path) -> None:
    """The model's money is in EUR and this metric's in USD.

    A question in EUR converts the metric, but not its target.
    """
    for company in opened(tmp_path, ("unit: EUR", "unit: USD")):
        actor, query = company.people["ana"], query_from_params(parse_qs("m=revenue&t=month_to_date"))
        answer = company.ask(query, actor, today=company.today())
        in_euros = find_pace(replace(query, currency="EUR"), answer, [of(1)], company, actor)
        assert isinstance(in_euros, NoPace)
        assert "is in USD" in in_euros.why


# Next to a chart


def by_period(workspace: PacedWorkspace, who: str, asked: str, *targets: Target) -> dict[date, float]:
    query, actor = query_from_params(parse_qs(asked)), workspace.people[who]
    answer = workspace.ask(query, actor, today=workspace.today())
    return dict(find_targets(query, answer, targets, workspace, actor))


def test_each_period_has_its_own_target(workspace: PacedWorkspace) -> None:
    december, january = date(2025, 12, 1), date(2026, 1, 1)
    months = "m=revenue&by=day:month&t=2025-12-01..2026-01-31"
    assert by_period(workspace, "ana", months) == {december: 18_600, january: 31_000}
    assert by_period(workspace, "dora", months, of(1)) == {december: 12_400, january: 20_000}
    assert by_period(workspace, "ana", months, of(24_000)) == {december: 18_600, january: 24_000}
    assert by_period(workspace, "ana", f"{months}&f=market:in:FR", of(9, "FR")) == {december: 6_200, january: 9}
    assert by_period(workspace, "nora", months, of(24_000)) == {january: 24_000}


def test_a_period_with_excluded_days_has_no_target(workspace: PacedWorkspace) -> None:
    """The whole month's target doesn't apply to it. In the current month, no finished day is left out."""
    december, january = date(2025, 12, 1), date(2026, 1, 1)
    mine = of(24_000)
    assert by_period(workspace, "ana", "m=revenue&by=day:month&t=2025-12-02..2026-01-31") == {january: 31_000}
    assert by_period(workspace, "ana", "m=revenue&by=day:month&t=2025-12-01..2026-01-09", mine) == {december: 18_600}
    assert by_period(workspace, "ana", "m=revenue&by=day:month&t=2025-12-01..2026-01-09") == {december: 18_600}
    for period in ("2025-12-01..2026-01-10", "last_2_month_running", "year_to_date"):
        targets = by_period(workspace, "ana", f"m=revenue&by=day:month&t={period}", mine)
        assert targets[january] == 24_000


def test_non_additive_monthly_targets_give_no_quarterly_target(tmp_path: Path) -> None:
    """Someone who bought in two months is one buyer, so the sum of both months' plans isn't a plan for both."""
    planned = "\nmetrics:\n  - {name: planned_buyers, label: Planned buyers, measure: plan.amount, format: count}\n"
    buyers = "measure: sales.buyers, format: count"
    for company in opened(tmp_path, ("\nmetrics:\n", planned), (buyers, f"{buyers}, target: planned_buyers")):
        months = "m=buyers&by=day:month&t=2025-10-01..2025-12-31"
        assert by_period(company, "ana", months) == {date(2025, 12, 1): 18_600}
        assert by_period(company, "ana", "m=buyers&by=day:quarter&t=2025-10-01..2025-12-31") == {}


def test_a_monthly_target_is_not_split_into_weeks_or_days(workspace: PacedWorkspace) -> None:
    for grain in ("day", "week"):
        assert by_period(workspace, "ana", f"m=revenue&by=day:{grain}&t=2025-12-01..2026-01-31", of(24_000)) == {}
    assert by_period(workspace, "ana", "m=revenue&by=day:month,market&t=2025-12-01..2026-01-31", of(24_000)) == {}
    assert by_period(workspace, "ana", "m=revenue,lines&by=day:month&t=2025-12-01..2026-01-31", of(24_000)) == {}


# In the model


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("planed", "targets 'planed', which is not a metric."),
        ("revenue", "targets itself."),
        ("lines", "is money in EUR, but its target 'lines' is count."),
    ],
)
def test_an_invalid_target_is_refused_with_its_line(target: str, says: str) -> None:
    assert MODEL.count("target: planned") == 1
    with pytest.raises(ModelError) as raised:
        parse_model({"all.yml": MODEL.replace("target: planned", f"target: {target}")})
    (problem,) = raised.value.problems
    assert problem.message == f"The metric 'revenue' {says}"
    assert "name: revenue," in MODEL.splitlines()[problem.line - 1]


def test_a_target_changes_no_number() -> None:
    with_target, without = parse_model({"m.yml": MODEL}), parse_model({"m.yml": MODEL.replace(", target: planned", "")})
    assert (with_target.metrics["revenue"].target, without.metrics["revenue"].target) == ("planned", "")
    assert metric_digest(with_target, "revenue") == metric_digest(without, "revenue")
