"""Certification of named analyses: given as for metrics, and ended by a change of anything that determines the
numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from semantic.analyses.events.named import find_named
from semantic.errors import ChangedMeanwhile, NotAllowed, UnknownName
from semantic.model.certification_status import CertificationStatus, certificate, certification_status, lapsed_words
from semantic.model.editing.objects import ObjectKind
from semantic.model.loading.load import parse_model
from semantic.model.named_analyses import NamedAnalysis
from semantic.model.settings import Criterion
from semantic.services.analyzing.changes import ChangedAnalysis, analyses_changed
from semantic.services.impact.radius import radius_of
from semantic.services.reviewing.needs import Approver, needs
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.certifications.certifications import CERTIFICATIONS
from tests.semantic.services.certifying.certified_company import MODEL, Company, company
from tests.semantic.services.certifying.test_certifying import UNTIL

ENTITY = "entities: [{name: order, kind: primary, columns: [id]}]"
NAMED = (
    MODEL.replace("    dimensions: [{name: day", f"    {ENTITY}\n    dimensions: [{{name: day")
    + """
analyses:
  - name: paid_and_cost
    label: Paid and cost
    description: Which paid orders had a cost.
    owner: Bo, marketing operations
    definition: {kind: funnel, subject: order, steps: [revenue, cost], within: 7 days}
  - name: written
    label: Written
    description: Certified in the file.
    owner: Finance
    definition: {kind: funnel, subject: order, steps: [cost, cost]}
    certified: {by: "Ana, marketing operations", until: 2027-06-30}
"""
)  # fmt: skip
KEY = "analysis:paid_and_cost"


@pytest.fixture
def here(address: str, tmp_path: Path) -> Iterator[Company]:
    with company(address, tmp_path, NAMED) as opened:
        yield opened


def named(here: Company, name: str = "paid_and_cost") -> NamedAnalysis:
    return here.live.workspace().model.analyses[name]


def state(here: Company, name: str = "paid_and_cost") -> CertificationStatus:
    return certification_status(named(here, name), here.live.workspace().today())


def certify(here: Company, by: str = "bo") -> None:
    work = here.work(by)
    work.grant(KEY, UNTIL, meaning=work.meaning(find_named("paid_and_cost", work.seen)))


def certified(here: Company) -> Company:
    here.checked(days=30)
    certify(here)
    assert state(here) is CertificationStatus.CERTIFIED
    return here


def test_a_steward_certifies_an_analysis_and_the_log_says_so(here: Company) -> None:
    assert state(here) is CertificationStatus.CANDIDATE
    certified(here)
    found = certificate(named(here))
    assert found is not None
    assert (found.by, found.until, found.lapsed) == ("Bo, marketing operations", UNTIL, "")
    with here.live.store.read() as connection:
        entries = read_entries(connection, here.live.keys, limit=5)
    assert any("certified the analysis “Paid and cost” until" in sentence(entry) for entry in entries)


def test_others_request_a_certification(here: Company) -> None:
    here.checked(days=30)
    with pytest.raises(NotAllowed, match="steward"):
        certify(here, by="mia")
    here.work("mia").request(KEY, "For the board")
    work = here.work("bo")
    assert work.acts(find_named("paid_and_cost", work.seen)).request is not None


def test_a_hidden_analysis_reads_as_missing(here: Company) -> None:
    """Nora sees only costs."""
    with pytest.raises(UnknownName):
        here.work("nora").request(KEY)
    assert here.work("nora").seen.metric("cost")


def test_the_criteria_are_those_that_an_analysis_can_meet(here: Company) -> None:
    here.checked(days=29)
    work = here.work("bo")
    criteria = {one.criterion: one.state for one in work.criteria(find_named("paid_and_cost", work.seen))}
    assert criteria == {
        Criterion.DESCRIBED: "met", Criterion.OWNER: "met", Criterion.CHECKS: "unmet", Criterion.REVIEWED: "met",
    }  # fmt: skip
    with pytest.raises(NotAllowed, match="checks passed"):
        certify(here)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("within: 7 days", "within: 8 days"),
        ("steps: [revenue, cost]", "steps: [cost, revenue]"),
        ("measure: orders.amount", "measure: orders.amount\n    filter: market = 'DE'"),  # a metric that it uses
        ("{name: cost, agg: sum, sql: cost}", "{name: cost, agg: sum, sql: cost + 1}"),
    ],
)
def test_a_certification_lapses_with_the_definition_and_returns_with_it(here: Company, old: str, new: str) -> None:
    certified(here)
    here.clock.move(days=2)
    here.publish(old, new)
    assert state(here) is CertificationStatus.LAPSED
    assert lapsed_words(named(here)) == "Certification lapsed: the definition changed on 1 Jan 2027."
    here.publish(new, old)
    assert state(here) is CertificationStatus.CERTIFIED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("label: Paid and cost", "label: Cost of paid orders"),
        ("description: Which paid orders had a cost.", "description: Paid orders."),
        ("label: Revenue", "label: Net revenue"),
        ("steps: [revenue, cost]", "steps: [{metric: revenue}, cost]"),
    ],
)
def test_changed_wording_never_ends_a_certification(here: Company, old: str, new: str) -> None:
    certified(here)
    here.publish(old, new)
    assert state(here) is CertificationStatus.CERTIFIED


def test_a_certification_lapses_while_a_check_of_its_data_fails(here: Company) -> None:
    certified(here)
    here.break_check()
    assert state(here) is CertificationStatus.LAPSED
    here.repair_data()
    assert state(here) is CertificationStatus.CERTIFIED


def test_no_one_certifies_their_own_change(here: Company) -> None:
    here.publish("within: 7 days", "within: 8 days", by="bo")
    here.checked(days=30)
    with pytest.raises(NotAllowed, match="reviewed"):
        certify(here, by="bo")
    certify(here, by="ana")
    assert state(here) is CertificationStatus.CERTIFIED


def test_only_the_definition_that_was_read_is_certified(here: Company) -> None:
    here.checked(days=30)
    work = here.work("bo")
    meaning = work.meaning(find_named("paid_and_cost", work.seen))
    here.publish("within: 7 days", "within: 8 days")
    with pytest.raises(ChangedMeanwhile, match="definition has changed"):
        here.work("bo").grant(KEY, UNTIL, meaning=meaning)


def test_revoking_ends_a_certification(here: Company) -> None:
    certified(here)
    here.work("ana").revoke(KEY, "Counts test orders")
    assert state(here) is CertificationStatus.CANDIDATE


def test_a_changed_record_certifies_nothing(here: Company) -> None:
    certified(here)
    with here.live.store.write(recorded=False) as transaction:
        wanted = CERTIFICATIONS.c.metric == KEY
        transaction.connection.execute(update(CERTIFICATIONS).where(wanted).values(until="2028-01-01"))
    here.live.look()
    here.clock.move(days=1)
    here.live.settle()
    assert state(here) is CertificationStatus.LAPSED


def test_a_certificate_in_a_file_counts_for_the_definition_it_was_written_with(here: Company) -> None:
    assert state(here, "written") is CertificationStatus.CERTIFIED
    here.publish("steps: [cost, cost]", "steps: [cost, revenue]")
    assert state(here, "written") is CertificationStatus.LAPSED


def test_a_metric_of_the_same_name_has_its_own_certificate(here: Company) -> None:
    here.publish("- name: paid_and_cost", "- name: revenue")
    here.checked(days=30)
    here.certify("revenue", by="bo")
    model = here.live.workspace().model
    assert (
        certification_status(model.metrics["revenue"], here.live.workspace().today()) is CertificationStatus.CERTIFIED
    )
    assert state(here, "revenue") is CertificationStatus.CANDIDATE


# Changes of a draft


def draft(old: str, new: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the files before and after a draft."""
    assert old in NAMED
    return {"model.yml": NAMED}, {"model.yml": NAMED.replace(old, new)}


