"""Readers of public links and destinations: only policies that name their audience apply to them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from semantic.errors import ModelError
from semantic.model.loading.load import load_model
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.policy.claims import is_reserved
from semantic.policy.links import audiences, reader_of_destination, reader_of_link
from semantic.policy.narrow import narrow
from semantic.policy.subjects import subjects_of
from tests.pages.api_world import MODEL

POLICIES = """
policies:
  - {name: for_agency, who: {links: [agency]}, grant: {metrics: [revenue], dimensions: [market]}, whole: all}
  - {name: for_both, who: {links: [wall, agency], roles: [marketer]}, deny: {dimensions: [day]}, whole: all}
  - {name: people, who: {people: ["link:agency", agency]}, grant: {metrics: [costs]}, whole: all}
  - {name: group, who: {groups: [agency, "link:agency"]}, grant: {metrics: [orders]}, whole: all}
  - {name: attribute, who: {attributes: {team: [agency]}}, grant: {metrics: [pairs]}, whole: all}
"""


def _model(folder: Path, more: str = POLICIES) -> Model:
    (folder / "model.yml").write_text(MODEL, encoding="utf-8")
    (folder / "links.yml").write_text(more, encoding="utf-8")
    return load_model(folder)


def _metrics(model: Model, actor: Actor) -> list[str]:
    return sorted(metric.name for metric in narrow(model, actor).metrics)


def test_a_reader_sees_what_policies_for_the_audience_grant_and_nothing_else(tmp_path: Path) -> None:
    model = _model(tmp_path)
    assert audiences(model) == ("agency", "wall")
    agency = narrow(model, reader_of_link("agency"))
    assert [policy.name for policy in agency.policies] == ["for_agency", "for_both"]
    assert [metric.name for metric in agency.metrics] == ["revenue"]
    assert [dimension.name for dimension in agency.dimensions] == ["market"]
    assert _metrics(model, reader_of_link("wall")) == []
    assert _metrics(model, reader_of_link("nobody")) == []
    assert _metrics(model, reader_of_link("")) == []


def test_no_one_else_is_a_reader_of_a_link(tmp_path: Path) -> None:
    """This holds for every name that an identity provider gives to its people and groups."""
    model = _model(tmp_path)
    seen = {
        "a person with its name": Actor(id="agency"),
        "a group": Actor(id="x", groups=frozenset({"agency"})),
        "a person with an audience": Actor(id="x", audience="agency"),
        "a service with an audience": Actor(id="service:1", kind="service", audience="agency"),
        "a role": Actor(id="x", roles=frozenset({"agency", "link:agency"})),
    }
    granted = {name: _metrics(model, actor) for name, actor in seen.items()}
    assert "revenue" not in {metric for metrics in granted.values() for metric in metrics}
    assert granted["a person with its name"] == ["costs"]  # each test sees its own policy: the lists aren't just empty
    assert granted["a group"] == ["orders"]
    assert is_reserved("link:agency")
    assert is_reserved("LINK:agency")


def test_roles_groups_and_attributes_of_a_reader_do_not_count(tmp_path: Path) -> None:
    reader = replace(
        reader_of_link("agency"), roles=frozenset({"administrator"}), groups=frozenset({"agency"}),
        attributes=MappingProxyType({"team": "agency"}),
    )  # fmt: skip
    assert _metrics(_model(tmp_path), reader) == ["revenue"]
    assert not reader_of_link("agency").is_at_least("viewer")


def test_a_policy_for_links_cannot_ask_for_attributes(tmp_path: Path) -> None:
    """A denial with attributes would never apply, although it looks as if it would."""
    with pytest.raises(ModelError, match="'never' is for audiences, whose readers have no attributes"):
        _model(tmp_path, "policies:\n  - {name: never, who: {links: [agency], attributes: {team: [a]}}}\n")


@pytest.mark.parametrize(
    ("asker", "message"),
    [
        ("{audience: agancy}", "asks as the audience 'agancy', which no policy names"),
        ("{link: agancy}", "asks as the audience 'agancy', which no policy names"),
        ("{link: agency, roles: [viewer]}", "asks as an audience with roles, groups or attributes"),
    ],
)
def test_a_policy_test_names_an_audience_and_nothing_else(tmp_path: Path, asker: str, message: str) -> None:
    test = f"policy_tests:\n  - {{name: t, as: {asker}, sees: {{metrics: [revenue]}}}}\n"
    with pytest.raises(ModelError, match=message):
        _model(tmp_path, POLICIES + test)


def test_access_lists_each_audience_next_to_roles_and_groups(tmp_path: Path) -> None:
    model = _model(tmp_path)
    subjects = {subject.label: subject for subject in subjects_of(model, ()) if subject.kind == "link"}
    assert list(subjects) == ["Audience agency", "Audience wall"]
    assert not subjects["Audience agency"].is_open
    assert _metrics(model, subjects["Audience agency"].actor) == ["revenue"]


def test_a_destination_sees_what_policies_for_its_audience_grant(tmp_path: Path) -> None:
    """`links:` is the older name of `audiences:`, so both can name the same audiences, even in one policy."""
    both = POLICIES.replace("{links: [agency]}", "{audiences: [agency]}").replace(
        "links: [wall, agency]", "links: [wall], audiences: [agency]"
    )
    for policies in (POLICIES, both):
        model = _model(tmp_path, policies)
        assert audiences(model) == ("agency", "wall")
        channel = reader_of_destination("agency", id="5d2c", name="#agency")
        assert _metrics(model, channel) == ["revenue"]
        assert [dimension.name for dimension in narrow(model, channel).dimensions] == ["market"]
        assert _metrics(model, reader_of_destination("", id="5d2c")) == []
        assert _metrics(model, Actor(id="destination:5d2c")) == []
    assert is_reserved("destination:5d2c")
