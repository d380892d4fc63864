"""Data checks: all of them for stewards, and the checks behind one metric for anyone who can see that metric."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import streamlit as st

from pages.shell import session
from pages.shell.parts import block, empty_state, heading, page_header, plain
from pages.shell.turns import in_turn
from semantic.display.format import counted, moment, moment_in
from semantic.display.trust import check_words
from semantic.display.words.stated_checks import stated_checks
from semantic.errors import StoreFailed
from semantic.model.definitions import Metric
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.results.check_history import Change, PastFinding, PastFindings, changes, last_held
from semantic.results.failed_checks import CheckState, FoundCheck
from semantic.services.check_runner import Checks

WORDS: Final = {
    CheckState.HOLDS: "Passed",
    CheckState.WARNS: "Passed with warnings",
    CheckState.FAILS: "Failed",
    CheckState.UNKNOWN: "Not run",
}
_ORDER: Final = (CheckState.FAILS, CheckState.UNKNOWN, CheckState.WARNS, CheckState.HOLDS)
MOST_CHANGES: Final = 60
MOST_LISTED: Final = 12  # the maximum number of failed checks above the table


def check_page() -> None:
    """Draw when the checks ran, what failed and which metrics are affected, then every check."""
    workspace, actor = session.require("steward")
    checks = session.checks()
    checks.look()
    press = (lambda: _run_button(checks, actor, "checks-run", primary=True)) if actor.viewed_by is None else None
    zone = workspace.model.settings.time_zone
    page_header("Checks", _schedule(checks, session.settings().check_minutes, zone), press)
    _under_way(checks)
    seen = workspace.visible(actor)
    known = [check for every in checks.known.found.values() for check in every]
    shown = [check for check in known if _may_know(check.dataset, seen)]
    if not known and checks.is_looking:
        return
    if not known:
        empty_state(
            "rule", "No checks have run yet", "Run now to compare every table with its definition and run its checks.",
            key="checks-none",
        )  # fmt: skip
        return
    if len(shown) < len(known):
        hidden = counted(len(known) - len(shown), "check")
        text = (
            f"{hidden} on data that you can see only in part, or not at all, {_are(len(known) - len(shown))} not "
            "listed."
        )
        st.caption(plain(text))
    past = {name: rows for name, rows in checks.past().items() if rows and _may_know(rows[0].dataset, seen)}
    _failing([check for check in shown if check.state is CheckState.FAILS], shown, past, seen)
    _changes(changes(shown, past), seen)
    _table(shown, seen)


def _may_know(dataset: str, seen: VisibleModel) -> bool:
    """Return whether a person can see the counts of a dataset's checks.

    The counts cover all rows, so the person needs access to all rows.
    """
    return dataset in seen.model.datasets and not seen.rules and seen.shows_fact(dataset)


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _schedule(checks: Checks, minutes: float, zone: str) -> str:
    run = checks.known.run
    span = "minute" if minutes == 1 else f"{minutes:g} minutes"
    often = f"Runs soon after data or definitions change, or every {span} where the database doesn't report changes."
    often = often if minutes else "Runs only when you start it."
    last = f" Last run ended {moment_in(run.ended_at, zone)}." if run.ended_at else ""
    part = " Some checks didn't finish." if run.ended_at and not run.is_whole else ""
    return f"Data checks defined in the model. {often}{last}{part}"


def _run_button(checks: Checks, actor: Actor, key: str, *, primary: bool = False) -> None:
    st.button(
        "Run now", key=key, icon=":material/play_arrow:", type="primary" if primary else "secondary",
        disabled=checks.is_looking, on_click=_run, args=(actor,),
    )  # fmt: skip


def _run(actor: Actor) -> None:
    """Start the checks, unless a different person is signed in by now."""
    if session.actor() == actor:
        session.checks().begin(actor)


def _under_way(checks: Checks) -> None:
    if checks.is_looking:
        _looking()


@st.fragment(run_every=1.0)
@in_turn
def _looking() -> None:
    """Check once a second whether the run is done."""
    checks = session.checks()
    with suppress(StoreFailed):  # The next check can succeed. Until then, the known state stays.
        checks.look()
    if not checks.is_looking:
        st.rerun()
    st.markdown(
        ":gray[:material/progress_activity:] Running. People's questions go first, so this can take a few minutes."
    )


def _all_well(known: Sequence[FoundCheck]) -> str:
    """Return the sentence to show when no check failed. It says "All checks passed" only if there are no warnings."""
    warned = sum(check.state is CheckState.WARNS for check in known)
    if not warned:
        return "All checks passed."
    return f"No check failed. {counted(warned, 'relationship has', 'relationships have')} keys that match nothing."


def _failing(checks: Sequence[FoundCheck], known: Sequence[FoundCheck], past: PastFindings, seen: VisibleModel) -> None:
    with block("Failed", counted(len(checks), "check")):
        if not checks:
            st.markdown(f":green[:material/check:] {plain(_all_well(known))}")
            return
        zone = seen.model.settings.time_zone
        with st.container(border=True, gap="xsmall", key="list-of-failing"):
            for check in sorted(checks, key=lambda each_check: each_check.since)[:MOST_LISTED]:
                fed = sum(check.dataset in _facts_of(metric, seen) for metric in seen.metrics)
                feeds = f"Used by {counted(fed, 'metric')}." if fed else "Not used directly by any metric."
                last_passed = last_held(check.id, past)
                before = f", last passed {moment_in(last_passed, zone)}" if last_passed is not None else ""
                concerns = f"{feeds} Failing since {moment_in(check.since, zone)}{before}."
                text = f"{_label(check.dataset, seen)}: {check.what}"
                st.markdown(f":orange[:material/rule:] {plain(text)} :small[:gray[{plain(concerns)}]]")
            if len(checks) > MOST_LISTED:
                st.caption(f"{len(checks) - MOST_LISTED} more in the table.")


def _changes(made: Sequence[Change], seen: VisibleModel) -> None:
    """Draw the changes of state, newest first, or nothing if there are none."""
    if not made:
        return
    listed, zone = made[:MOST_CHANGES], seen.model.settings.time_zone
    local = _clock(zone)
    rows = {
        "When": [local(change.at) for change in listed],
        "State": [WORDS[change.state] for change in listed],
        "Dataset": [_label(change.dataset, seen) for change in listed],
        "Check": [change.what for change in listed],
        "Before": [_before(change.before, local) for change in listed],
    }
    few = f"the last {len(listed)} of {len(made):,}" if len(listed) < len(made) else counted(len(made), "change")
    with block("Recent changes", f"{few}, times in {zone}"):
        st.dataframe(
            rows, key="check-changes", hide_index=True, height="content" if len(listed) <= 8 else 34 * 9, row_height=34,
            alt="Changes in the state of checks: when, in which dataset, and the previous state.",
            column_config={"When": st.column_config.TextColumn(pinned=True)},
        )  # fmt: skip


def _before(finding: PastFinding | None, local: Callable[[datetime], str]) -> str:
    if finding is None:
        return "Not run before"
    word = WORDS[finding.state]
    return f"{word} from {local(finding.since)} to {local(finding.until)}"


def _clock(zone: str) -> Callable[[datetime], str]:
    """Return a function that formats a moment in a time zone, without naming the zone each time."""
    there = ZoneInfo(zone)
    return lambda at: moment(at.astimezone(there))


def _facts_of(metric: Metric, seen: VisibleModel) -> set[str]:
    return {measure.dataset for measure in measures_of(metric, seen.model)}


def _table(checks: Sequence[FoundCheck], seen: VisibleModel) -> None:
    ranked = sorted(checks, key=lambda check: (_ORDER.index(check.state), _label(check.dataset, seen).casefold()))
    zone = seen.model.settings.time_zone
    local = _clock(zone)
    rows = {
        "Dataset": [_label(check.dataset, seen) for check in ranked],
        "State": [WORDS[check.state] for check in ranked],
        "Check": [check.what for check in ranked],
        "Since": [local(check.since) for check in ranked],
        "Last run": [local(check.looked_at) for check in ranked],
    }
    with block("All checks", f"{counted(len(ranked), 'check')}, times in {zone}"):
        st.dataframe(
            rows, key="all-checks", hide_index=True, height="content" if len(ranked) <= 14 else 34 * 15, row_height=34,
            alt="All data checks: the dataset, the state, when it started, and when the check last ran.",
            column_config={"Dataset": st.column_config.TextColumn(width="medium", pinned=True)},
        )  # fmt: skip


# The checks behind one metric


def metric_checks(metric: Metric, seen: VisibleModel, actor: Actor) -> None:
    """Draw the checks of the data behind a metric, their last results, and a button that runs them."""
    found_checks = session.checks()
    _under_way(found_checks)
    facts = sorted(_facts_of(metric, seen))
    for name in facts:
        checks = seen.model.datasets[name].checks
        if checks:
            heading(_label(name, seen), counted(len(checks), "check"))
            st.markdown("\n".join(f"- :small[{plain(stated_check)}]" for stated_check in stated_checks(checks)))
    if not any(seen.model.datasets[name].checks for name in facts):
        st.caption("No checks defined. Keys and columns are always verified.")
    _last_look(metric, facts, found_checks, seen)
    if actor.is_at_least("steward") and actor.viewed_by is None:
        _run_button(found_checks, actor, "metric-checks-run")


def _last_look(metric: Metric, facts: Sequence[str], checks: Checks, seen: VisibleModel) -> None:
    looked = [check for name in facts for check in checks.known.found.get(name, ())]
    failing, zone = checks.failing_for(metric, seen), seen.model.settings.time_zone
    if not looked:
        st.caption("Not run yet.")
        return
    for check in failing:
        text = check_words(check, zone) if check.what else "A check of the data behind this failed."
        st.markdown(f":orange[:material/rule:] {plain(text)}")
    at = f"Checked {moment_in(min(check.looked_at for check in looked), zone)}."
    well = "No check failed." if any(check.state is CheckState.WARNS for check in looked) else "All checks passed."
    st.caption(plain(at if failing else f"{well} {at}"))


def _label(dataset: str, seen: VisibleModel) -> str:
    return seen.model.datasets[dataset].label or dataset.replace("_", " ").capitalize()
