"""What a process counts, and the OpenMetrics text of its counts, computed by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pages.server import metrics
from pages.server.readiness import Readiness
from semantic.config.settings import Settings
from semantic.errors import UnknownName
from semantic.observability.metrics import Family, Meters, Sample, write_open_metrics
from semantic.query.query import Query
from semantic.services.process import Live
from semantic.worker.jobs import jobs_of
from semantic.worker.worker import Worker
from tests.copies import copy_shop
from tests.shop import SHOP


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    data = copy_shop(tmp_path / "shop.duckdb")
    key = "a key of tests that is long enough for it"
    settings = Settings(data=str(data), model=SHOP, store=str(tmp_path / "store.sqlite"), audit_key=key)
    opened = Live.open(settings, surface="shell")
    yield opened
    opened.close()


def numbers(live: Live) -> dict[str, float]:
    text = write_open_metrics(metrics.families(live, Readiness(live, lambda: False)))
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def test_families_follow_the_open_metrics_format() -> None:
    families = [
        Family("a", "counter", "Counts.", (Sample(2, {"x": 'say "hi"\\\n'}),)),
        Family("b_seconds", "gauge", "Lasts.", (Sample(0.25),), "seconds"),
        Family("c", "info", "Tells.", (Sample(1, {"v": "1"}),)),
    ]
    assert write_open_metrics(families) == (
        '# TYPE a counter\n# HELP a Counts.\na_total{x="say \\"hi\\"\\\\\\n"} 2\n'
        "# TYPE b_seconds gauge\n# UNIT b_seconds seconds\n# HELP b_seconds Lasts.\nb_seconds 0.25\n"
        '# TYPE c info\n# HELP c Tells.\nc_info{v="1"} 1\n'
        "# EOF\n"
    )


def test_histogram_buckets_include_their_bound() -> None:
    meters = Meters()
    for seconds in (0.05, 0.06, 0.1, 61.0):
        meters.took(seconds)
    family = next(candidate for candidate in meters.families() if candidate.kind == "histogram")
    counts = {sample.labels.get("le", sample.suffix): sample.value for sample in family.samples}
    assert [counts[bound] for bound in ("0.05", "0.1", "0.25", "60.0", "+Inf")] == [1, 3, 3, 3, 4]
    assert (counts["_count"], counts["_sum"]) == (4, pytest.approx(61.21))


def test_each_question_is_counted_once_by_its_outcome(live: Live) -> None:
    workspace = live.workspace()
    person = workspace.people["steward"]
    asked = Query(metrics=("revenue",))
    workspace.ask(asked, person)
    workspace.ask(asked, person)
    with pytest.raises(UnknownName):
        workspace.ask(Query(metrics=("nothing_of_this_name",)), person)
    found_numbers = numbers(live)
    assert found_numbers['samepage_questions_total{surface="shell",outcome="answered"}'] == 2
    assert found_numbers['samepage_questions_total{surface="shell",outcome="unknown_name"}'] == 1
    assert (
        found_numbers['samepage_answers_total{rows="kept"}']
        == found_numbers['samepage_answers_total{rows="computed"}']
        == 1
    )
    assert found_numbers["samepage_question_seconds_count"] == 1


def test_every_family_is_in_the_reference_and_reveals_nothing_of_the_model(live: Live) -> None:
    page = (Path(__file__).parents[3] / "docs/reference/logs.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `(samepage_\w+)` \|", page, re.MULTILINE))
    workspace = live.workspace()
    workspace.ask(Query(metrics=("revenue",)), workspace.people["steward"])
    live.recorder.flush()
    Worker(live, jobs_of(live)).run_once()
    families = list(metrics.families(live, Readiness(live, lambda: False)))
    # The shop's model is a folder, which has no number.
    assert {family.name for family in families} | {"samepage_model_version"} == listed
    text = write_open_metrics(families)
    assert not [name for name in live.workspace().model.metrics if f'"{name}"' in text]


def test_each_job_is_counted_by_outcome_with_its_time_and_how_late_it_began() -> None:
    meters = Meters()
    meters.ran_job("mend", "done", seconds=1.5, late=2)
    meters.ran_job("mend", "failed", seconds=0.5, late=60)
    meters.ran_job("count", "done", seconds=0.25, late=0)
    text = write_open_metrics(meters.families())
    for line in (
        'samepage_jobs_total{job="mend",outcome="done"} 1',
        'samepage_jobs_total{job="mend",outcome="failed"} 1',
        'samepage_job_seconds_total{job="mend"} 2',
        'samepage_job_seconds_total{job="count"} 0.25',
        'samepage_job_late_seconds{job="mend"} 60',
        'samepage_job_late_seconds{job="count"} 0',
    ):
        assert line in text.splitlines()


def test_an_unavailable_store_leaves_out_only_its_own_families(live: Live) -> None:
    live.store.engine.dispose()
    path = Path(live.settings.store)
    path.rename(path.with_suffix(".away"))
    path.mkdir()
    found_numbers = numbers(live)
    assert found_numbers['samepage_part_ready{part="store"}'] == found_numbers["samepage_ready"] == 0
    assert found_numbers['samepage_part_ready{part="engine"}'] == 1
    assert "samepage_sign_ins" not in found_numbers
    path.rmdir()
    path.with_suffix(".away").rename(path)
