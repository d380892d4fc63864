"""Notes about events without a subject, which analyses leave out."""

from __future__ import annotations

from semantic.analyses.events.coverage import SubjectCoverage, read_coverage
from semantic.display.format import share
from semantic.query.describe import join_words
from semantic.services.analyzing.pending import Running


def coverage_notes(running: Running) -> tuple[str, ...]:
    """Return a note with the share of each event's rows that have no subject. Empty if every row has one."""
    if running.coverage is None:
        return ()
    planned = running.compiled.planned
    found = read_coverage(planned, running.coverage.answer().table.to_pylist()[0])
    labelled = {each.label: each for each in reversed(found)}  # for events with the same label, only the first
    without = [_words(each) for each in found if each.without and labelled[each.label] is each]
    if not without:
        return ()
    subject = planned.reads.population.subject.replace("_", " ")
    return (f"Events without a known {subject} don't count: {join_words(list(dict.fromkeys(without)))}.",)


def _words(event: SubjectCoverage) -> str:
    return f"{share(event.without / event.rows)} of {event.label}"
