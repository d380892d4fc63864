"""Describe the result of a profile in sentences and text tables, the same for every surface."""

from __future__ import annotations

from typing import Any

from semantic.analyses.events.asked import plural
from semantic.analyses.events.profile.finding import ProfileBy, ProfileFound, ProfileRow
from semantic.analyses.events.sets import compared_sets
from semantic.display.format import number, part_share, value_text
from semantic.errors import counted
from semantic.query.describe import lower_first
from semantic.query.member_labels import label_of
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.tables import TextTable
from semantic.services.analyzing.words.subject import subject as subject_of

MISSING, NONE, HIDDEN, REST = "", "(none)", "(hidden)", "All others"


def profile_sentence(analyzed: Analyzed[ProfileFound]) -> str:
    """Return a sentence about the group that is most clearly over-represented."""
    found = analyzed.found
    subject, subjects = subject_of(analyzed), plural(analyzed.planned.reads.population.subject)
    if found.who is None or found.than is None:
        return f"Too few {subjects} are on one side of the comparison to show you numbers."
    if not found.who or not found.than:
        who = counted(found.who, subject, subjects)
        return f"Nothing to compare: {who} on one side, {number(found.than)} on the other."
    best = most_apart(found)
    if best is None:
        return f"No group is clearly over-represented among the {number(found.who)} {subjects} {who_words(analyzed)}."
    by, row = best
    lift = f" ({row.lift:.1f} times the share)" if row.lift is not None else ""
    return (
        f"{group_text(analyzed, by, row)} ({lower_first(by_label(analyzed, by))}) is over-represented among {subjects} "
        f"{who_words(analyzed)}: {part_share(row.share_who)}, compared with {part_share(row.share_than)} of the others"
        f"{lift}."
    )


def profile_about(analyzed: Analyzed[ProfileFound]) -> str:
    """Return whose profile this is, for titles."""
    return f"{plural(analyzed.planned.reads.population.subject)} {who_words(analyzed)}"


def most_apart(found: ProfileFound) -> tuple[ProfileBy, ProfileRow] | None:
    """Return the group that is over-represented by the most percentage points, or None.

    Only groups whose difference is more than chance explains are considered.
    """
    apart = [(by, row) for by in found.by for row in by.rows if row.is_apart and (row.points or 0) > 0]
    return max(apart, key=lambda pair: pair[1].points or 0, default=None)


def profile_notes(analyzed: Analyzed[ProfileFound]) -> list[str]:
    """Return notes that a reader needs before using the numbers."""
    found = analyzed.found
    searched = counted(len(found.by), "breakdown", "breakdowns")
    subjects = plural(analyzed.planned.reads.population.subject)
    notes = [
        *analyzed.notes,
        f"“These {subjects}” are those {who_words(analyzed)}. “The others” are {than_words(analyzed, subjects)}.",
    ]
    notes.append(
        f"Searched {searched} with {counted(found.tested, 'group', 'groups')}. "
        "An over-represented group isn't necessarily the reason."
    )
    if found.hides:
        notes.append("Numbers based on too few people are hidden from you.")
    return notes


def who_words(analyzed: Analyzed[ProfileFound]) -> str:
    """Return who the profile describes: `who reached View but not Cart`."""
    return f"who {compared_sets(analyzed.plan)[0].words}"


def than_words(analyzed: Analyzed[ProfileFound], subjects: str) -> str:
    """Return who the people of a profile are compared with."""
    sets = compared_sets(analyzed.plan)
    return f"{subjects} who {sets[1].words}" if len(sets) > 1 else f"all other {subjects}"


def profile_tables(analyzed: Analyzed[ProfileFound]) -> list[TextTable]:
    """Return a table for each breakdown, starting with those that explain most."""
    return [breakdown_table(analyzed, by) for by in analyzed.found.by if by.rows]


def breakdown_table(analyzed: Analyzed[ProfileFound], by: ProfileBy) -> TextTable:
    """Return a table of a breakdown's groups, most over-represented first."""
    title = by_label(analyzed, by)
    if by.explains is not None:
        title = f"{title}: explains {part_share(by.explains)} of who is on which side"
    subjects = plural(analyzed.planned.reads.population.subject)
    header = [
        *(lower_first(by_label(analyzed, by)), f"these {subjects}", "of these", "the others", "of the others"),
        *("lift", "95% interval", "clear difference"),
    ]
    lines = [
        [
            group_text(analyzed, by, row),
            *_cells(row.who, row.share_who),
            *_cells(row.than, row.share_than),
            MISSING if row.lift is None else f"{row.lift:.2f}×",
            between_text(row),
            differs_text(row),
        ]
        for row in by.rows
    ]
    return TextTable(title, header, lines)


def between_text(row: ProfileRow) -> str:
    """Return the interval of a group's lift as text: `1.12 – 1.75×`."""
    ends = row.lift_between()
    return MISSING if ends is None else f"{ends[0]:.2f} – {ends[1]:.2f}×"


def differs_text(row: ProfileRow) -> str:
    """Return in words whether a group's shares differ more than chance explains."""
    if row.who is None or row.is_rest:
        return MISSING
    return "Too few" if row.chance is None else "Yes" if row.is_apart else "No"


def group_text(analyzed: Analyzed[ProfileFound], by: ProfileBy, row: ProfileRow) -> str:
    """Return a group's label."""
    if row.is_rest:
        return REST
    return NONE if row.value is None else label_of(row.value, analyzed.labels[by.place]) or value_text(row.value)


def by_label(analyzed: Analyzed[ProfileFound], by: ProfileBy) -> str:
    """Return a breakdown's label."""
    return analyzed.planned.carried[by.place].label


def profile_json(analyzed: Analyzed[ProfileFound]) -> dict[str, Any]:
    """Return the whole result as JSON-ready data. Hidden numbers are null."""
    found = analyzed.found
    return {
        "sentence": profile_sentence(analyzed),
        "rule": [*analyzed.rule],
        "notes": profile_notes(analyzed),
        "scope": analyzed.scope,
        "filters": analyzed.planned.filters,
        "data_version": analyzed.data_version,
        "who": found.who,
        "than": found.than,
        "tested": found.tested,
        "breakdowns": [
            {
                "label": by_label(analyzed, by),
                "explains": by.explains,
                "groups": [_row_data(analyzed, by, row) for row in by.rows],
            }
            for by in found.by
        ],
    }


def _row_data(analyzed: Analyzed[ProfileFound], by: ProfileBy, row: ProfileRow) -> dict[str, Any]:
    ends = row.lift_between()
    return {
        "group": group_text(analyzed, by, row),
        "who": row.who,
        "than": row.than,
        "share_who": row.share_who,
        "share_than": row.share_than,
        "lift": row.lift,
        "lift_interval": [*ends] if ends is not None else None,
        "p_corrected": row.chance,
        "differs": row.is_apart,
    }


def _cells(count: int | None, part: float | None) -> list[str]:
    return [HIDDEN if count is None else number(count), MISSING if part is None else part_share(part)]
