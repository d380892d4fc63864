"""The files of a project that an import reads."""

from pathlib import Path

import pytest

from semantic.errors import ModelError
from semantic.interop.project import read_project


def write(folder: Path, *names: str) -> None:
    for name in names:
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(name)


def test_hidden_folders_packages_and_build_output_are_skipped(tmp_path: Path) -> None:
    write(tmp_path, "models/a.yml", "b.yaml", "c.txt", ".github/workflows/ci.yml", "dbt_packages/x/models/d.yml")
    write(tmp_path, "target/manifest.json", "target/compiled/e.yml", "node_modules/f.yml", ".pre-commit-config.yaml")
    files, losses = read_project(tmp_path, ("manifest.json",))
    assert sorted(files) == ["b.yaml", "models/a.yml"]
    assert losses == ()


def test_a_manifest_is_read_in_place_of_yaml(tmp_path: Path) -> None:
    write(tmp_path, "manifest.json", "semantic_manifest.json", "run_results.json", "a.yml")
    names = ("manifest.json", "semantic_manifest.json")
    assert sorted(read_project(tmp_path, names)[0]) == ["manifest.json", "semantic_manifest.json"]
    assert list(read_project(tmp_path / "semantic_manifest.json", names)[0]) == ["semantic_manifest.json"]
    assert list(read_project(tmp_path)[0]) == ["a.yml"]


def test_a_file_that_isnt_text_is_listed(tmp_path: Path) -> None:
    write(tmp_path, "a.yml")
    (tmp_path / "b.yml").write_bytes(b"\xff\xfe")
    files, losses = read_project(tmp_path)
    assert list(files) == ["a.yml"]
    assert [(loss.file, loss.cause) for loss in losses] == [("b.yml", "files that can't be read")]


def test_a_project_without_readable_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no YAML files"):
        read_project(tmp_path)
    with pytest.raises(ModelError, match="no such folder"):
        read_project(tmp_path / "gone")
