"""The settings of this process, read from environment variables and a TOML file.

They determine where the data and the model are, and how the process runs.
"""

from __future__ import annotations

import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from semantic.config.language_model import LanguageModel, read_language_model
from semantic.config.mail import MailServer, read_mail
from semantic.config.secret_reference import BadReference, follow_reference
from semantic.config.sign_in import SignInSettings, read_address, read_sign_in
from semantic.errors import SettingsError as SettingsError  # next to the settings, for people who read them

MARKETING_MODEL = Path(__file__).parents[1] / "marketing"
DEMO_DATA = Path(".samepage") / "company.duckdb"
KEPT_MODELS = Path(".samepage") / "models"
STORE = Path(".samepage") / "store.sqlite"
AUDIT_KEY = Path(".samepage") / "audit.key"
UPLOADS = Path(".samepage") / "uploads"
ADDRESS = "http://localhost:8501"
SHORTEST_TOKEN = 32
CONNECTION_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_CONNECTION = "connection_"
_Choice = TypeVar("_Choice", bound=str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of this process.

    `mask_key` is the key for hashed masks. Without it, each process makes its own key. `model_cache` is the folder
    where checked models are saved for the next start, or None to save none. `store` is the path or address of the
    store. `model_source` selects the model: the version published in the store, or the files in the folder `model`.
    Setting `model` selects the files. `analysis_seconds` is the time limit for an analysis of events. `stop_seconds` is
    how long running questions can continue after the process is told to end. `check_minutes` is the interval of data
    checks, or 0 for no checks. `worker` says whether the app runs jobs itself, or leaves them to separate workers. If
    small groups are hidden, `guarded_questions` is the number of different questions that a service token, or all
    agents of a person together, can ask per day. `agent_calls`, `agent_cost`, `agent_cells` and `agent_refused` are the
    daily limits for agents without limits of their own. `public_links` lets stewards open single boards to anyone with
    a link. `address` is where people open the app, and links in messages start with it. `mail` is the mail server, or
    None if an administrator sets it in the app. Webhooks can reach `allowed_hosts` in a private network. `connections`
    has the addresses of other data, by the name that datasets use. Administrators can connect files below
    `data_folders` and in the folder of `data`. `language_model_address` is the address of a language model for
    questions that the built-in reader doesn't understand. `uploads` is the folder for uploaded tables, which all
    processes with this store share. By default, it is next to the store. Changes of the model files in `synced_folder`,
    such as a clone of a git repository, are offered to stewards. `come_from` describes where each setting that can
    contain a secret was found.
    """

    data: str = field(repr=False)  # may hold a password
    model: Path
    synced_folder: Path | None = None
    demo: bool = False
    max_rows: int = 100_000
    timeout_seconds: float = 30.0
    analysis_seconds: float = 300.0
    workers: int = 4
    mask_key: str = field(default="", repr=False)
    model_cache: Path | None = None
    store: str = field(default=str(STORE), repr=False)  # may hold a password
    audit_key: str = field(default="", repr=False)
    audit_key_file: Path = AUDIT_KEY
    uploads: Path = Path()
    model_source: Literal["store", "folder"] = "folder"
    sign_in: SignInSettings | None = None  # from the table of that name; without it only demo mode lets people in
    log: Literal["text", "json"] = "text"
    metrics_token: str = field(default="", repr=False)
    stop_seconds: float = 20.0
    check_minutes: float = 60.0
    worker: Literal["app", "off"] = "app"
    guarded_questions: int = 200
    agent_calls: int = 200
    agent_cost: int = 2_000
    agent_cells: int = 200_000
    agent_refused: int = 10
    public_links: bool = False
    address: str = ADDRESS
    mail: MailServer | None = None
    allowed_hosts: frozenset[str] = frozenset()
    connections: Mapping[str, str] = field(default_factory=lambda: MappingProxyType(dict[str, str]()), repr=False)
    data_folders: tuple[Path, ...] = ()
    language_model_address: str = ""
    language_model_name: str = ""
    language_model_key: str = field(default="", repr=False)
    language_model_seconds: float = 10.0
    come_from: Mapping[str, str] = field(default_factory=lambda: MappingProxyType(dict[str, str]()))

    def __post_init__(self) -> None:
        if self.uploads == Path():
            object.__setattr__(self, "uploads", _beside_store(self.store))

    @property
    def language_model(self) -> LanguageModel | None:
        """The language model that parses questions, or None if none is set. Raises SettingsError."""
        return read_language_model(
            self.language_model_address, self.language_model_name, self.language_model_key,
            self.language_model_seconds, self.allowed_hosts,
        )  # fmt: skip


def load_settings(environment: Mapping[str, str] | None = None, *, address: str = ADDRESS) -> Settings:
    """Return the settings from SAMEPAGE_* variables, from the TOML file, or from defaults.

    SAMEPAGE_SETTINGS names the file. `address` is the default of the setting with that name.

    A setting that can contain a secret can also refer to it: `file:/run/secrets/store`, `env:STORE_ADDRESS`. Raises
    SettingsError.
    """
    given = os.environ if environment is None else environment
    file = _read_file(given.get("SAMEPAGE_SETTINGS", ""))
    table, mail, table_of_connections = file.pop("sign_in", None), file.pop("mail", {}), file.pop("connections", {})

    def text(name: str, default: str) -> str:
        value = given.get(f"SAMEPAGE_{name.upper()}") or file.get(name, default)
        return str(value).lower() if isinstance(value, bool) else str(value)

    demo = _truth("demo", text("demo", "0"))
    sign_in = None if table is None else read_sign_in(table, given)
    if demo and sign_in is not None:
        raise SettingsError(
            "Demo mode lets anyone in as anyone, so it can't be combined with sign_in. Set SAMEPAGE_DEMO=0, or "
            "remove [sign_in] from the settings file."
        )
    come_from: dict[str, str] = {}

    def secret(name: str, default: str) -> str:
        variable = f"SAMEPAGE_{name.upper()}"
        is_in_file = not given.get(variable) and name in file
        try:
            found = follow_reference(f"{name} in the settings file" if is_in_file else variable, text(name, ""), given)
        except BadReference as error:
            raise SettingsError(str(error)) from error
        come_from[name] = found.place if found.value else ""
        return found.value or default

    addresses: dict[str, str] = {}
    for name, (variable, reference) in _connections(table_of_connections, given).items():
        try:
            found = follow_reference(variable, reference, given)
        except BadReference as error:
            raise SettingsError(str(error)) from error
        addresses[name], come_from[f"{_CONNECTION}{name}"] = found.value, found.place

    kept = text("model_cache", str(KEPT_MODELS))
    of_model = "folder" if text("model", "") else "store"
    settings = Settings(
        data=secret("data", str(DEMO_DATA)),
        model=Path(text("model", str(MARKETING_MODEL))),
        synced_folder=Path(synced) if (synced := text("synced_folder", "")) else None,
        demo=demo,
        max_rows=int(_number("max_rows", text("max_rows", "100000"), 1, 10_000_000)),
        timeout_seconds=_number("timeout_seconds", text("timeout_seconds", "30"), 0.1, 3_600),
        analysis_seconds=_number("analysis_seconds", text("analysis_seconds", "300"), 0.1, 7_200),
        workers=int(_number("workers", text("workers", "4"), 1, 64)),
        mask_key=secret("mask_key", secrets.token_hex(32)),
        model_cache=None if kept == "none" else Path(kept),
        store=secret("store", str(STORE)),
        audit_key=secret("audit_key", ""),
        audit_key_file=Path(text("audit_key_file", str(AUDIT_KEY))),
        uploads=Path(text("uploads", "")),
        model_source=_one_of("model_source", text("model_source", of_model), ("store", "folder")),
        sign_in=sign_in,
        log=_one_of("log", text("log", "text"), ("text", "json")),
        metrics_token=_token(secret("metrics_token", "")),
        stop_seconds=_number("stop_seconds", text("stop_seconds", "20"), 0, 600),
        worker=_one_of("worker", text("worker", "app"), ("app", "off")),
        check_minutes=_number("check_minutes", text("check_minutes", "60"), 0, 10_080),
        guarded_questions=int(_number("guarded_questions", text("guarded_questions", "200"), 1, 1_000_000)),
        agent_calls=int(_number("agent_calls", text("agent_calls", "200"), 1, 1_000_000)),
        agent_cost=int(_number("agent_cost", text("agent_cost", "2000"), 1, 1_000_000_000)),
        agent_cells=int(_number("agent_cells", text("agent_cells", "200000"), 1, 1_000_000_000)),
        agent_refused=int(_number("agent_refused", text("agent_refused", "10"), 1, 1_000_000)),
        public_links=_truth("public_links", text("public_links", "0")),
        address=_address(text("address", sign_in.address if sign_in is not None else address)),
        mail=read_mail(mail, given),
        allowed_hosts=_hosts(text("allowed_hosts", "")),
        connections=MappingProxyType(addresses),
        data_folders=_folders(text("data_folders", "")),
        language_model_address=text("language_model_address", ""),
        language_model_name=text("language_model_name", ""),
        language_model_key=secret("language_model_key", ""),
        language_model_seconds=_number("language_model_seconds", text("language_model_seconds", "10"), 0.1, 60),
        come_from=MappingProxyType(come_from),
    )
    _ = settings.language_model  # a mistake in it ends the process now, with its sentence
    return settings


def _connections(table: object, given: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return, by connection name, where the address is set, and the address.

    Environment variables override the file.
    """
    start = f"SAMEPAGE_{_CONNECTION.upper()}"
    if not isinstance(table, dict):
        raise SettingsError("`connections` in the settings file is a table: [connections], then a line for each name.")
    found: dict[str, tuple[str, str]] = {}
    for name, address in table.items():  # pyright: ignore[reportUnknownVariableType] - TOML
        if not isinstance(address, str) or not address:
            raise SettingsError(f"The connection {name!r} in the settings file is no address. Write it in quotes.")
        found[str(name)] = f"{name} of [connections] in the settings file", address  # pyright: ignore[reportUnknownArgumentType]
    for variable, address in given.items():
        if variable.startswith(start) and address:
            found[variable.removeprefix(start).lower()] = variable, address
    for name, (place, _) in found.items():
        if not CONNECTION_NAME.fullmatch(name):
            raise SettingsError(
                f"{place} can't be a connection's name. Use lower-case letters, digits and _, beginning with a letter."
            )
        if name == UPLOADS.name:
            raise SettingsError(f"{place}: that connection has the files that people upload. Choose another name.")
    return found


def _beside_store(store: str) -> Path:
    """Return the default uploads folder.

    If the store is a file, the folder is next to it, so that both are easy to copy.
    """
    path = store.removeprefix("sqlite:///")
    return UPLOADS if "://" in path else Path(path).parent / "uploads"


def _address(text: str) -> str:
    address = read_address(text)
    if address is None:
        raise SettingsError(
            f"SAMEPAGE_ADDRESS is {text!r}. Write where people open the app, such as https://samepage.example.com, "
            "with nothing after the host."
        )
    return address


def _hosts(text: str) -> frozenset[str]:
    hosts = [host.strip().lower() for host in text.split(",") if host.strip()]
    for host in hosts:
        if not all(sign.isascii() and (sign.isalnum() or sign in ".-:_") for sign in host):
            raise SettingsError(
                f"SAMEPAGE_ALLOWED_HOSTS has {host!r}. Write host names or addresses, separated by commas."
            )
    return frozenset(hosts)


def _folders(text: str) -> tuple[Path, ...]:
    folders = [Path(folder.strip()) for folder in text.split(",") if folder.strip()]
    for folder in folders:
        if not folder.is_absolute() or folder == Path(folder.anchor):
            raise SettingsError(
                f"SAMEPAGE_DATA_FOLDERS has {str(folder)!r}. Write full paths of folders, separated by commas."
            )
    return tuple(folders)


def _one_of(name: str, text: str, choices: tuple[_Choice, _Choice]) -> _Choice:
    for choice in choices:
        if text == choice:
            return choice
    raise SettingsError(f"SAMEPAGE_{name.upper()} is {text!r}. Use {' or '.join(choices)}.")


def _token(text: str) -> str:
    if text and (len(text) < SHORTEST_TOKEN or not (text.isascii() and text.isprintable())):
        raise SettingsError(
            f"SAMEPAGE_METRICS_TOKEN needs at least {SHORTEST_TOKEN} characters: plain letters, digits and "
            "punctuation only. Choose another."
        )
    return text


def _read_file(path: str) -> dict[str, Any]:  # Any: TOML
    if not path:
        return {}
    if Path(path).exists() and not Path(path).is_file():  # opening a pipe would wait for a writer
        raise SettingsError(f"The settings file {path!r} isn't a file. Check SAMEPAGE_SETTINGS.")
    try:
        data = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"The settings file {path!r} can't be read as TOML. Check SAMEPAGE_SETTINGS.") from error
    known = {each_field.name for each_field in fields(Settings)} - {"come_from"}
    if unknown := sorted(set(data) - known):
        raise SettingsError(
            f"The settings file has unknown keys: {', '.join(unknown)}. Use {', '.join(sorted(known))}."
        )
    return data


def _truth(name: str, text: str) -> bool:
    if text.lower() not in ("0", "1", "true", "false", "yes", "no"):
        raise SettingsError(f"SAMEPAGE_{name.upper()} is {text!r}. Use 1 or 0.")
    return text.lower() in ("1", "true", "yes")


def _number(name: str, text: str, least: float, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise SettingsError(f"SAMEPAGE_{name.upper()} is {text!r}. Use a number from {least:,} to {most:,}.")
    return value
