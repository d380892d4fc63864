"""The command `python -m semantic start`: create a store with an empty model and one person, then run the app."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from unicodedata import normalize

from semantic.commands.command_line import OK, run_command
from semantic.config.settings import Settings, SettingsError, load_settings
from semantic.interop.yaml_writer import write_yaml
from semantic.model.editing.objects import ObjectKind, objects_of
from semantic.model.loading.load import read_folder
from semantic.policy.actor import OWNER
from semantic.store.models.versions import publish, read_head
from semantic.store.open import open_store
from semantic.workspace import Workspace

FOLDER: Final = Path(".samepage") / "own"
SETTINGS_FILE: Final = "settings.toml"
PEOPLE_FILE: Final = "people.yml"
_OF_FILE: Final = frozenset(
    f"SAMEPAGE_{name}" for name in ("DEMO", "MODEL", "MODEL_SOURCE", "DATA", "STORE", "AUDIT_KEY", "AUDIT_KEY_FILE")
)
"""The variables that a trial ignores, because its own settings file sets the same settings."""
_APP: Final = Path(__file__).parents[2] / "app.py"
_EXAMPLE: Final = """example:
  python -m semantic start --data .samepage/shop/data --name "Ruth Hale"

opens the app on http://localhost:8501, where Ruth Hale signs in and adds data. What it saves is in .samepage/own, and
its settings are in .samepage/own/settings.toml. Later, `python -m semantic start` opens it again.

  python -m semantic draft shop.duckdb --to model --person ruth
  python -m semantic start --data shop.duckdb --name "Ruth Hale" --model model

begins with a drafted model instead of an empty one.

If SAMEPAGE_SETTINGS names a file with [sign_in], its store gets the empty model, and people sign in as that file says.
"""


@dataclass(frozen=True, slots=True)
class _PreparedApp:
    """An app that is ready to start: its settings file, its environment, and whether the store was empty."""

    file: str
    environment: Mapping[str, str] = field(repr=False)
    is_new: bool


def run(arguments: Sequence[str]) -> int:
    """Prepare the store, run the app, and return the exit code: 0 for success, 1 for an error, 2 for wrong usage."""
    return run_command(_parser(), arguments, _start)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m semantic start",
        description="Start the app with an empty model over your own data.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", help="your data: a DuckDB file, a folder of Parquet or CSV files, or an address")
    parser.add_argument("--name", help="your name, as others see it")
    parser.add_argument("--model", type=Path, help="a folder with a model to begin with (default: an empty model)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help=f"where its work is saved (default: {FOLDER})")
    parser.add_argument("--currency", default="EUR", help="the currency of your reports (default: EUR)")
    parser.add_argument("--time-zone", default="UTC", help="when your days begin, such as Europe/London (default: UTC)")
    parser.add_argument("--port", type=int, default=8501, help="the app's port (default: 8501)")
    parser.add_argument("--prepare", action="store_true", help="only prepare the store; don't run the app")
    return parser


def _start(asked: argparse.Namespace) -> int:
    begun = _of_company(asked) if os.environ.get("SAMEPAGE_SETTINGS") else _of_trial(asked)
    beginning = f"begins with the model in {asked.model}" if asked.model else "is new, and its model is empty"
    state = beginning if begun.is_new else "already has a model, which isn't changed"
    print(f"The store {state}. Settings: {begun.file}", file=sys.stderr)
    if asked.prepare:
        print(f"SAMEPAGE_SETTINGS={begun.file} streamlit run app.py")
        return OK
    print(f"Starting on http://localhost:{asked.port}. Ctrl+C stops it.", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "streamlit", "run", str(_APP), f"--server.port={asked.port}"]
    command += ["--server.address=127.0.0.1", "--server.headless=true", "--browser.gatherUsageStats=false"]
    os.execve(sys.executable, command, {**begun.environment, "SAMEPAGE_SETTINGS": begun.file})
    return OK  # never reached, because the app replaces this process


def _of_company(asked: argparse.Namespace) -> _PreparedApp:
    """Prepare the app with a company's own settings. Raises SettingsError if no one could sign in."""
    file = os.environ["SAMEPAGE_SETTINGS"]
    settings = load_settings()
    if settings.sign_in is None and not asked.name:
        raise SettingsError(f"{file} has no [sign_in], so someone needs a name to sign in with. Add --name.")
    return _PreparedApp(file, os.environ, _begin(settings, asked))


def _of_trial(asked: argparse.Namespace) -> _PreparedApp:
    """Prepare a trial in its own folder, so that nothing else on this machine changes."""
    folder: Path = asked.folder
    file = folder / SETTINGS_FILE
    if file.exists():
        if asked.data:
            raise SettingsError(
                f"{file} already says where the data is. Leave out --data, change it in that file, or choose another "
                "--folder."
            )
    else:
        if not asked.data or not (asked.name or "").strip():
            raise SettingsError('Say where your data is and who you are: --data shop.duckdb --name "Ruth Hale"')
        _write_settings(file, asked.data)
    # Other settings on this machine are for another company.
    own = {name: value for name, value in os.environ.items() if name not in _OF_FILE}
    settings = load_settings({**own, "SAMEPAGE_SETTINGS": str(file)})
    try:
        return _PreparedApp(str(file), own, _begin(settings, asked))
    except BaseException:
        if asked.data:  # a wrong address isn't saved
            file.unlink(missing_ok=True)
        raise


def _write_settings(file: Path, data: str) -> None:
    """Write a trial's settings file, readable only by this user, because an address can contain a password."""
    folder = file.parent
    folder.mkdir(parents=True, exist_ok=True)
    address = data if "://" in data else str(Path(data).absolute())
    values = {
        "demo": True,
        "model_source": "store",
        "data": address,
        "store": str((folder / "store.sqlite").absolute()),
        "audit_key_file": str((folder / "audit.key").absolute()),
    }
    lines = ["# Samepage over your own data. In demo mode, everyone who can reach it can sign in to it."]
    lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write("\n".join(lines) + "\n")


def _begin(settings: Settings, asked: argparse.Namespace) -> bool:
    """Publish the first model, unless the store has a model. Return whether it was published."""
    files = empty_model((asked.name or "") if settings.sign_in is None else "", asked.currency, asked.time_zone)
    if asked.model is not None:
        given = read_folder(asked.model)
        has_people = any(thing.kind is ObjectKind.PERSON for thing in objects_of(given))
        files = given if has_people else {**given, **{path: files[path] for path in files if path == PEOPLE_FILE}}
    store, keys = open_store(settings)
    try:
        with store.read() as connection:
            if read_head(connection) is not None:
                return False
        Workspace.open(settings, files).close()  # check that the data can be reached before saving anything
        publish(store, keys, files, parent=None, actor=OWNER, note="The model to start with.")
        return True
    finally:
        store.close()


def empty_model(name: str, currency: str, time_zone: str) -> dict[str, str]:
    """Return the files of a model without data. The person with this name is its administrator."""
    settings = {"name": "Your data", "time_zone": time_zone, "currency": currency}
    files = {"model.yml": write_yaml({"model": settings})}
    if name.strip():
        person = {"id": _id_of(name), "name": name.strip(), "roles": ["administrator"]}
        files[PEOPLE_FILE] = write_yaml({"people": [person]})
    return files


def _id_of(name: str) -> str:
    first = normalize("NFKD", name.strip().split()[0]).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in first if letter.isalnum()) or "owner"
