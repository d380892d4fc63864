"""The state of one process: the store, and the current model as a workspace.

The model is the version that is in effect in the store. When another version takes effect, requests in progress finish
with the old one and later requests use the new one, so no answer mixes two versions.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Final

from semantic.annotations.remarks import Remark
from semantic.audit_trail.link_openings import LinkOpenings
from semantic.audit_trail.recents import Recents
from semantic.audit_trail.recorder import Recorder
from semantic.audit_trail.viewers import Viewers
from semantic.config.settings import Settings
from semantic.errors import ModelError, Problem, SemanticError, UnknownVersion, with_place
from semantic.governance.run_policy_tests import failures
from semantic.identity.renewal import Renewals
from semantic.identity.sessions import SignIns
from semantic.model.loading.load import parse_files, read_folder
from semantic.model.model import Model
from semantic.model.own_data import CONNECTION
from semantic.observability.metrics import Meters
from semantic.policy.actor import Actor
from semantic.policy.people import people_of
from semantic.results.result import Period
from semantic.run.upload_tables import UploadTables
from semantic.services.certifying.settling import CertificationFacts, Company, Settling
from semantic.services.check_runner import Checks
from semantic.services.connecting.stored import StoredConnections
from semantic.services.finding.finder import Finder
from semantic.services.words import Words
from semantic.store.accounts.accounts import Account, Claimed, read_accounts, read_accounts_state
from semantic.store.accounts.sign_ins import DEMO, read_last_demo
from semantic.store.agents.automation import read_automation_remarks
from semantic.store.audit.verify import note_head
from semantic.store.certifications.certifications import Acts, read_acts_state
from semantic.store.certifications.changes import DefinitionChange
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.models.versions import Check, Version, files_of, publish_seed, read_running, read_version, was_live
from semantic.store.numbers.remarks import read_remarks
from semantic.store.open import open_store
from semantic.store.spaces.spaces import make_domain_spaces, make_first_space
from semantic.store.uploads.uploads import read_uploads
from semantic.workspace import Workspace

if TYPE_CHECKING:
    from semantic.oidc.client import ProviderClient

LOOK_SECONDS: Final = 1.0  # between two checks of the current version
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _People:
    """The people of a process, with the time and the store's state when they were read."""

    looked_at: float
    state: tuple[int, int]
    of_model: Mapping[str, Actor]
    people: Mapping[str, Actor]


