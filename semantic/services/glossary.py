"""The glossary for one reader, cached for everyone with the same access."""

from __future__ import annotations

from typing import Final

from semantic.display.glossary.glossary import Entry, glossary_of
from semantic.policy.actor import Actor
from semantic.run.single_flight_cache import SingleFlightCache
from semantic.services.words import named_members_of
from semantic.workspace import Workspace

MOST_GLOSSARIES: Final = 40  # cached entries, one for each group of people with the same access
SECONDS: Final = 600.0  # until members are read again

_kept: Final = SingleFlightCache[tuple[Entry, ...]](MOST_GLOSSARIES, seconds=SECONDS)


def glossary(workspace: Workspace, actor: Actor, *, with_values: bool) -> tuple[Entry, ...]:
    """Return all terms that this actor can come across, in alphabetical order.

    The values of dimensions are terms, too. If row rules apply, the values have to be read from the rows, and are
    included only if `with_values` is true.
    """
    seen, today = workspace.visible(actor), workspace.today()
    asks = with_values or seen.may_name_members

    def make() -> tuple[Entry, ...]:
        return glossary_of(seen, today, named_members_of(workspace, actor) if asks else {})

    # Two workspaces, or a newer version's data, don't share values.
    return _kept.get((id(workspace), seen.access_key, today, asks), make)
