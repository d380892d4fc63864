"""Domains show no one more than the core does, and their people are the ones that the model names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from semantic.model.loading.load import parse_model
from semantic.policy.actor import Actor
from semantic.policy.domains import domains_stewarded, is_domain_member, is_domain_steward
from semantic.policy.narrow import narrow
from tests.domain_world import ANA, CORE, FAY, FIELD, FILES, LENA, MIA, PAT, changed

MODEL = parse_model(FILES)
FIELD_METRIC = "  - {{name: field_new, label: New, domain: field, {}}}\n"


def sees(actor: Actor, definition: str, core: str = CORE) -> bool:
    """Return whether someone sees a domain's metric with this definition."""
    text = FIELD.replace("segments:", f"{FIELD_METRIC.format(definition)}segments:")
    model = parse_model(changed(core=core, field=text))
    return narrow(model, actor).shows_metric(model.metrics["field_new"])


@pytest.mark.parametrize(
    "definition",
    [
        "measure: orders.cost",  # the measure of a hidden metric
        "kind: ratio, numerator: costs, denominator: orders",
        "kind: derived, inputs: [{metric: costs}], expression: costs * 2",
        "kind: cumulative, metric: costs, window: 7 days",
        "kind: derived, inputs: [{name: p, metric: revenue, where: \"buyer = 'ada@example.org'\"}], expression: p",
        "measure: orders.amount, filter: \"buyer = 'ada@example.org'\"",  # a hidden dimension
        "measure: orders.amount, where: \"buyer = 'ada@example.org'\"",
        "measure: orders.amount, target: costs, unit: EUR, format: money",
    ],
)
def test_a_domain_reveals_nothing_that_policies_hide(definition: str) -> None:
    """Viewers see the same metric, so it's the policy that hides it."""
    assert sees(LENA, definition)
    assert not sees(FAY, definition)
    assert not sees(MIA, definition)


def test_a_metric_computed_from_visible_objects_is_visible() -> None:
    for definition in (
        "measure: orders.amount, filter: market = 'DE'",
        "kind: ratio, numerator: revenue, denominator: orders",
    ):
        assert sees(FAY, definition)


def test_a_masked_dimension_cannot_be_a_filter() -> None:
    masked = CORE.replace(
        "    whole: all\npeople", "    whole: all\n    masks: [{dimension: market, kind: hash}]\npeople"
    )
    assert sees(FAY, "measure: orders.amount, filter: market = 'DE'")
    assert not sees(FAY, "measure: orders.amount, filter: market = 'DE'", masked)
    model = parse_model(changed(core=masked))
    assert not narrow(model, FAY).shows_segment(model.segments["fair_visitors"])
    assert narrow(model, LENA).shows_segment(model.segments["fair_visitors"])


def test_a_tag_of_a_domain_grants_nothing() -> None:
    """Otherwise, a policy that grants by tag would show people anything that a team tags."""
    tagged = CORE.replace("    grant: {metrics: all, dimensions: all, segments: all}\n    deny",
                          "    grant: {metrics: {tags: [open]}, dimensions: all, segments: all}\n    deny")  # fmt: skip
    assert not sees(FAY, "measure: orders.amount, tags: [open]", tagged)
    opened = tagged.replace("label: Revenue,", "label: Revenue, tags: [open],")
    assert sees(FAY, "measure: orders.amount, tags: [open]", opened)


def test_stewards_and_members_are_named_by_id_or_group() -> None:
    paid, field = MODEL.domains["paid"], MODEL.domains["field"]
    assert is_domain_steward(MIA, paid)
    assert not is_domain_steward(MIA, field)
    assert is_domain_member(MIA, paid)  # stewards are members
    assert is_domain_member(PAT, paid)
    assert not is_domain_steward(PAT, paid)
    assert is_domain_member(LENA, field)
    assert domains_stewarded(FAY, MODEL.domains.values()) == {"field"}


@pytest.mark.parametrize(
    "actor",
    [
        replace(MIA, roles=frozenset({"viewer"})),  # stewards need the marketer role
        replace(MIA, roles=frozenset[str]()),
        replace(MIA, viewed_by="ana"),
        replace(MIA, kind="service"),
        replace(MIA, kind="agent", for_person="mia"),
        ANA,  # a central steward is none of the domain's
    ],
)
def test_no_one_else_is_a_domains_steward(actor: Actor) -> None:
    assert not is_domain_steward(actor, MODEL.domains["paid"])