class Live:
    """An open store, and the workspace of the current model. Several threads can use it safely.

    Each process has one instance.
    """

    def __init__(
        self, settings: Settings, store: Store, keys: Keys, workspace: Workspace, *, surface: str = "page"
    ) -> None:
        self.settings, self.store, self.keys = settings, store, keys
        self.recorder = Recorder(store, keys, surface=surface)
        self.sign_ins = SignIns(store, keys, providers=providers_of(settings), people=lambda: self._workspace.people)
        self.clients = clients_of(settings)
        company = settings.sign_in
        self.renewals = Renewals(store, keys, self.sign_ins, company, self.clients) if company is not None else None
        self.recents = Recents(store, keys)
        self.viewers = Viewers(store, keys)
        self.link_openings = LinkOpenings(store, keys)
        self._workspace = workspace
        self.connections = StoredConnections(settings, store, keys, workspace.connectors)
        self.connections.look()
        self.checks = Checks(store, keys, lambda: self._workspace)
        workspace.recorder, workspace.failing = self.recorder, self.checks.failing_for
        workspace.written = self._written
        self.settling = Settling(store, keys, settings.model_cache)
        self.settling.adopt(workspace.model)
        workspace.redefined, workspace.adopt_earlier = self._redefined, self.settling.adopt_earlier
        self.checks.heard = self.settle
        self.upload_tables = UploadTables(settings.uploads)
        if settings.model_source == "store":
            workspace.versions = self._version
            workspace.connectors.set(CONNECTION, self.upload_tables.address)
        self._finder = Finder(Words(workspace))
        self._taking = threading.Lock()  # held while another version is prepared; requests don't wait for it
        self._is_closed = threading.Event()
        self._people: _People | None = None
        self.demo_at = _demo_at(settings, store)
        self.claimed: Claimed = {}  # read once in this process, and again when it changes
        self._told = ""  # the last problem written to the log
        self._is_behind = False
        self._settled: tuple[object, ...] = ()
        self._try(self.settle, "Couldn't look up which certifications are valid.")

    @classmethod
    def open(cls, settings: Settings, *, surface: str = "page") -> Live:
        """Open the store, the model and the engine. Raises StoreFailed, ModelError, Unavailable.

        `surface` is recorded in receipts as the place where answers are shown.
        """
        is_folder = settings.model_source == "folder"
        store, keys = open_store(settings) if is_folder else open_versions(settings)
        try:
            note_head(store, keys)
            make_first_space(store)
            if is_folder:
                return cls(settings, store, keys, Workspace.open(settings), surface=surface)
            version, files = running_files(store)
            live = cls(settings, store, keys, Workspace.open(settings, files, version), surface=surface)
            live.make_spaces()
            live.show_uploads()
            return live
        except BaseException:
            store.close()
            raise

    def workspace(self) -> Workspace:
        """Return the workspace of the current model. Work in progress should continue to use the same workspace."""
        return self._workspace

    def finder(self) -> Finder:
        """The search for metrics, values and questions, over the current model."""
        return self._finder

    @property
    def is_behind(self) -> bool:
        """Whether another version should be in effect, but this process can't use it."""
        return self._is_behind

    @property
    def meters(self) -> Meters:
        """The counters and timings of this process."""
        return self.recorder.meters

    def make_spaces(self) -> None:
        """Create the missing spaces of domains. Raises StoreFailed."""
        domains = self._workspace.model.domains.values()
        make_domain_spaces(self.store, {domain.name: domain.label for domain in domains})

    def show_uploads(self) -> None:
        """Make the current versions of all uploads available to questions. Raises StoreFailed.

        This also completes a change that another process didn't finish before it ended.
        """
        if self._current_uploads() or self.upload_tables.exists():
            self.upload_tables.show(self._current_uploads)

    def _current_uploads(self) -> dict[str, int]:
        with self.store.read() as connection:
            return {upload.name: upload.version for upload in read_uploads(connection)}

    def look_at_store(self) -> None:
        """Raise StoreFailed if the store doesn't respond."""
        with self.store.read() as connection:
            read_running(connection, self.store.now())

    def follow(self) -> None:
        """Start a thread that follows the store, so that changes made elsewhere take effect here within seconds.

        Such changes are published versions, ended sign-ins and results of checks.
        """
        threading.Thread(target=self._follow, name="store", daemon=True).start()

    def people(self) -> Mapping[str, Actor]:
        """Return, by ID, the people that pages list and that others can view as. Raises StoreFailed.

        The list can be a second out of date. In the demo, it has the people in the model. Otherwise, it has everyone
        who has signed in, without deactivated accounts.
        """
        cached, of_model, now = self._people, self._workspace.people, monotonic()
        if cached is not None and cached.of_model is of_model and now - cached.looked_at < LOOK_SECONDS:
            return cached.people
        with self.store.read() as connection:
            state = read_accounts_state(connection)
            if cached is None or cached.of_model is not of_model or cached.state != state:
                people = self._active(read_accounts(connection, self.keys, self.claimed), of_model)
            else:
                people = cached.people
        self._people = _People(now, state, of_model, people)
        return people

    def _active(self, accounts: Sequence[Account], of_model: Mapping[str, Actor]) -> Mapping[str, Actor]:
        if not self.settings.demo:
            return {
                account.id: account.claims.actor
                for account in accounts
                if account.is_active and account.claims is not None
            }
        off = {account.id for account in accounts if not account.is_active}
        return {name: person for name, person in of_model.items() if name not in off}

    def look(self) -> None:
        """Read immediately which accounts and sign-ins have ended, such as after your own change.

        Raises StoreFailed.
        """
        self._people = None
        self.sign_ins.look()
        self.settle()

    def settle(self) -> None:
        """Determine which certifications are valid, if anything that affects them has changed. Raises StoreFailed.

        If nothing has changed, this takes two small reads.
        """
        workspace = self._workspace
        with self.store.read() as connection:
            decides = read_acts_state(connection), read_accounts_state(connection)
        today, checked = workspace.today(), self.checks.known
        state = (workspace, checked, today, decides)
        if len(self._settled) == len(state) and all(
            now is before or now == before for now, before in zip(state, self._settled, strict=True)
        ):
            return
        model, version = workspace.model, workspace.published
        with self.store.read() as connection:
            accounts = read_accounts(connection, self.keys, self.claimed)
        people = self._active(accounts, workspace.people)
        if self.settings.sign_in is None and not self.settings.demo:
            # As in the shell over a folder: no one can sign in, so the people here are those in the model.
            off = {account.id for account in accounts if not account.is_active}
            people = {name: person for name, person in workspace.people.items() if name not in off}
        company = Company.of(people, accounts)

        def known(acts: Mapping[str, Acts]) -> CertificationFacts:
            written = self.settling.written(model, version, today)
            return CertificationFacts(today, company, checked.found, acts, written, self.settling.changes)

        self.settling.settle(model, version, known)
        self._settled = state

    def _redefined(self, metrics: Iterable[str]) -> list[DefinitionChange]:
        changes = self.settling.changes
        return [change for metric in metrics for change in changes.get(metric, ()) if change.before]

    def take(self) -> Workspace:
        """Return the current version's workspace, and prepare it first if the version has changed.

        If the new version can't be used, which publishing should prevent, the previous one stays in use and the problem
        is logged. Raises StoreFailed.
        """
        if self.settings.model_source == "folder":
            return self._workspace
        with self._taking:
            before = self._workspace
            with self.store.read() as connection:
                running = read_running(connection, self.store.now())
            if running is None or _same(running, before.published):
                self._is_behind = False
                return before
            try:
                version, files = running_files(self.store)
                after = before.succeeded_by(files, version)
            except ModelError as error:
                self._is_behind = True
                number = before.published.number if before.published else "before"
                self._tell(f"Version {running.number} of the model can't run, so version {number} stays live. {error}")
                return before
            self.settling.adopt(after.model)
            after.proofs.follow(before.proofs)
            self._finder.words.stop()
            self._workspace, self._finder = after, Finder(Words(after))
            self._try(self.make_spaces, "Couldn't create the spaces of domains.")
            self._told, self._is_behind = "", False
            self._try(self.settle, "Couldn't look up which certifications are valid.")
            _LOG.info("Version %s of the model is now live.", version.number)
            return after

    def close(self) -> None:
        self._is_closed.set()
        self._try(self.recents.write, "Recent questions couldn't be saved.")
        self._try(self.viewers.write, "Board viewers couldn't be counted.")
        self._try(self.link_openings.write, "Public link views couldn't be counted.")
        self._try(self.recorder.outcomes.write, "Answers couldn't be counted.")
        self.checks.close()
        self._finder.words.close()
        if self.renewals is not None:
            self.renewals.close()
        self.recorder.close()
        with self._taking:
            self._workspace.close()
        self.store.close()

    def _version(self, number: int) -> tuple[Version, dict[str, str]]:
        """Return a version that has been in effect, with its files. Raises UnknownVersion if it never was in effect."""
        with self.store.read() as connection:
            version = read_version(connection, number)
            if not was_live(connection, number, self.store.now()):
                raise UnknownVersion(number)
            return version, files_of(connection, number)

    def _written(self, period: Period) -> list[tuple[str, Remark]]:
        """Return the remarks that people wrote in a period, and the changes to automations.

        The workspace decides who can see which of these.
        """
        with self.store.read() as connection:
            written = read_remarks(connection, first=period.start, end=period.whole_end)
            return written + read_automation_remarks(connection, first=period.start, end=period.whole_end)

    def _follow(self) -> None:
        while not self._is_closed.wait(LOOK_SECONDS):
            # Sign-ins first: switching an account off doesn't wait until a model is prepared. While the store responds,
            # each step is tried even if another one fails.
            if self._try(self.sign_ins.look, "Couldn't look up which sign-ins have ended."):
                # Before the model, which may use a connection that was just added.
                self._try(self.connections.look, "Couldn't look up the connections.")
                self._try(self.take, "Couldn't look up which version of the model is live.")
                self._try(self.checks.look, "Couldn't look up the results of the data checks.")
                self._try(self.settle, "Couldn't look up which certifications are valid.")
                self._try(self.sign_ins.note, "Couldn't note who was here.")
                self._try(self.recents.write, "Couldn't save recent questions.")
                self._try(self.viewers.write, "Couldn't count viewers of boards.")
                self._try(self.link_openings.write, "Couldn't count public link views.")
                self._try(self.recorder.outcomes.write, "Couldn't count answers.")

    def _try(self, look: Callable[[], object], failed: str) -> bool:
        try:
            look()
            return True
        except SemanticError as error:
            if not self._is_closed.is_set():
                self._tell(f"{failed} {with_place(error)}")
        except Exception:  # noqa: BLE001 (whatever happens, the current model stays, and the next check may succeed)
            _LOG.exception(failed)
        return False

    def _tell(self, trouble: str) -> None:
        """Log a problem once, no matter how often it occurs."""
        if trouble != self._told:
            _LOG.error(trouble)
            self._told = trouble


