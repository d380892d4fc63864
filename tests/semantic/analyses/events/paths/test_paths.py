"""Paths over small logs: starts and ends, repeats, windows, pauses, ties, everything else and groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.paths.finding import PathsFound
from semantic.errors import GroupTooSmall, InvalidQuery, NoPath, SemanticError, TimeMismatch, UnknownName
from semantic.services.analyzing.run import Analyzed, analyze
from semantic.services.analyzing.words.path_labels import way_words
from semantic.services.analyzing.words.paths import paths_json, paths_notes, paths_sentence, paths_tables
from tests.semantic.analyses.events.funnel.test_funnel import NOON, bought, did
from tests.semantic.analyses.events.logged import MODEL, Row, open_log

PATHS = EVENT_KINDS["paths"]
EACH_ACT = {"metric": "acts", "each": "act"}
Ask = Callable[..., Analyzed[PathsFound]]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    def asked(
        rows: Sequence[Row], *events: Any, person: str = "ana", model: str = MODEL, **more: Any
    ) -> Analyzed[PathsFound]:
        workspace = open_log(tmp_path, rows, model=model)
        try:
            definition = {"subject": "person", "events": list(events)}
            definition |= {{"start": "from", "end": "to"}.get(key, key): value for key, value in more.items()}
            paths = PATHS.read(definition)
            assert PATHS.read(PATHS.data(paths)) == paths
            return analyze(workspace, PATHS, paths, workspace.people[person])
        finally:
            workspace.close()
            (tmp_path / "log.duckdb").unlink()

    return asked


def ways(analyzed: Analyzed[PathsFound]) -> dict[str, int]:
    """Return the whole paths in words, with the count of each."""
    return {way_words(analyzed, each.codes): each.count for each in analyzed.found.wholes}


def steps(analyzed: Analyzed[PathsFound]) -> list[dict[str, int]]:
    return [dict(step) for step in analyzed.found.steps]


# Starts and ends


def test_a_path_begins_with_the_first_start(ask: Ask) -> None:
    rows = [*did("xabac"), *did("ca", person="p2"), *did("bc", person="p3")]
    assert ways(ask(rows, EACH_ACT, start="views")) == {"Views → End": 1, "Views → b → Views → c → End": 1}


def test_every_start_counts_if_asked_for(ask: Ask) -> None:
    analyzed = ask(did("abac"), EACH_ACT, start="views", occurrence="every")
    assert ways(analyzed) == {"Views → b → Views → c → End": 1, "Views → c → End": 1}
    assert "the same person can count several times" in analyzed.rule[0]
    assert paths_sentence(analyzed) == (
        "Next after Views came b for 50.0% of paths. The most frequent path is Views → b → Views → c (50.0%). "
        "This is based on only 2 paths."
    )


def test_without_a_start_a_path_begins_with_the_first_event(ask: Ask) -> None:
    rows = [*did("bac"), *did("bac", person="p2"), *did("c", person="p3")]
    assert ways(ask(rows, "views", "carts", "checkouts")) == {
        "Carts → Views → Checkouts → End": 2,
        "Checkouts → End": 1,
    }


def test_paths_to_an_end_are_followed_back_and_shown_in_order(ask: Ask) -> None:
    rows = [*did("abcdab"), *did("d", person="p2"), *did("ab", person="p3")]
    analyzed = ask(rows, EACH_ACT, end="removals")
    assert ways(analyzed) == {"Nothing before → a → b → c → Removals": 1, "Nothing before → Removals": 1}
    assert steps(analyzed) == [{"e01": 2}, {"vc": 1, "x": 1}, {"vb": 1}, {"va": 1}, {"x": 1}]


def test_a_longer_path_is_followed_for_a_given_number_of_events(ask: Ask) -> None:
    analyzed = ask(did("abcde"), EACH_ACT, steps=3)
    assert ways(analyzed) == {"a → b → c": 1}
    assert ask(did("abc"), EACH_ACT, steps=3).found.wholes[0].codes == ("va", "vb", "vc")
    assert ways(ask(did("ab"), EACH_ACT, steps=3)) == {"a → b → End": 1}


def test_events_before_the_period_lead_to_an_end_in_it(ask: Ask) -> None:
    rows = did("abd", (0, 30, 60))  # 2, 3 and 5 March
    day = {"time": {"from": "2026-03-05", "to": "2026-03-05"}}
    assert ways(ask(rows, EACH_ACT, end="removals", **day)) == {"Nothing before → a → b → Removals": 1}
    assert ways(ask(rows, EACH_ACT, end="removals", within="30 hours", **day)) == {"Nothing before → b → Removals": 1}
    first = {"time": {"from": "2026-03-02", "to": "2026-03-02"}}
    assert ways(ask(rows, EACH_ACT, end="removals", **first)) == {}


# Repeats, windows, pauses


def test_repeats_count_once_or_each_time(ask: Ask) -> None:
    rows = did("aaabbc")
    assert ways(ask(rows, EACH_ACT)) == {"a → b → c → End": 1}
    assert ways(ask(rows, EACH_ACT, collapse=False)) == {"a → a → a → b → b": 1}
    assert ways(ask(did("abbd"), EACH_ACT, end="removals")) == {"Nothing before → a → b → Removals": 1}


def test_a_start_right_after_another_is_a_repeat(ask: Ask) -> None:
    rows = did("aab", (0, 1, 9))
    assert ways(ask(rows, EACH_ACT, start="views", occurrence="every")) == {"Views → b → End": 1}
    assert ways(ask(rows, EACH_ACT, start="views", occurrence="every", collapse=False)) == {
        "Views → Views → b → End": 1,
        "Views → b → End": 1,
    }
    # After a pause that ends a path, it's a start of its own.
    rows = did("aab", (0, 8, 9))
    assert ways(ask(rows, EACH_ACT, start="views", occurrence="every", gap="2 hours")) == {
        "Views → End": 1,
        "Views → b → End": 1,
    }


def test_a_window_counts_from_the_start_and_a_pause_between_events(ask: Ask) -> None:
    rows = did("abcd", (0, 2, 4, 7))
    assert ways(ask(rows, EACH_ACT, within="4 hours")) == {"a → b → c → End": 1}
    assert ways(ask(rows, EACH_ACT, gap="2 hours")) == {"a → b → c → End": 1}
    assert ways(ask(rows, EACH_ACT, gap="3 hours")) == {"a → b → c → d → End": 1}
    assert ways(ask(rows, EACH_ACT, gap="90 minutes")) == {"a → End": 1}
    assert ways(ask(rows, EACH_ACT, end="removals", within="5 hours")) == {"Nothing before → b → c → Removals": 1}
    # A repeat bridges a pause.
    assert ways(ask(did("aab", (0, 2, 4)), EACH_ACT, gap="2 hours")) == {"a → b → End": 1}


def test_paths_that_could_still_continue_are_separate(ask: Ask) -> None:
    """Today is 20 March, which isn't over, so 19 March is the last known day."""
    rows = [*did("ab", (16 * 24, 17 * 24)), *did("ab", person="p2")]
    analyzed = ask(rows, EACH_ACT, within="2 days")
    assert ways(analyzed) == {"a → b → End": 1, "a → b → Could still go on": 1}
    assert paths_notes(analyzed) == ["1 person could still go on after the last known day."]
    assert ways(ask(rows, EACH_ACT, within="1 day")) == {"a → b → End": 2}
    rows = [*did("ab", (17 * 24 - 2, 17 * 24)), *did("ab", person="p2")]  # to 19 March, 12:00
    assert ways(ask(rows, EACH_ACT, gap="12 hours")) == {"a → b → End": 1, "a → b → Could still go on": 1}
    assert ways(ask(rows, EACH_ACT, gap="11 hours")) == {"a → b → End": 2}


