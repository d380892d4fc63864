"""Counters and durations of this process for monitoring, without names or questions.

Counters are per process and start at 0. Surfaces, outcomes and kinds of file come from fixed lists, so the number of
series can't grow with what people ask.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from semantic.observability import logs
from semantic.results.result import Result

BOUNDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""The upper bounds of the histogram's buckets, in seconds."""
ANSWERED: Final = "answered"
NO_LABELS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample of a metric family: its value, its labels, and its name's suffix."""

    value: float
    labels: Mapping[str, str] = field(default_factory=lambda: NO_LABELS)
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """A metric family, as in OpenMetrics: samples that have the same meaning."""

    name: str
    kind: Literal["counter", "gauge", "histogram", "info"]
    means: str
    samples: tuple[Sample, ...]
    unit: str = ""


class Meters:
    """The counters of one process. Several threads can use them safely."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards everything below
        self._questions: Counter[tuple[str, str]] = Counter()
        self._files: Counter[str] = Counter()
        self._jobs: Counter[tuple[str, str]] = Counter()
        self._late: dict[str, float] = {}
        self._job_seconds: dict[str, float] = {}
        self._cached = 0
        self._buckets = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0

    def answered(self, surface: str, result: Result, receipt: str) -> None:
        """Count an answered question. The engine's time is recorded too, unless the rows were cached."""
        with self._lock:
            self._questions[surface, ANSWERED] += 1
            self._cached += result.cached
        if not result.cached:
            self.took(result.elapsed_seconds)
        logs.tell(
            "question", "A question was answered.", outcome=ANSWERED, surface=surface,
            ms=round(result.elapsed_seconds * 1000), cached=result.cached, rows=result.table.num_rows, receipt=receipt,
        )  # fmt: skip

    def took(self, seconds: float) -> None:
        """Record how long the engine took for an answer."""
        with self._lock:
            self._buckets[_bucket(seconds)] += 1
            self._seconds += seconds

    def refused(self, surface: str, code: str) -> None:
        """Count a question without an answer. `code` is the error's code (see docs/reference/errors.md)."""
        with self._lock:
            self._questions[surface, code] += 1
        logs.tell("question", "A question was not answered.", outcome=code, surface=surface)

    def exported(self, kind: str, receipt: str) -> None:
        """Count an answer exported as a file."""
        with self._lock:
            self._files[kind] += 1
        logs.tell("export", "A file was exported.", format=kind, receipt=receipt)

    def ran_job(self, job: str, outcome: str, *, seconds: float, late: float) -> None:
        """Count a run of a job in this process: `done`, `failed`, or `lost` to another worker.

        `seconds` is its duration, and `late` how many seconds after it was due it started.
        """
        with self._lock:
            self._jobs[job, outcome] += 1
            self._job_seconds[job] = self._job_seconds.get(job, 0.0) + seconds
            self._late[job] = late

    def families(self) -> Iterator[Family]:
        """Yield all metric families. All counts are from the same moment."""
        with self._lock:
            questions, files = Counter(self._questions), Counter(self._files)
            cached, buckets, seconds = self._cached, list(self._buckets), self._seconds
            jobs, job_seconds, late = Counter(self._jobs), dict(self._job_seconds), dict(self._late)
        yield Family(
            "samepage_questions", "counter", "Questions by surface and outcome.",
            tuple(Sample(count, {"surface": one[0], "outcome": one[1]}) for one, count in sorted(questions.items())),
        )  # fmt: skip
        rows = {"kept": cached, "computed": sum(buckets)}
        yield Family(
            "samepage_answers", "counter", "Answers by whether their rows were cached or computed.",
            tuple(Sample(count, {"rows": where}) for where, count in rows.items()),
        )  # fmt: skip
        yield Family(
            "samepage_question_seconds", "histogram", "Time the engine took for computed answers.",
            tuple(_histogram(buckets, seconds)), unit="seconds",
        )  # fmt: skip
        yield Family(
            "samepage_exports", "counter", "Files exported, by kind.",
            tuple(Sample(count, {"format": kind}) for kind, count in sorted(files.items())),
        )  # fmt: skip
        yield Family(
            "samepage_jobs", "counter", "Jobs that ran in this process, by outcome.",
            tuple(Sample(count, {"job": job, "outcome": end}) for (job, end), count in sorted(jobs.items())),
        )  # fmt: skip
        yield Family(
            "samepage_job_seconds", "counter", "Time that jobs ran in this process.",
            tuple(Sample(total, {"job": job}) for job, total in sorted(job_seconds.items())), unit="seconds",
        )  # fmt: skip
        yield Family(
            "samepage_job_late_seconds", "gauge", "How long a job had been due when it last began in this process.",
            tuple(Sample(value, {"job": job}) for job, value in sorted(late.items())), unit="seconds",
        )  # fmt: skip


def _bucket(seconds: float) -> int:
    return next((place for place, bound in enumerate(BOUNDS) if seconds <= bound), len(BOUNDS))


def _histogram(buckets: Iterable[int], seconds: float) -> Iterator[Sample]:
    count = 0
    for bound, added in zip((*BOUNDS, None), buckets, strict=True):
        count += added
        yield Sample(count, {"le": "+Inf" if bound is None else str(bound)}, "_bucket")
    yield Sample(count, suffix="_count")
    yield Sample(seconds, suffix="_sum")


OPEN_METRICS: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def write_open_metrics(families: Iterable[Family]) -> str:
    """Return the families as OpenMetrics text, for Prometheus and compatible tools."""
    lines: list[str] = []
    for family in families:
        lines.append(f"# TYPE {family.name} {family.kind}")
        if family.unit:
            lines.append(f"# UNIT {family.name} {family.unit}")
        lines.append(f"# HELP {family.name} {family.means}")
        ending = {"counter": "_total", "info": "_info"}.get(family.kind, "")
        for sample in family.samples:
            labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in sample.labels.items())
            name = family.name + (sample.suffix or ending)
            lines.append(f"{name}{'{' + labels + '}' if labels else ''} {sample.value:.10g}")
    return "\n".join([*lines, "# EOF", ""])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
