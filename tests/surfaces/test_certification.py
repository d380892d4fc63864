"""A certification that no longer counts is shown nowhere: every surface is read again after each event that ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from pages.metrics.list import BADGES
from pages.widgets.standing import MARKS
from semantic.model.certification_status import CertificationStatus
from semantic.results.result import Result
from semantic.services.people import switch_off
from tests.semantic.services.certifying.certified_company import Company, company
from tests.surfaces.certified_surfaces import LAST, Saved, of_answer, of_board, public_page, save


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Company]:
    with company(str(tmp_path / "store.sqlite"), tmp_path) as opened:
        opened.checked(days=30)
        opened.certify("revenue", by="ana", until=date(2027, 6, 30))
        yield opened


def asked(here: Company) -> Result:
    return here.live.workspace().ask(LAST, here.people["mia"])


def surfaces(here: Company, shown: Result, saved: Saved) -> dict[str, bool]:
    """Return whether each surface shows the metric as certified."""
    return of_answer(here, shown) | of_board(here, saved)


def change_definition(here: Company) -> None:
    here.publish("measure: orders.amount", "measure: orders.amount\n    filter: market = 'DE'")


def change_what_it_reads(here: Company) -> None:
    here.publish("sql: amount}", "sql: amount * 2}")


def deactivate_owner(here: Company) -> None:
    switch_off(here.live, "bo", here.people["otto"], why="Left")


def deactivate_certifier(here: Company) -> None:
    switch_off(here.live, "ana", here.people["otto"], why="Left")


def revoke(here: Company) -> None:
    here.work("bo").revoke("revenue", "Wrong")


def run_out(here: Company) -> None:
    here.clock.at = here.clock.at.replace(year=2027, month=7, day=1)
    here.live.settle()


def break_check(here: Company) -> None:
    here.break_check()


ENDS = (change_definition, change_what_it_reads, deactivate_owner, deactivate_certifier, revoke, run_out, break_check)


@pytest.mark.parametrize("end", ENDS)
def test_the_badge_disappears_everywhere_in_the_next_run(here: Company, end: Callable[[Company], None]) -> None:
    saved = save(here)
    before = surfaces(here, asked(here), saved)
    assert all(before.values()), before
    end(here)
    after = surfaces(here, asked(here), saved)
    assert not any(after.values()), after


def test_an_earlier_answer_loses_its_badge_too(here: Company) -> None:
    shown = asked(here)
    change_definition(here)
    assert not any(value for name, value in of_answer(here, shown).items() if name.startswith(("trust", "API")))


def test_changed_wording_keeps_the_badge_everywhere(here: Company) -> None:
    here.publish("What customers paid.", "What customers have paid.")
    assert all(surfaces(here, asked(here), save(here)).values())


def test_a_public_page_does_not_mention_certification(here: Company) -> None:
    """A badge would name a colleague to people outside the company, so there is none that could stay."""
    assert "Revenue" in public_page(here)
    assert "ertified" not in public_page(here)
    break_check(here)
    assert "ertif" not in public_page(here)


def test_every_status_has_its_mark() -> None:
    assert set(MARKS) == set(CertificationStatus)
    assert set(BADGES) == set(CertificationStatus) - {CertificationStatus.CANDIDATE}