def test_paths_that_may_begin_before_the_data_are_separate(ask: Ask) -> None:
    rows = did("bd", (0, 1))
    model = MODEL.replace("    time: acted\n", "    time: acted\n    begins: 2026-03-02\n")
    assert ways(ask(rows, EACH_ACT, end="removals", within="1 day", model=model)) == {
        "Before the data begins → b → Removals": 1
    }
    assert ways(ask(rows, EACH_ACT, end="removals", within="12 hours", model=model)) == {
        "Nothing before → b → Removals": 1
    }


# Ties and rows of several events


def test_simultaneous_events_are_in_the_order_of_the_list(ask: Ask) -> None:
    rows = did("cba", (1, 1, 1))
    assert ways(ask(rows, "views", "carts", "checkouts")) == {"Views → Carts → Checkouts → End": 1}
    assert ways(ask(rows, "checkouts", "carts", start="views")) == {"Views → Checkouts → Carts → End": 1}
    assert ways(ask(rows, "checkouts", "carts", end="views")) == {"Nothing before → Checkouts → Carts → Views": 1}


def test_a_row_that_matches_several_events_is_the_start_or_the_first_listed(ask: Ask) -> None:
    rows = did("abe")
    assert ways(ask(rows, "searches", "acts")) == {"Actions → Searches → End": 1}
    assert ways(ask(rows, "acts", "searches")) == {"Actions → End": 1}
    assert ways(ask(rows, "acts", start="carts")) == {"Carts → Actions → End": 1}


