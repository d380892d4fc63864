"""Certifications: who can give one, what it requires, when it lapses, and when it's valid again."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed, UnknownName
from semantic.model.certification_status import CertificationStatus, certificate, certification_status, lapsed_words
from semantic.model.settings import Criterion
from semantic.services.people import switch_off
from semantic.store.certifications.certifications import CERTIFICATIONS, read_revoked, revoke_again
from tests.semantic.services.certifying.certified_company import MODEL, Company, company

UNTIL = date(2027, 6, 30)


@pytest.fixture
def here(address: str, tmp_path: Path) -> Iterator[Company]:
    with company(address, tmp_path) as opened:
        yield opened


def state(here: Company, metric: str = "revenue") -> CertificationStatus:
    workspace = here.live.workspace()
    return certification_status(workspace.model.metrics[metric], workspace.today())


def why(here: Company, metric: str = "revenue") -> str:
    return lapsed_words(here.live.workspace().model.metrics[metric])


def certified(here: Company) -> Company:
    here.checked(days=30)
    here.certify("revenue", by="bo")
    assert state(here) is CertificationStatus.CERTIFIED
    return here


def test_a_metric_that_meets_everything_is_certified_by_a_steward(here: Company) -> None:
    assert state(here) is CertificationStatus.CANDIDATE
    certified(here)
    found = certificate(here.live.workspace().model.metrics["revenue"])
    assert found is not None
    assert (found.by, found.until, found.lapsed) == ("Bo, marketing operations", UNTIL, "")


def test_checks_must_have_passed_for_thirty_days(here: Company) -> None:
    here.checked(days=29)
    with pytest.raises(NotAllowed, match="checks passed"):
        here.certify("revenue", by="bo")
    criteria = {one.criterion: one for one in here.work("bo").criteria(here.work("bo").seen.metric("revenue"))}
    assert criteria[Criterion.CHECKS].sentence == "All checks of its data have passed for 29 of the required 30 days."
    assert state(here) is CertificationStatus.CANDIDATE
    here.clock.move(days=1)
    here.certify("revenue", by="bo")
    assert state(here) is CertificationStatus.CERTIFIED


def test_a_metric_without_a_description_is_not_certified(here: Company) -> None:
    here.checked(days=30)
    with pytest.raises(NotAllowed, match="described"):
        here.certify("margin", by="bo")


def test_only_stewards_certify_and_others_request(here: Company) -> None:
    here.checked(days=30)
    with pytest.raises(NotAllowed, match="steward"):
        here.certify("revenue", by="mia")
    here.work("mia").request("revenue", "For the board")
    acts = here.work("bo").acts(here.work("bo").seen.metric("revenue"))
    assert acts.request is not None
    assert (acts.request.by_id, acts.request.note) == ("mia", "For the board")
    with pytest.raises(ChangedMeanwhile):
        here.work("ana").request("revenue")
    here.certify("revenue", by="bo")
    assert here.work("bo").acts(here.work("bo").seen.metric("revenue")).request is None


def test_a_hidden_metric_reads_as_missing(here: Company) -> None:
    with pytest.raises(UnknownName):
        here.work("nora").request("revenue")


def test_no_one_certifies_their_own_change(here: Company) -> None:
    here.publish("measure: orders.amount", "measure: orders.amount\n    filter: market = 'DE'", by="ana")
    here.checked(days=30)
    with pytest.raises(NotAllowed, match="reviewed"):
        here.certify("revenue", by="ana")
    here.certify("revenue", by="bo")
    assert state(here) is CertificationStatus.CERTIFIED


def test_only_the_definition_that_was_read_is_certified(here: Company) -> None:
    here.checked(days=30)
    work = here.work("bo")
    meaning = work.meaning(work.seen.metric("revenue"))
    here.publish("measure: orders.amount", "measure: orders.amount\n    filter: market = 'DE'", by="ana")
    with pytest.raises(ChangedMeanwhile, match="definition has changed"):
        here.work("bo").grant("revenue", UNTIL, meaning=meaning)


@pytest.mark.parametrize("until", [date(2026, 12, 30), date(2099, 1, 1), date(2027, 12, 31)])
def test_a_certification_ends_within_the_models_limit_of_months(here: Company, until: date) -> None:
    here.checked(days=30)  # it is 30 December 2026
    with pytest.raises(InvalidQuery, match="up to 30 Dec 2027"):
        here.certify("revenue", by="bo", until=until)


def test_a_certification_lapses_with_the_definition_and_returns_with_it(here: Company) -> None:
    certified(here)
    here.clock.move(days=2)
    here.publish("measure: orders.amount", "measure: orders.amount\n    filter: market = 'DE'")
    assert state(here) is CertificationStatus.LAPSED
    assert why(here) == "Certification lapsed: the definition changed on 1 Jan 2027."
    here.publish("    filter: market = 'DE'\n", "")
    assert state(here) is CertificationStatus.CERTIFIED
    here.publish("measure: orders.amount", "measure: orders.amount\n    filter: market = 'FR'")
    here.certify("revenue", by="bo")
    assert state(here) is CertificationStatus.CERTIFIED, "renewed for the new meaning"


def test_a_certification_lapses_with_the_definition_of_an_input(here: Company) -> None:
    here.publish("expression: revenue - cost", "expression: revenue - cost, means: Kept, does_not_mean: Paid")
    here.checked(days=30)
    here.certify("margin", by="bo")
    assert state(here, "margin") is CertificationStatus.CERTIFIED
    here.publish("{name: cost, agg: sum, sql: cost}", "{name: cost, agg: sum, sql: cost + 1}")
    assert state(here, "margin") is CertificationStatus.LAPSED
    assert state(here, "revenue") is CertificationStatus.CANDIDATE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("means: What customers paid.", "means: What customers paid us."),
        ("label: Revenue", "label: Net revenue"),
        ("measure: orders.amount", "measure: orders.amount  # a remark"),
        ("format: money", "format: money\n    decimals: 0\n    synonyms: [sales]"),
        ("does_not_mean: What we kept.", ""),
        ("sql: amount}", "sql: ' amount '}"),
    ],
)
def test_changed_wording_never_ends_a_certification(here: Company, old: str, new: str) -> None:
    certified(here)
    here.publish(old, new)
    assert state(here) is CertificationStatus.CERTIFIED


def test_a_certification_lapses_while_a_check_fails(here: Company) -> None:
    certified(here)
    here.break_check()
    assert state(here) is CertificationStatus.LAPSED
    assert why(here) == "Certification lapsed: a check of its data fails."
    here.repair_data()
    assert state(here) is CertificationStatus.CERTIFIED
    with pytest.raises(NotAllowed, match="checks passed"):
        here.certify("revenue", by="ana")


def test_a_certification_lapses_with_its_certifier(here: Company) -> None:
    here.checked(days=30)
    here.certify("revenue", by="ana")
    switch_off(here.live, "ana", here.people["otto"], why="Left")
    assert state(here) is CertificationStatus.LAPSED
    assert why(here) == "Certification lapsed: the account of Ana is deactivated."


def test_a_certification_lapses_with_its_owner(here: Company) -> None:
    here.checked(days=30)
    here.certify("revenue", by="ana")
    switch_off(here.live, "bo", here.people["otto"], why="Left")
    assert why(here) == "Certification lapsed: the account of its owner, Bo, is deactivated."


def test_a_certification_ends_on_its_date(here: Company) -> None:
    certified(here)
    here.clock.at = here.clock.at.replace(year=2027, month=6, day=30)
    assert state(here) is CertificationStatus.CERTIFIED
    here.clock.move(days=1)
    assert state(here) is CertificationStatus.EXPIRED


def test_revoking_states_why_and_ends_a_certification_at_once(here: Company) -> None:
    certified(here)
    with pytest.raises(InvalidQuery, match="why"):
        here.work("ana").revoke("revenue", " ")
    here.work("ana").revoke("revenue", "Counts tests")
    assert state(here) is CertificationStatus.CANDIDATE
    with pytest.raises(ChangedMeanwhile):
        here.work("ana").revoke("revenue", "Again")


# Certificates in files


def test_a_certification_in_a_file_is_for_the_definition_it_was_written_for(here: Company) -> None:
    assert state(here, "cost") is CertificationStatus.CERTIFIED
    here.publish("sql: cost}", "sql: cost + 1}")
    assert why(here, "cost") == "Certification lapsed: the definition changed on 30 Nov 2026."
    here.publish("until: 2027-06-30", "until: 2027-07-31")
    assert state(here, "cost") is CertificationStatus.CERTIFIED, "written again for this meaning"


def test_moving_a_metric_to_another_file_does_not_certify_it_again(here: Company) -> None:
    here.publish("sql: cost}", "sql: cost + 1}")
    here.publish("owner: Finance\n    measure: orders.cost", "measure: orders.cost\n    owner: Controlling")
    assert state(here, "cost") is CertificationStatus.LAPSED


def test_a_certification_by_an_unknown_person_or_without_an_end_is_invalid(address: str, tmp_path: Path) -> None:
    unknown = MODEL.replace('by: "Ana, marketing operations"', "by: Mickey Mouse")
    with company(address, tmp_path, unknown) as here:
        assert why(here, "cost") == "Certification lapsed: Mickey Mouse has no account here."


def test_a_certificate_in_a_file_can_last_eighteen_months(address: str, tmp_path: Path) -> None:
    with company(address, tmp_path, MODEL.replace("until: 2027-06-30", "until: 2099-01-01")) as here:
        assert why(here, "cost") == "Certification lapsed: it was given for more than 18 months."


def test_a_revoked_file_certificate_stays_revoked_until_it_is_written_again(here: Company) -> None:
    here.clock.move(hours=1)
    here.work("bo").revoke("cost", "Wrong")
    assert state(here, "cost") is CertificationStatus.CANDIDATE
    here.clock.move(hours=1)
    here.publish("label: Revenue", "label: Sales")
    assert state(here, "cost") is CertificationStatus.CANDIDATE
    here.publish("until: 2027-06-30", "until: 2027-07-31")
    assert state(here, "cost") is CertificationStatus.CERTIFIED


# The store


def test_a_row_written_into_the_store_certifies_nothing(here: Company) -> None:
    certified(here)
    with here.live.store.write(recorded=False) as transaction:
        transaction.connection.execute(update(CERTIFICATIONS).values(until="2028-01-01"))
        transaction.connection.execute(update(CERTIFICATIONS).values(at=here.clock()))
    here.clock.move(hours=1)
    here.live._settled = ()  # pyright: ignore[reportPrivateUsage]
    here.live.settle()
    assert why(here) == "Certification lapsed: its record was changed outside Samepage."


def test_a_restored_backup_does_not_restore_a_revoked_certification(here: Company) -> None:
    certified(here)
    here.clock.move(days=1)
    here.work("ana").revoke("revenue", "Wrong")
    with here.live.store.write(recorded=False) as transaction:
        revoked = read_revoked(transaction.connection)
        is_last = CERTIFICATIONS.c.deed == "revoked"
        transaction.connection.execute(delete(CERTIFICATIONS).where(is_last))  # as in the backup
    here.live.settle()
    assert state(here) is CertificationStatus.LAPSED  # here the audit log still knows; a backup brings its own
    with here.live.store.write(recorded=False) as transaction:
        revoke_again(transaction, here.live.keys, revoked)
    here.live.settle()
    assert state(here) is CertificationStatus.CANDIDATE