@pytest.mark.parametrize(
    ("old", "new", "analyses", "certifies"),
    [
        ("within: 7 days", "within: 8 days", ("paid_and_cost",), ()),
        ("steps: [cost, cost]", "steps: [cost, revenue]", ("written",), ()),
        ("name: paid_and_cost", "name: paid_and_more", ("paid_and_cost",), ()),  # removed
        ("label: Paid and cost", "label: Cost of paid orders", (), ()),
        (
            "definition: {kind: funnel, subject: order, steps: [revenue, cost], within: 7 days}",
            "definition: {kind: funnel, subject: order, steps: [revenue, cost], within: 7 days}\n"
            "    certified: {by: Bo, until: 2027-06-30}",
            (),
            ("paid_and_cost",),
        ),
    ],
)
def test_a_draft_that_changes_or_certifies_one_needs_a_review(
    here: Company, old: str, new: str, analyses: tuple[str, ...], certifies: tuple[str, ...]
) -> None:
    certified(here)
    radius = radius_of(here.live, here.people["ana"], *draft(old, new))
    assert (radius.analyses, radius.certifies_analyses) == (analyses, certifies)
    assert (Approver.OWNER_AND_STEWARD in needs(radius)) is bool(analyses or certifies)


def test_an_uncertified_analysis_changes_without_a_review(here: Company) -> None:
    radius = radius_of(here.live, here.people["ana"], *draft("within: 7 days", "within: 8 days"))
    assert (radius.analyses, needs(radius)) == ((), {Approver.NONE})


def test_changing_the_owner_needs_a_review(here: Company) -> None:
    old = "owner: Bo, marketing operations\n    definition"
    radius = radius_of(here.live, here.people["ana"], *draft(old, old.replace("Bo", "Ana")))
    assert [(each.how, each.kind, each.name) for each in radius.loosens] == [
        ("owner", ObjectKind.ANALYSIS, "paid_and_cost")
    ]


def test_a_change_is_described_in_the_words_of_the_rule(here: Company) -> None:
    today = here.live.workspace().today()

    def changes(old: str, new: str, person: str = "bo") -> list[ChangedAnalysis]:
        before, after = (parse_model(files) for files in draft(old, new))
        return analyses_changed(before, after, here.people[person], today=today)

    (window,) = changes("within: 7 days", "within: 8 days")
    assert window.words == "The analysis Paid and cost counts differently."
    assert [("7 days" in gone, "8 days" in added) for gone, added in zip(window.gone, window.added, strict=True)] == [
        (True, True)
    ]
    (metric, _) = changes("{name: cost, agg: sum, sql: cost}", "{name: cost, agg: sum, sql: cost + 1}")
    assert metric.words == "The analysis Paid and cost counts differently, because something that it uses changes."
    (removed,) = changes("name: paid_and_cost", "name: paid_and_more")
    assert removed.words == "The analysis Paid and cost is removed."
    assert changes("label: Paid and cost", "label: Cost of paid orders") == []
    assert changes("within: 7 days", "within: 8 days", "nora") == []  # she doesn't see it