def test_events_of_tables_with_only_days_are_compared_by_day(ask: Ask) -> None:
    letter = Row(table="letters", key="l", person="p1", market="DE", at=NOON.replace(hour=0))
    analyzed = ask([*did("a"), letter], "views", end="letters")
    assert ways(analyzed) == {"Nothing before → Views → Letters": 1}
    assert any("compared by day, because the event Letters has no time of day" in text for text in analyzed.rule)


def test_tables_are_combined_by_person(ask: Ask) -> None:
    assert ways(ask([*did("ab"), bought(3)], EACH_ACT, "revenue")) == {"a → b → Revenue → End": 1}


# Everything else, and the share that is covered


def test_rare_events_of_a_step_count_as_everything_else(ask: Ask) -> None:
    """After a comes b three times, c twice, and d and e once each. The two most frequent are named."""
    rows = [row for number, acts in enumerate(("ab", "ab", "ab", "ac", "ac", "ad", "ae"))
            for row in did(acts, person=f"p{number}")]  # fmt: skip
    analyzed = ask(rows, EACH_ACT, top=2)
    assert steps(analyzed) == [{"va": 7}, {"vb": 3, "vc": 2, "o": 2}, {"x": 7}]
    assert (analyzed.found.total, analyzed.found.covered) == (7, 5)
    assert ways(analyzed) == {"a → b → End": 3, "a → c → End": 2, "a → d → End": 1, "a → e → End": 1}
    assert paths_sentence(analyzed) == (
        "First came a for 100.0% of people. The most frequent path is a → b (42.9%). Named events cover the paths of "
        "71.4% of people. This is based on only 7 people."
    )
    links = {(link.step, link.before, link.after): link.count for link in analyzed.found.links}
    assert links == {
        (1, "va", "vb"): 3, (1, "va", "vc"): 2, (1, "va", "o"): 2, (2, "vb", "x"): 3, (2, "vc", "x"): 2,
        (2, "o", "x"): 2,
    }  # fmt: skip


def test_of_equally_frequent_events_the_first_by_name_is_named(ask: Ask) -> None:
    rows = [*did("ac"), *did("ab", person="p2")]
    assert steps(ask(rows, EACH_ACT, top=1))[1] == {"vb": 1, "o": 1}


def test_ten_paths_are_listed_with_shares_and_mean_times(ask: Ask) -> None:
    rows = [*did("ab", (0, 1)), *did("ab", (0, 3), person="p2"), *did("a", person="p3")]
    analyzed = ask(rows, EACH_ACT)
    top, at_each_step = paths_tables(analyzed)
    assert top.header == ["path", "people", "of all people", "mean time"]
    assert top.lines == [["a → b → End", "2", "66.7%", "2 hours"], ["a → End", "1", "33.3%", ""]]
    assert at_each_step.lines == [
        ["Start", "a", "3", "100.0%"],
        ["+1", "b", "2", "66.7%"],
        ["+1", "End", "1", "33.3%"],
        ["+2", "End", "2", "66.7%"],
    ]
    many = [row for number in range(12) for row in did("a" + "bcdefghijklm"[number], person=f"p{number}")]
    assert len(ask(many, EACH_ACT).found.wholes) == 10


def test_groups_are_by_the_start(ask: Ask) -> None:
    rows = [
        *did("a", device="phone"), *did("b", (1,), device="desktop", market="FR"), *did("a", person="p2"),
        *did("ab", person="p3", device="phone"),
    ]  # fmt: skip
    analyzed = ask(rows, EACH_ACT, start="views", by="device")
    top = paths_tables(analyzed)[0]
    assert top.header == ["path", "people", "of all people", "mean time", "Phone", "(no device)"]
    assert [line[-2:] for line in top.lines] == [["100.0%", "0.0%"], ["0.0%", "100.0%"]]
    assert paths_json(analyzed)["groups"] == [{"group": "Phone", "count": 2}, {"group": "(no device)", "count": 1}]


def test_the_largest_groups_are_shown_separately(ask: Ask) -> None:
    products = ["a"] * 3 + ["b"] * 2 + ["c", "d", "e", "f"]
    rows = [row for number, product in enumerate(products) for row in did("a", person=f"p{number}", product=product)]
    assert dict(ask(rows, EACH_ACT, by="product").found.groups) == {"va": 3, "vb": 2, "vc": 1, "vd": 1, "o": 2}