def providers_of(settings: Settings) -> frozenset[str]:
    """Return the names of the sign-in methods: `demo`, or the settings' providers. Empty without sign-in."""
    if settings.demo:
        return frozenset({DEMO})
    return frozenset(provider.name for provider in settings.sign_in.providers) if settings.sign_in else frozenset()


def clients_of(settings: Settings) -> Mapping[str, ProviderClient]:
    """Return the clients of the sign-in providers, by provider name. Empty in demo mode."""
    if settings.sign_in is None:
        return {}
    from semantic.oidc.client import ProviderClient  # here: its libraries take half a second, and few commands need it

    return {provider.name: ProviderClient(provider) for provider in settings.sign_in.providers}


def _demo_at(settings: Settings, store: Store) -> datetime | None:
    """Return when people last used the demo with a store that a company now uses, or None if they never did."""
    if settings.sign_in is None:
        return None
    with store.read() as connection:
        return read_last_demo(connection)


def row_tests(workspace: Workspace, files: Mapping[str, str], actor: Actor) -> Check:
    """Return a check that runs a model's row-based policy tests before the model is published.

    Tests can ask as any person. `actor`, who publishes, still sees no rows that the current policy hides from them.
    """

    def check(_: Model) -> Iterator[Problem]:
        model, docs = parse_files(files)
        settings, connector = workspace.settings, workspace.connector
        tried = type(workspace)(settings, model, people_of(docs), connector, beside=workspace)
        tried.recorder = None  # unpublished numbers have no receipt
        yield from failures(tried.run_policy_tests(), workspace.visible(actor))

    return check


