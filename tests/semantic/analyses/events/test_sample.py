"""Samples of subjects: every engine follows the same subjects completely, and counts them as a walk through their rows
does.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from hashlib import sha256

import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.rows import below
from semantic.errors import InvalidQuery
from semantic.services.analyzing.run import analyze
from semantic.services.analyzing.words.funnel import funnel_json, steps_table
from tests.engines import ENGINES
from tests.proof import part
from tests.semantic.analyses.events.by_hand import counted, make_funnel, walk
from tests.semantic.analyses.events.funnel.test_at_random import of
from tests.semantic.analyses.events.logged import LoggedWorkspace, Row, make_log, open_at, statements, tables_of

FUNNEL = EVENT_KINDS["funnel"]
ANYONE = {"subject": "person", "steps": ["acts", "acts"]}
DEFINITIONS = 200


@pytest.fixture(scope="module")
def log() -> list[Row]:
    return make_log(5, people=400)


@pytest.fixture(scope="module")
def workspace(engine_name: str, log: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggedWorkspace]:
    folder = tmp_path_factory.mktemp(f"sampled_{engine_name}")
    for address in ENGINES[engine_name].filled("\n".join(statements(tables_of(log))), folder):
        opened = open_at(address, folder)
        yield opened
        opened.close()


def is_in(person: str | None, one_in: int) -> bool:
    """Return whether a person is in the sample by definition: their hash, as a number, is among the lowest."""
    return person is not None and int(sha256(person.encode()).hexdigest(), 16) < 2**256 / one_in


def test_the_sample_has_about_the_requested_share(log: list[Row]) -> None:
    people = {row.person for row in log if row.person}
    tenth = {person for person in people if is_in(person, 10)}
    assert 20 < len(tenth) < 60
    assert {person for person in people if is_in(person, 100)} < tenth
    assert (below(0.1), below(0.01)) == ("1999999a", "028f5c29")  # a tenth and a hundredth of 2**32


def test_everyone_in_the_sample_is_counted_completely(workspace: LoggedWorkspace, log: list[Row]) -> None:
    for seed in range(part(DEFINITIONS)):
        definition = make_funnel(random.Random(seed))
        expected = counted(definition, walk(definition, [row for row in log if is_in(row.person, 10)]))
        asked = FUNNEL.read({**definition, "sample": 0.1})
        found = analyze(workspace, FUNNEL, asked, workspace.people["ana"]).found
        assert of(found, definition) == expected, (seed, definition)


def test_counts_are_scaled_marked_and_have_an_interval(workspace: LoggedWorkspace, log: list[Row]) -> None:
    acted = {row.person for row in log if row.table == "actions" and is_in(row.person, 10)}
    analyzed = analyze(workspace, FUNNEL, FUNNEL.read({**ANYONE, "sample": 0.1}), workspace.people["ana"])
    header, lines = steps_table(analyzed)
    assert header[:3] == ["step", "people", "people, 95% interval"]
    assert lines[0][1] == f"≈{10 * len(acted)}"
    low, high = (int(end) for end in lines[0][2].split(" – "))
    # The numbers of people of whom a tenth differs from the sample by 1.96 standard deviations.
    for end in (low, high):
        apart = (len(acted) - end / 10) / (end * 0.1 * 0.9) ** 0.5
        assert abs(apart) == pytest.approx(1.96, abs=0.02)
    assert lines[1][3].startswith("≈")
    data = funnel_json(analyzed)
    assert (data["whole"]["counts"][0], data["sample"]) == (10 * len(acted), 0.1)
    assert data["whole"]["count_intervals"][0] == [low, high]
    assert analyzed.rule[-1] == (
        "Only one person in 10 is followed, always the same ones, chosen by a hash of their key. Counts are multiplied "
        "by 10 and marked ≈."
    )


def test_only_some_shares_can_be_sampled() -> None:
    for share in (0.2, 1, 0, "10%", True, 1.0):
        with pytest.raises(InvalidQuery, match=r"Use 0.1 for 10% or 0.01 for 1%"):
            FUNNEL.read({**ANYONE, "sample": share})
    asked = FUNNEL.read({**ANYONE, "sample": 0.01})
    assert FUNNEL.read(FUNNEL.data(asked)) == asked