def test_values_have_their_own_type_and_label(ask: Ask) -> None:
    rows = [*did("aab", device="phone"), *did("a", person="p2")]
    analyzed = ask(rows, {"metric": "acts", "each": "device"}, collapse=False)
    assert ways(analyzed) == {"Phone → Phone → Phone → End": 1, "(no device) → End": 1}


# Empty and refused


def test_an_empty_log_is_not_an_error(ask: Ask) -> None:
    analyzed = ask(did("f"), "carts", start="views", by="device")
    assert (analyzed.found.total, analyzed.found.steps, paths_tables(analyzed)) == (0, (), [])
    assert paths_sentence(analyzed) == "No people with Views in this period."
    assert paths_sentence(ask(did("f"), "carts", "views")) == "No people had any of these events in this period."


@pytest.mark.parametrize(
    ("more", "error", "says"),
    [
        ({"events": []}, InvalidQuery, "need 1 to 20 'events'"),
        ({"events": ["cart_rate"]}, InvalidQuery, "Cart rate can't be a step"),
        ({"events": ["nothing"]}, UnknownName, "nothing"),
        ({"subject": "planet"}, NoPath, "planet"),
        ({"from": "views", "to": "carts"}, InvalidQuery, "not both"),
        ({"occurrence": "every"}, InvalidQuery, "Remove 'occurrence'"),
        ({"from": "views", "occurrence": "last"}, InvalidQuery, "first or every"),
        ({"steps": 11}, InvalidQuery, "'steps' must be a whole number from 2 to 10"),
        ({"steps": True}, InvalidQuery, "'steps'"),
        ({"top": 0}, InvalidQuery, "'top'"),
        ({"collapse": "yes"}, InvalidQuery, "'collapse'"),
        ({"within": "1 month"}, InvalidQuery, "1 month"),
        ({"color": "red"}, InvalidQuery, "unknown key"),
        ({"events": [EACH_ACT, {"metric": "acts", "each": "device"}]}, InvalidQuery, "Only one"),
        ({"events": [{"metric": "acts", "each": "date"}]}, InvalidQuery, "can't be a date"),
        ({"by": "date"}, InvalidQuery, "can't be a date"),
        ({"by": "device", "events": ["views", "letters"]}, NoPath, "Letters can't be broken down by device"),
        ({"v": 2}, InvalidQuery, "version 1"),
        ({"kind": "funnel"}, InvalidQuery, "kind paths"),
    ],
)
def test_paths_without_a_right_answer_are_refused(
    tmp_path: Path, more: dict[str, Any], error: type[SemanticError], says: str
) -> None:
    workspace = open_log(tmp_path, did("ab"))
    try:
        asked = {"subject": "person", "events": ["views", "carts"]} | more
        with pytest.raises(error, match=says):
            analyze(workspace, PATHS, PATHS.read(asked), workspace.people["ana"])
    finally:
        workspace.close()


@pytest.mark.parametrize("data", [None, [], "paths", {"events": "views"}, {"events": [1], "subject": "person"}])
def test_invalid_paths_are_refused(data: object) -> None:
    with pytest.raises(InvalidQuery):
        PATHS.read(data)


# Policy


def test_a_hidden_metric_reads_as_missing(ask: Ask) -> None:
    with pytest.raises(UnknownName) as hidden:
        ask(did("ab"), "views", "carts", person="nora")
    with pytest.raises(UnknownName) as missing:
        ask(did("ab"), "views", "carton", person="nora")
    assert str(hidden.value).replace("carts", "carton") == str(missing.value)
    with pytest.raises(TimeMismatch, match="don't have access to its date"):
        ask(did("ab"), "views", person="ida")


def test_a_row_rule_limits_every_event(ask: Ask) -> None:
    rows = [*did("a"), *did("b", (1,), market="FR"), *did("c", (2,)), *did("a", person="p2", market="FR")]
    assert ways(ask(rows, EACH_ACT)) == {"a → b → c → End": 1, "a → End": 1}
    assert ways(ask(rows, EACH_ACT, person="dora")) == {"a → c → End": 1}


def test_masks_apply_to_values(ask: Ask) -> None:
    rows = [*did("ab", device="phone", product="apple"), *did("ab", person="p2", device="desktop", product="pear")]
    assert ways(ask(rows, {"metric": "acts", "each": "device"}, person="mia")) == {"(no device) → End": 2}
    hashed = ask(rows, {"metric": "acts", "each": "product"}, by="product", person="mia")
    assert len(ways(hashed)) == 2
    assert not any(word in str(paths_json(hashed)) for word in ("apple", "pear"))


