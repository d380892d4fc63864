"""A synced folder: its changes are offered by object and never published, and unusable files are listed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from semantic.config.settings import Settings
from semantic.errors import NotAllowed
from semantic.model.editing.objects import ObjectKind
from semantic.policy.actor import Actor
from semantic.services.drafts import list_drafts, open_edits, publish_edits, write_object
from semantic.services.process import Live
from semantic.services.synced.folder import read_commit, read_synced
from semantic.services.synced.offer import Offer, dismiss_offer, follow, merge_offer, read_offer, take_offer
from semantic.store.models.drafts import DRAFTS
from semantic.store.models.versions import read_head, read_versions
from tests.copies import copy_shop
from tests.semantic.store.stores import SECRET
from tests.shop import SHOP

ANA = Actor(id="ana", name="Ana", roles=frozenset({"steward"}))
BEN = Actor(id="ben", name="Ben", roles=frozenset({"steward"}))
MIA = Actor(id="mia", name="Mia", roles=frozenset({"marketer"}))
REVENUE, COST = ((ObjectKind.METRIC, name) for name in ("revenue", "cost"))
COMMIT = "abc1234" + "0" * 33


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    settings = Settings(
        data=str(copy_shop(tmp_path / "shop.duckdb")), model=SHOP, store=str(tmp_path / "store.sqlite"),
        audit_key=SECRET,
        model_source="store", mask_key="a key of the tests",
    )  # fmt: skip
    opened = Live.open(settings)
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A clone of a repository with the published model."""
    folder = tmp_path / "clone"
    shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns("*.sql"))
    (folder / ".git" / "refs" / "heads").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / ".git" / "refs" / "heads" / "main").write_text(f"{COMMIT}\n")
    return folder


def line_of(folder: Path, name: str) -> str:
    lines = (folder / "shop.yml").read_text().splitlines()
    return next(line for line in lines if line.strip().startswith(f"- {{name: {name}, measure:"))


def add(folder: Path, name: str, words: str) -> None:
    """Change the description of a metric that is written on one line in the shop."""
    line = line_of(folder, name)
    plain = line.partition(", means:")[0].removesuffix("}")
    path = folder / "shop.yml"
    path.write_text(path.read_text().replace(line, f"{plain}, means: {words}}}"))


def looked(live: Live, folder: Path) -> Offer:
    follow(live, folder)
    offer = read_offer(live)
    assert offer is not None
    return offer


def edit(live: Live, actor: Actor, name: str, words: str) -> None:
    """Publish another description of a metric in the app, as someone else."""
    edits, key = open_edits(live, actor), (ObjectKind.METRIC, name)
    plain = edits.text_of(key).strip().partition(", means:")[0].removesuffix("}")
    edits = write_object(live, actor, edits, key, f"{plain}, means: {words}}}").edits
    publish_edits(live, actor, edits, note="In the app")


def means(live: Live, name: str) -> str:
    return live.workspace().model.metrics[name].means


def rows(live: Live) -> list[tuple[object, ...]]:
    with live.store.read() as connection:
        return [tuple(row) for row in connection.execute(DRAFTS.select())]


def test_nothing_is_offered_while_the_folder_equals_the_published_model(live: Live, folder: Path) -> None:
    offer = looked(live, folder)
    assert (offer.changes, offer.problems, offer.is_open) == ((), (), False)
    before = rows(live)
    follow(live, folder)
    assert rows(live) == before


def test_a_change_is_offered_and_published_by_a_steward_only(live: Live, folder: Path) -> None:
    looked(live, folder)
    add(folder, "revenue", "All orders.")
    offer = looked(live, folder)
    assert offer.title == "From git, commit abc1234"
    assert (offer.changes, offer.is_open) == ((REVENUE,), True)
    with live.store.read() as connection:
        assert len(read_versions(connection)) == 1
    with pytest.raises(NotAllowed):
        publish_edits(live, MIA, take_offer(live, MIA, offer, *merge_offer(live, offer)), note="No")
    edits = take_offer(live, ANA, offer, *merge_offer(live, offer))
    assert edits.changed() == {REVENUE: "changed"}
    assert edits.draft is not None
    assert edits.draft.note == "From git, commit abc1234"
    publish_edits(live, ANA, edits, note="From git")
    assert means(live, "revenue") == "All orders."
    assert looked(live, folder).changes == ()


