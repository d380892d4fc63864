"""The notes that a browser carries to a provider and back: signed by this server, for one purpose, for a few
minutes.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from pages.sign_in import flows
from pages.sign_in.flows import Note, Problem
from pages.sign_in.problems import PROBLEMS
from semantic.errors import WhyFailed, WhyRefused
from semantic.oidc.client import Flow
from semantic.store.accounts.sign_ins import LONGEST_TOKEN

PROXY = Path(__file__).parents[3] / "deploy" / "proxy" / "nginx.conf"
NOW = 1_800_000_000.0
NOTE = Note(
    provider="okta",
    flow=Flow(state="s" * 32, nonce="n" * 32, verifier="v" * 64),
    return_to="/explore?m=orders",
    is_silent=False,
    renews="",
    until=int(NOW) + 600,
)


def jar(note: Note, value: str = "") -> dict[str, str]:
    return {flows.name_of(note.flow.state): value or flows.write_note(note)}


def test_a_note_is_read_by_its_state_within_its_time() -> None:
    assert flows.read_note(jar(NOTE), NOTE.flow.state, NOW) == NOTE
    assert flows.read_note(jar(NOTE), NOTE.flow.state, NOW + 600) is None
    assert flows.read_note(jar(NOTE), NOTE.flow.state, NOW - 86_400) is None, "dated ahead, by a clock that was wrong"
    assert flows.read_note(jar(NOTE), "another", NOW) is None
    assert flows.read_note({}, NOTE.flow.state, NOW) is None
    assert flows.read_note({}, "", NOW) is None


def test_two_notes_coexist() -> None:
    other = replace(NOTE, flow=replace(NOTE.flow, state="t" * 32), return_to="/metrics")
    both = jar(NOTE) | jar(other)
    assert flows.read_note(both, "s" * 32, NOW) == NOTE
    assert flows.read_note(both, "t" * 32, NOW) == other


def test_a_note_under_another_name_is_invalid() -> None:
    other = replace(NOTE, flow=replace(NOTE.flow, state="t" * 32))
    assert flows.read_note(jar(NOTE, flows.write_note(other)), NOTE.flow.state, NOW) is None


@pytest.mark.parametrize("value", ["", ".", "a.b", "é.b", "W10.AAAA", "x" * 10_000])
def test_an_unsigned_note_is_invalid(value: str) -> None:
    assert flows.read_note({flows.name_of(NOTE.flow.state): value}, NOTE.flow.state, NOW) is None


def test_a_changed_note_is_invalid() -> None:
    body, _, signature = flows.write_note(NOTE).partition(".")
    data = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    changed = urlsafe_b64encode(json.dumps(data | {"return_to": "//evil.example"}).encode()).decode().rstrip("=")
    assert flows.read_note(jar(NOTE, f"{changed}.{signature}"), NOTE.flow.state, NOW) is None


def test_a_signature_for_another_purpose_is_invalid() -> None:
    problem = flows.write_problem(Problem(why="denied", provider="okta"), NOW)
    assert flows.read_problem({flows.PROBLEM_COOKIE: problem}, NOW) == Problem(why="denied", provider="okta")
    assert flows.read_problem({flows.PROBLEM_COOKIE: problem}, NOW + 300) is None
    assert flows.read_problem({flows.PROBLEM_COOKIE: flows.write_note(NOTE)}, NOW) is None
    assert flows.read_note(jar(NOTE, problem), NOTE.flow.state, NOW) is None


def test_the_longest_note_fits_into_a_cookie() -> None:
    path = flows.short_return("/explore?m=" + "x" * 1_880)
    assert path.startswith("/explore?m=")
    assert len(flows.write_note(replace(NOTE, return_to=path))) < 4_000
    assert flows.short_return("/explore?m=" + "x" * 8_000) == "/explore"
    longest = Problem(why="taken", provider="p" * 32, sentence="𝄞" * 600)
    assert len(flows.write_problem(longest, NOW)) < 4_000


def test_every_kind_of_failure_has_a_message() -> None:
    assert {*get_args(WhyFailed), *get_args(WhyRefused), "store"} == set(PROBLEMS)


def read_bytes(text: str) -> int:
    return int(text.removesuffix("k")) * 1024


def test_everything_a_browser_sends_fits_into_the_proxys_limits() -> None:
    """This holds for any number of sign-ins that the browser starts, each with the longest return path, and everything
    else at its longest.
    """
    [limit] = re.findall(r"large_client_header_buffers \d+ (\d+k);", PROXY.read_text(encoding="utf-8"))
    problem = flows.write_problem(Problem(why="taken", provider="p" * 32, sentence="𝄞" * 600), NOW)
    problems = {"samepage_visit": "v" * 32, "__Host-samepage": "t" * LONGEST_TOKEN, flows.PROBLEM_COOKIE: problem}
    problems |= {"samepage_way": "w" * 40, "_streamlit_xsrf": "x" * 100, "samepage_sent": "111", "samepage_tried": "1"}
    for number in range(20):
        path = flows.short_return("/explore?m=" + "x" * 1_885)
        note = replace(NOTE, provider="p" * 32, return_to=path, flow=replace(NOTE.flow, state=f"{number:032d}"))
        name, value = flows.name_of(note.flow.state), flows.write_note(note)
        for dropped in flows.surplus_notes(problems, name, value):
            del problems[dropped]
        problems[name] = value
        assert flows.read_note(problems, note.flow.state, NOW) == note, "the one that was just begun is always there"
        notes = sum(len(name) + len(text) for name, text in problems.items() if name.startswith(flows.FLOW_COOKIE))
        assert notes <= flows.MOST_BYTES
        header = "Cookie: " + "; ".join(f"{name}={text}" for name, text in problems.items())
        assert 3_000 < len(header) < read_bytes(limit)


def test_eight_concurrent_sign_ins_to_typical_paths_fit() -> None:
    notes: dict[str, str] = {}
    for number in range(8):
        note = replace(NOTE, flow=replace(NOTE.flow, state=f"{number:032d}"))
        name, value = flows.name_of(note.flow.state), flows.write_note(note)
        assert flows.surplus_notes(notes, name, value) == []
        notes[name] = value
    assert flows.surplus_notes(notes, flows.name_of("another"), "x" * 500) == [next(iter(notes))], "the oldest goes"


@pytest.mark.parametrize("letter", ["𝄞", '"', "\\", "\x01", "é"])
def test_a_return_path_is_measured_as_it_is_written(letter: str) -> None:
    path = flows.short_return("/explore?m=" + letter * 1_800)
    assert path == "/explore"
    assert flows.short_return("/" + letter * 1_800) == "/"
    assert len(flows.write_note(replace(NOTE, return_to=flows.short_return("/explore?m=" + letter * 300)))) < 4_000