def open_versions(settings: Settings) -> tuple[Store, Keys]:
    """Open the store, with the built-in model if it has none, and return it with its keys.

    Raises StoreFailed, ModelError.
    """
    store, keys = open_store(settings)
    try:
        _bring_seed(settings, store, keys)
    except BaseException:
        store.close()
        raise
    return store, keys


def _bring_seed(settings: Settings, store: Store, keys: Keys) -> None:
    """Publish the built-in model, or its newer release, unless the store has another model.

    A store with a model keeps working even if the built-in model's folder can't be read.
    """
    try:
        publish_seed(store, keys, read_folder(settings.model))
    except ModelError as error:
        with store.read() as connection:
            if read_running(connection, store.now()) is None:
                raise
        _LOG.error("The model in %s isn't imported into the store. %s", settings.model, error)


def running_files(store: Store) -> tuple[Version, dict[str, str]]:
    """Return the version that is in effect, with its files.

    If no version is in effect yet by this machine's clock, returns the first one.
    """
    with store.read() as connection:
        version = read_running(connection, store.now()) or read_version(connection, 1)
        return version, files_of(connection, version.number)


def _same(version: Version, other: Version | None) -> bool:
    """Whether two versions are the same. Equal numbers don't suffice, because a restored store can reuse a number."""
    return other is not None and (version.number, version.digest) == (other.number, other.digest)