def test_others_changes_since_then_are_kept(live: Live, folder: Path) -> None:
    looked(live, folder)
    edit(live, BEN, "cost", "What we paid.")
    assert looked(live, folder).changes == ()
    add(folder, "revenue", "All orders.")
    offer = looked(live, folder)
    assert offer.changes == (REVENUE,)
    edits = take_offer(live, ANA, offer, *merge_offer(live, offer))
    publish_edits(live, ANA, edits, note="From git")
    assert (means(live, "revenue"), means(live, "cost")) == ("All orders.", "What we paid.")


def test_an_object_changed_on_both_sides_is_a_conflict_with_a_choice(live: Live, folder: Path) -> None:
    looked(live, folder)
    edit(live, BEN, "revenue", "As Ben says.")
    add(folder, "revenue", "As git says.")
    offer = looked(live, folder)
    merged, head = merge_offer(live, offer)
    (conflict,) = merged.conflicts
    assert conflict.key == REVENUE
    assert "As git says" in (conflict.mine or "")
    assert "As Ben says" in (conflict.theirs or "")
    merged, head = merge_offer(live, offer, {REVENUE: conflict.mine})
    publish_edits(live, ANA, take_offer(live, ANA, offer, merged, head), note="From git")
    assert means(live, "revenue") == "As git says."


def test_a_later_change_does_not_conflict_with_an_earlier_git_change(live: Live, folder: Path) -> None:
    looked(live, folder)
    for words in ("First.", "Second."):
        add(folder, "revenue", words)
        offer = looked(live, folder)
        merged, head = merge_offer(live, offer)
        assert merged.is_clean
        publish_edits(live, ANA, take_offer(live, ANA, offer, merged, head), note=words)
        looked(live, folder)
    assert means(live, "revenue") == "Second."


def test_broken_files_are_listed_and_the_last_state_stays(live: Live, folder: Path) -> None:
    looked(live, folder)
    add(folder, "revenue", "All orders.")
    looked(live, folder)
    path = folder / "shop.yml"
    whole = path.read_text()
    path.write_text(whole + "\nmetrics_of_ours: [1]\n")
    offer = looked(live, folder)
    (problem, *_) = offer.problems
    assert problem.file == "shop.yml"
    assert problem.line == whole.count("\n") + 2
    assert (offer.changes, offer.is_open) == ((REVENUE,), True)
    before = rows(live)
    follow(live, folder)
    assert rows(live) == before
    path.write_text(whole)
    assert looked(live, folder).problems == ()


def test_a_dismissed_change_comes_back_only_when_the_folder_changes(live: Live, folder: Path) -> None:
    looked(live, folder)
    add(folder, "revenue", "All orders.")
    looked(live, folder)
    dismiss_offer(live)
    assert not looked(live, folder).is_open
    edit(live, BEN, "cost", "What we paid.")
    assert not looked(live, folder).is_open
    add(folder, "cost", "By git.")
    assert looked(live, folder).is_open


def test_a_stewards_own_draft_stays_next_to_it(live: Live, folder: Path) -> None:
    looked(live, folder)
    add(folder, "revenue", "All orders.")
    offer = looked(live, folder)
    edits = open_edits(live, ANA)
    own = write_object(live, ANA, edits, COST, "half a text").edits
    taken = take_offer(live, ANA, offer, *merge_offer(live, offer))
    assert taken.draft is not None
    assert own.draft is not None
    assert {draft.title for draft in list_drafts(live, ANA)} == {offer.title, "Untitled draft"}
    assert open_edits(live, ANA, draft=own.draft.id).text_of(COST) == "half a text"
    assert set(taken.changed()) == {REVENUE}


def test_a_pulled_folder_starts_from_its_version(live: Live, folder: Path) -> None:
    with live.store.read() as connection:
        head = read_head(connection)
    assert head is not None
    (folder / ".samepage-version").write_text(f"{head.number} {head.digest}\n")
    edit(live, BEN, "cost", "What we paid.")
    add(folder, "revenue", "All orders.")
    assert looked(live, folder).changes == (REVENUE,)  # and not the cost, which the folder lacks


