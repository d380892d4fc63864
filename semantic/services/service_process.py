"""What services need from a process: its store and keys, the current model, and the people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from semantic.policy.actor import Actor
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.workspace import Workspace


class ServiceProcess(Protocol):
    """The interface that services need from a process. `Live` implements it."""

    @property
    def store(self) -> Store: ...
    @property
    def keys(self) -> Keys: ...
    def workspace(self) -> Workspace: ...
    def people(self) -> Mapping[str, Actor]: ...
