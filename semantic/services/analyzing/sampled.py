"""Scale counts of a sample of subjects up to all subjects, with intervals, and mark them as estimates.

Every kind of analysis that can show samples (`EventKind.tells_samples`) formats its counts with these functions.
Without a sample, the functions return counts unchanged.
"""

from __future__ import annotations

from math import sqrt
from typing import Any, Final

from semantic.analyses.events.read import PlannedEvents
from semantic.display.format import number
from semantic.results.students_t import Z

ABOUT: Final = "≈"


def estimated(count: int, sample: float | None) -> int:
    """Return the estimated number of subjects if `count` of them are in the sample.

    >>> estimated(807, 0.1), estimated(807, None)
    (8070, 807)
    """
    return count if sample is None else round(count / sample)


def estimated_between(count: int, sample: float) -> tuple[int, int]:
    """Return the 95% interval for the number of subjects if `count` of them are in the sample.

    Each subject is in the sample with the same probability, so this is Wilson's interval for that probability, solved
    for the number of subjects. The interval never begins below `count`.

    >>> estimated_between(100, 0.1), estimated_between(0, 0.1)
    ((831, 1204), (0, 35))
    """
    spread = Z * Z * (1 - sample)
    middle, apart = count + spread / 2, sqrt(spread * count + spread * spread / 4)
    return max(count, round((middle - apart) / sample)), round((middle + apart) / sample)


def marked(text: str, sample: float | None) -> str:
    """Return a number's text, with `≈` in front if it's an estimate from a sample."""
    return text if sample is None or not text else ABOUT + text


def counted(count: int, sample: float | None) -> str:
    """Return a number of subjects as text: `807`, or `≈8,070` if only a sample was counted."""
    return marked(number(estimated(count, sample)), sample)


def counted_between(count: int, sample: float) -> str:
    """Return the interval for a number of subjects as text."""
    low, high = estimated_between(count, sample)
    return f"{number(low)} – {number(high)}"


def sample_rule(planned: PlannedEvents) -> tuple[str, ...]:
    """Return the sentence about who is in the sample, or an empty tuple without a sample."""
    if planned.sample is None:
        return ()
    subject, one_in = _one_in(planned, planned.sample)
    return (
        f"Only one {subject} in {one_in} is followed, always the same ones, chosen by a hash of their key. Counts are "
        f"multiplied by {one_in} and marked {ABOUT}.",
    )


def sample_notes(planned: PlannedEvents) -> tuple[str, ...]:
    """Return notes to read before using numbers from a sample, or an empty tuple without a sample."""
    if planned.sample is None:
        return ()
    subject, one_in = _one_in(planned, planned.sample)
    return (f"These are estimates from a sample, one {subject} in {one_in}. Intervals include the sample's error.",)


def sample_data(planned: PlannedEvents) -> dict[str, Any]:
    """Return the sample as JSON-ready data, or an empty dict without a sample."""
    return {} if planned.sample is None else {"sample": planned.sample, "is_estimated": True}


def _one_in(planned: PlannedEvents, sample: float) -> tuple[str, int]:
    return planned.reads.population.subject.replace("_", " "), round(1 / sample)