def test_rare_paths_are_cut_off_where_they_split(ask: Ask) -> None:
    """Gus sees numbers of four people or more.

    Of twelve people, five went a b c, four a b d, two a b e and one a c. After a, the one that went to c can't be
    separated from the eleven others, so all are counted together. Without that person, the paths split after b.
    """
    people = ["abc"] * 5 + ["abd"] * 4 + ["abe"] * 2 + ["ac"]
    rows = [row for number, acts in enumerate(people) for row in did(acts, person=f"p{number:02}")]
    found = ask(rows, EACH_ACT, person="gus").found
    assert [dict(step) for step in found.steps] == [{"va": 12}, {"h": 12}]
    people[-1] = "abd"
    rows = [row for number, acts in enumerate(people) for row in did(acts, person=f"p{number:02}")]
    analyzed = ask(rows, EACH_ACT, person="gus")
    # Two continued to e. One of the two larger paths is added to them, so that the total doesn't reveal them.
    assert steps(analyzed) == [{"va": 12}, {"vb": 12}, {"vc": 5, "h": 7}, {"x": 5}]
    assert ways(analyzed) == {"a → b → c → End": 5}
    assert "“Too few to show”" in paths_notes(analyzed)[0]


def test_with_too_few_people_nothing_is_shown(ask: Ask) -> None:
    analyzed = ask(did("ab"), EACH_ACT, start="views", person="gus")
    assert (analyzed.found.total, analyzed.found.steps, analyzed.found.values) == (None, (), {})
    assert paths_sentence(analyzed) == "Too few people with Views to show you numbers."
    assert paths_tables(analyzed) == []


def test_small_groups_of_people_need_one_path_each(ask: Ask) -> None:
    with pytest.raises(GroupTooSmall, match="each person can only count once"):
        ask(did("ab"), EACH_ACT, start="views", occurrence="every", person="gus")
    with pytest.raises(SemanticError, match="Follow each person instead"):
        ask(did("ab"), EACH_ACT, person="gus", subject="session")


# The rule in words


def test_every_choice_has_its_sentence(ask: Ask) -> None:
    rows = did("abcd", device="phone")
    assert ask(
        rows, EACH_ACT, "revenue", start="views", within="2 days", gap="30 minutes", top=3, steps=4, collapse=False,
        time={"from": "2026-03-02", "to": "2026-03-08"},
    ).rule == (
        "Each person counts once, followed from the first event of Views in the period onwards.",
        "Only these events are followed: Views, each action of Actions, Revenue.",
        "A row that matches several counts as the first of them.",
        "A path has at most 4 events, including the start. Later events aren't followed.",
        "The same event several times in a row counts each time.",
        "Events count up to 2 days (24 hours each) after the start.",
        "A pause of more than 30 minutes between two events ends a path.",
        "At each step, the 3 most frequent events are named. The rest are “Everything else”.",
        "“End” means that no such event followed. Paths that could still go on after the last known day are counted "
        "separately.",
        "Paths begin in the period, 2 – 8 Mar 2026, and later events count through 10 Mar 2026.",
        "Events at the same moment count in the order in which they are listed, then by table and key.",
        "Events with no person don't count.",
    )  # fmt: skip
    assert ask(
        rows, EACH_ACT, end="removals", occurrence="every", within="1 day", by="device",
        time={"from": "2026-03-02", "to": "2026-03-08"},
    ).rule == (
        "Every event of Removals in the period ends a path, except right after another, so the same person can count "
        "several times.",
        "Only these events are followed: Removals, each action of Actions.",
        "A row that matches several counts as the first of them.",
        "A path has at most 5 events, including the end. Earlier events aren't followed.",
        "The same event several times in a row counts once.",
        "Events count up to 1 day (24 hours each) before the end.",
        "At each step, the 8 most frequent events are named. The rest are “Everything else”.",
        "“Nothing before” means that no such event came earlier. Paths that may begin before the data does are counted "
        "separately.",
        "Device is taken from the end. The 4 largest groups are shown separately.",
        "Paths end in the period, 2 – 8 Mar 2026, and earlier events count from 1 Mar 2026.",
        "Events at the same moment count in the order in which they are listed, with the end last, then by table and "
        "key.",
        "Events with no person don't count.",
    )  # fmt: skip


def test_windows_can_be_in_hours_and_weeks_too(ask: Ask) -> None:
    rows = did("ab", (0, 7 * 24))
    assert ways(ask(rows, EACH_ACT, within="1 week")) == {"a → b → End": 1}
    assert NOON + timedelta(weeks=1) == rows[1].at
