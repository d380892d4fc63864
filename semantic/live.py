"""What one process serves: the store, and the model that runs as a workspace over the data."""

from __future__ import annotations

from semantic.recorder import Recorder
from semantic.settings import Settings
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.open import open_store
from semantic.workspace import Workspace


class Live:
    """An open store and the workspace of the model that runs now. One for each process; safe from several threads."""

    def __init__(
        self, settings: Settings, store: Store, keys: Keys, workspace: Workspace, *, surface: str = "page"
    ) -> None:
        self.settings, self.store, self.keys = settings, store, keys
        self.recorder = Recorder(store, keys, surface=surface)
        self._workspace = workspace
        workspace.recorder = self.recorder

    @classmethod
    def open(cls, settings: Settings, *, surface: str = "page") -> Live:
        """Opens the store, the model and the engine. Raises StoreFailed, ModelError, Unavailable.

        `surface` says in receipts where the answers of this process are shown.
        """
        store, keys = open_store(settings)
        try:
            return cls(settings, store, keys, Workspace.open(settings), surface=surface)
        except BaseException:
            store.close()
            raise

    def workspace(self) -> Workspace:
        """The workspace of the model that runs now: whoever begins something keeps to the one they began with."""
        return self._workspace

    def close(self) -> None:
        self.recorder.close()
        self._workspace.close()
        self.store.close()
