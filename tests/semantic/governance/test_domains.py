"""Who can edit what, for random drafts: a domain's steward can edit only the metrics and segments of their domain."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semantic.governance.domains import domains_changed, domains_in, may_approve, may_draft, may_edit, outside
from semantic.model.editing.objects import ObjectKind
from semantic.model.loading.load import parse_model
from semantic.policy.actor import Actor
from tests.domain_world import ANA, CORE, FAY, FIELD, FILES, LENA, MIA, PAID, PAT, TEAMS, changed

MODEL = parse_model(FILES)
M, S, D = ObjectKind.METRIC, ObjectKind.SEGMENT, ObjectKind.DATASET

NEW = "  - {name: new, domain: paid, kind: derived, inputs: [{metric: orders}], expression: orders}\n"

INSIDE = [
    ("paid.yml", "format: count", "format: number"),
    ("paid.yml", "label: Paid order value", "label: Paid basket"),
    (
        "paid.yml",
        "metrics:\n",
        "metrics:\n  - {name: new, domain: paid, kind: derived, inputs: [orders], expression: orders}\n",
    ),
    ("paid.yml", PAID, ""),
]
OUTSIDE = [
    ("core.yml", "label: Revenue", "label: Sales"),
    ("core.yml", "whole: all\npeople", "whole: all\n    masks: []\npeople"),
    ("core.yml", "roles: [marketer]}\n  - {id: fay", "roles: [steward]}\n  - {id: fay"),
    ("core.yml", "currency: EUR", "currency: USD"),
    ("core.yml", "where: amount > 10", "where: amount > 11"),
    ("core.yml", "agg: sum, sql: cost", "agg: max, sql: cost"),
    ("teams.yml", "people: [mia]", "people: [mia, pat]"),
    ("teams.yml", "stewards: {people: [fay]}", "stewards: {people: [mia]}"),
    ("field.yml", "filter: market = 'FR'", "filter: market = 'DE'"),
    ("field.yml", "where: market = 'NO'", "where: market = 'DE'"),
    ("paid.yml", "domain: paid, kind: ratio", "kind: ratio"),  # to the core
    ("paid.yml", "domain: paid, kind: ratio", "domain: field, kind: ratio"),
    ("field.yml", "domain: field\n    measure", "domain: paid\n    measure"),  # taking another team's
    ("core.yml", "label: Revenue,", "label: Revenue, domain: paid,"),  # taking a core metric
    ("paid.yml", "format: count", "certified: {by: Mia, until: 2030-01-01}"),
    ("core.yml", "model:", "# A note of mine.\n\nmodel:"),
    ("paid.yml", "metrics:\n", "datasets:\n  - {name: own, domain: paid, table: orders, grain: [order_id], columns: "
     "{order_id: integer}}\nmetrics:\n"),
    ("paid.yml", "metrics:\n", "metrics:\n  - {name: revenue, domain: paid, measure: orders.orders}\n"),  # a second one
]  # fmt: skip

FIELDS_OWN = [edit for edit in OUTSIDE if edit[0] == "field.yml" and "domain" not in edit[1]]


def edited(edits: list[tuple[str, str, str]]) -> dict[str, str]:
    files = dict(FILES)
    for path, old, new in edits:
        files[path] = files[path].replace(old, new)
    return files


@pytest.mark.parametrize("edit", INSIDE)
def test_a_steward_changes_their_own_domain(edit: tuple[str, str, str]) -> None:
    assert edited([edit]) != FILES
    assert outside(MIA, FILES, edited([edit])) == ()
    assert outside(FAY, FILES, edited([edit]))


@pytest.mark.parametrize("edit", OUTSIDE)
def test_everything_else_is_outside_a_stewards_domain(edit: tuple[str, str, str]) -> None:
    assert edited([edit]) != FILES
    assert outside(MIA, FILES, edited([edit]))
    assert outside(ANA, FILES, edited([edit])) == ()
    assert not may_approve(MIA, FILES, edited([edit]))
    assert may_approve(ANA, FILES, edited([edit]))


def test_moving_an_object_of_the_core_to_another_file_is_outside() -> None:
    metric = "  - {name: orders, label: Order count, measure: orders.orders, format: count}\n"
    files = changed(core=CORE.replace(metric, ""), paid=PAID + metric)
    assert outside(MIA, FILES, files) == ((M, "orders"),)


@given(
    st.lists(st.sampled_from([*INSIDE[:3], *OUTSIDE]), min_size=1, max_size=5), st.sampled_from([MIA, FAY, PAT, LENA])
)
@settings(max_examples=150, deadline=None)
def test_one_edit_outside_makes_a_draft_unpublishable(edits: list[tuple[str, str, str]], actor: Actor) -> None:
    files, real = dict(FILES), list[tuple[str, str, str]]()
    for edit in edits:
        path, old, new = edit
        if old in files[path]:
            files[path] = files[path].replace(old, new)
            real.append(edit)
    mine = {"mia": INSIDE, "fay": FIELDS_OWN}.get(actor.id)
    expected = mine is not None and all(edit in mine for edit in real)
    assert may_approve(actor, FILES, files) == expected


def test_rights_come_from_the_version_that_is_published() -> None:
    """A draft that makes its author a steward gives the author no rights."""
    taken = changed(teams=TEAMS.replace("people: [fay]", "people: [mia]"), field=FIELD.replace("'FR'", "'DE'"))
    assert set(outside(MIA, FILES, taken)) == {(ObjectKind.DOMAIN, "field"), (M, "field_leads")}


def test_editing_rights_are_decided_for_each_object() -> None:
    assert all(may_edit(ANA, MODEL, key) for key in ((M, "revenue"), (D, "orders"), (ObjectKind.POLICY, "whole")))
    assert may_edit(MIA, MODEL, (M, "paid_leads"))
    assert may_edit(FAY, MODEL, (S, "fair_visitors"))
    for key in (
        (M, "revenue"),
        (M, "field_leads"),
        (S, "large"),
        (D, "orders"),
        (M, "nothing"),
        (ObjectKind.DOMAIN, "paid"),
    ):
        assert not may_edit(MIA, MODEL, key)
    assert [may_draft(actor, MODEL) for actor in (ANA, MIA, PAT, LENA)] == [True, True, False, False]


def test_the_domains_of_a_draft_are_found() -> None:
    assert domains_changed(FILES, edited([INSIDE[0]])) == {"paid"}
    assert domains_changed(FILES, edited([INSIDE[0], OUTSIDE[0]])) == {"paid", ""}
    assert domains_changed(FILES, FILES) == frozenset()
    assert {domain.name for domain in domains_in(FILES)} == {"paid", "field"}
