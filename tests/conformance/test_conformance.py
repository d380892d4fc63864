"""MetricFlow's own cases, run through the importer and the public names, give the rows of their hand-written SQL.

They run if SAMEPAGE_CONFORMANCE names their folder, as `.ci/run` does. Otherwise this file has no tests, and the
summary of the run says so.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from semantic.interop.dbt.exporting import export_dbt
from semantic.interop.dbt.importing import import_dbt
from tests.conformance import adapter, bundle
from tests.conformance.exceptions import EXCEPTIONS
from tests.semantic.commands.test_interchange import parts

PLACE = bundle.folder()

if PLACE is not None:
    CASES = bundle.cases(PLACE)
    ENVELOPES = [manifest for name in ("manifests", "manifests_dbt") for manifest in bundle.manifests(PLACE, name)]

    @pytest.fixture(scope="module")
    def place() -> Path:
        assert PLACE is not None
        return PLACE

    @pytest.fixture(scope="module")
    def tables(place):
        return bundle.open_tables(place)

    @pytest.fixture(scope="module")
    def layers(place, tables):
        return {manifest.name: adapter.load(str(manifest), tables) for manifest in bundle.manifests(place)}

    @pytest.fixture(scope="module")
    def differs(place):
        return bundle.comparison(place)

    @pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
    def test_the_rows_of_a_case_are_as_expected(case, layers, differs) -> None:
        reason = EXCEPTIONS.get(case["id"])
        try:
            columns, rows = adapter.query(layers[case["manifest"]], case)
            wrong = differs(case, columns, rows)
        except (adapter.SemanticError, adapter.Unsupported) as error:
            wrong = f"{type(error).__name__}: {error}"
        assert (wrong is None) == (reason is None), wrong or f"It passes, so it is no exception any more: {reason}"

    def test_every_exception_is_a_case() -> None:
        assert set(EXCEPTIONS) <= {case["id"] for case in CASES}

    @pytest.mark.parametrize("manifest", ENVELOPES, ids=[f"{one.parent.name}/{one.name}" for one in ENVELOPES])
    def test_a_manifest_round_trips_unchanged(manifest: Path, tables) -> None:
        files = {str(path.relative_to(manifest)): path.read_text() for path in sorted(manifest.rglob("*.y*ml"))}
        first = import_dbt(files, columns=adapter.columns_of(tables), schema=adapter.schema_of(tables))
        again = import_dbt(export_dbt(first.written()).files)
        assert parts(again.written()) == parts(first.written())
        assert again.questions == first.questions
        assert again.files["model.yml"] == first.files["model.yml"]