def test_a_folder_without_a_known_version_offers_every_difference(live: Live, folder: Path) -> None:
    edit(live, BEN, "cost", "What we paid.")
    add(folder, "revenue", "All orders.")
    assert set(looked(live, folder).changes) == {REVENUE, COST}


# The folder


def test_links_out_of_the_folder_are_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.yml").write_text("metrics: []")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "more.yml").write_text("metrics: []")
    (folder / "a.yml").symlink_to(tmp_path / "secret.yml")
    (folder / "b.yml").symlink_to(tmp_path / "gone.yml")
    (folder / "sub").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(folder / "c.yml")
    seen = read_synced(folder)
    assert seen is not None
    assert {problem.file: problem.message for problem in seen.problems} == {
        "a.yml": "This is a link that leads out of the folder.",
        "b.yml": "This is a link that leads nowhere.",
        "c.yml": "This is not a file.",
    }


def test_an_undecodable_file_name_is_listed(live: Live, folder: Path) -> None:
    os.close(os.open(os.fsencode(folder) + b"/wrong-\xff.yml", os.O_CREAT | os.O_WRONLY))
    assert [(one.file, one.message) for one in looked(live, folder).problems] == [
        ("wrong-?.yml", "The file's name isn't UTF-8 text.")
    ]


def test_folders_that_are_nested_too_deep_are_refused(folder: Path) -> None:
    (folder / Path(*["deep"] * 21)).mkdir(parents=True)
    seen = read_synced(folder)
    assert seen is not None
    assert [one.message for one in seen.problems] == ["Folders are nested more than 20 deep."]


def test_a_folder_that_cant_be_read_removes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "secret").mkdir()
    listed = Path.iterdir

    def iterdir(path: Path) -> Iterator[Path]:
        if path.name == "secret":  # no permission can stop a test that runs as root
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    seen = read_synced(folder)
    assert seen is not None
    assert [(one.file, one.message) for one in seen.problems] == [("secret", "A folder cannot be read.")]
    assert seen.files == {}


def test_links_inside_the_folder_are_read_and_hidden_folders_skipped(folder: Path) -> None:
    (folder / ".github").mkdir()
    (folder / ".github" / "ci.yml").write_text("on: push")
    (folder / "again.yaml").symlink_to(folder / "shop.yml")
    seen = read_synced(folder)
    assert seen is not None
    assert "again.yaml" in seen.files
    assert not [name for name in seen.files if name.startswith(".")]


def test_nothing_is_read_while_git_changes_the_folder(live: Live, folder: Path) -> None:
    looked(live, folder)
    add(folder, "revenue", "All orders.")
    (folder / ".git" / "index.lock").touch()
    assert not looked(live, folder).is_open


def test_a_missing_folder_is_reported_without_its_path(live: Live, tmp_path: Path) -> None:
    offer = looked(live, tmp_path / "gone")
    (problem,) = offer.problems
    assert problem.message == "The synced folder doesn't exist."
    assert str(tmp_path) not in str(problem)


@pytest.mark.parametrize(
    ("head", "packed", "commit"),
    [
        (f"{COMMIT}\n", "", "abc1234"),
        ("ref: refs/heads/packed\n", f"# pack-refs\n{COMMIT} refs/heads/packed\n", "abc1234"),
        ("ref: refs/heads/missing\n", "", ""),
        ("ref: refs/heads/../../../secret\n", "", ""),
        ("ref: /etc/passwd\n", "", ""),
        ("nonsense", "", ""),
    ],
)
def test_the_commit_is_named(folder: Path, head: str, packed: str, commit: str) -> None:
    (folder / ".git" / "HEAD").write_text(head)
    (folder / ".git" / "packed-refs").write_text(packed)
    assert read_commit(folder) == commit


def test_the_commit_of_a_repository_above_the_folder_is_found(folder: Path, tmp_path: Path) -> None:
    inner = folder / "models" / "marketing"
    inner.mkdir(parents=True)
    assert read_commit(inner) == "abc1234"
    shutil.rmtree(folder / ".git")
    (folder / ".git").write_text(f"gitdir: {tmp_path}\n")
    assert read_commit(inner) == ""
