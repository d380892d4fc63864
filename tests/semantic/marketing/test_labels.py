"""The marketing model shows no codes: each member in the demo company has a label, or is a readable name."""

from __future__ import annotations

import re

import duckdb
import pytest

from semantic.config.settings import MARKETING_MODEL
from semantic.model.definitions import TypeKind
from semantic.model.loading.load import load_model
from tests.companies import shared_company

MODEL = load_model(MARKETING_MODEL)
NO_NAMES = {
    "keyword": "words that people search for",
    "final_url": "addresses",
    "landing_page": "addresses",
    "page": "addresses",
    "email": "addresses of mails, which nobody sees",
    "mail": "a mail has no name of its own",
    "conversion_id": "numbers that match conversions with touchpoints",
    "conversion_person": "numbers of people, without names",
    "conversion_source": "numbers of orders and deals",
    "touchpoint_id": "numbers that match touchpoints with conversions",
    "touchpoint_person": "numbers of people, without names",
    "ad_id": "platforms give ads a number; people see the headline",
}
"""Dimensions whose members have no names, and what they contain instead."""

CODE = re.compile(r"_|^[a-z]|\b[a-z]+-\d|^[A-Z]{2}$")
"""Matches codes: an underscore between words, a lower-case first letter, a number after a short word, two capitals, as
in `google_ads`, `sal`, `Experiment ex-03`, `DE`.
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(shared_company(tmp_path_factory) / "company.duckdb", read_only=True)


def members(name: str, company: duckdb.DuckDBPyConnection) -> set[str]:
    """Return the texts that a dimension has in all datasets."""
    found: set[str] = set()
    for one in MODEL.dimensions[name]:
        dataset = MODEL.datasets[one.dataset]
        rows = f"({dataset.query.text})" if dataset.query else dataset.source
        found |= {row[0] for row in company.execute(f"SELECT DISTINCT {one.sql.text} FROM {rows} AS r").fetchall()}
    return found - {None}


def labels(name: str) -> dict[str, str]:
    return {code: label for one in MODEL.dimensions[name] for code, label in one.labels}


def test_codes_are_recognized() -> None:
    assert [one for one in ("google_ads", "sal", "Experiment ex-03", "cmp-0030", "DE") if not CODE.search(one)] == []
    assert [
        one for one in ("Google Ads", "SAL", "EUR", "10-49", "Experiment: One-page checkout") if CODE.search(one)
    ] == []


def test_every_member_has_a_label_or_reads_as_a_name(company: duckdb.DuckDBPyConnection) -> None:
    texts = [
        name
        for name, (one, *_) in MODEL.dimensions.items()
        if one.kind == "categorical"
        and one.type.kind is TypeKind.STRING
        and name not in NO_NAMES
        and not any(place.labels_from for place in MODEL.dimensions[name])
    ]
    assert len(texts) > 50
    codes = {name: {one for one in members(name, company) if CODE.search(labels(name).get(one, one))} for name in texts}
    assert {name: found for name, found in codes.items() if found} == {}


def test_labels_read_as_names() -> None:
    every = [label for name in MODEL.dimensions for label in labels(name).values()]
    assert len(every) > 150
    assert [one for one in every if CODE.search(one)] == []


def test_well_known_labels_are_used() -> None:
    assert labels("platform")["google_ads"] == "Google Ads"
    assert labels("product_line") == {"All": "Whole shop"}
    assert labels("weekday")["1"] == "Monday"
    assert labels("market")["GB"] == labels("customer_country")["GB"] == "United Kingdom"
    assert labels("market")["NO"] == "Norway"
    assert labels("contact_stage")["mql"] == "MQL"
