"""Public links: managing them as a steward, and deciding whether a link opens its board (decision 48).

A link works as long as its creator could still create it: they are active, have the role, and can open the board.
Readers see only the published board, under the policies for the link's audience.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from semantic.errors import InvalidQuery, NotAllowed, SemanticError, StoreFailed
from semantic.policy.actor import Actor
from semantic.policy.links import audiences, reader_of_link
from semantic.services.boards import BoardWork, OpenedBoard
from semantic.services.process import Live
from semantic.store.boards.public_links import (
    ROLE,
    NewLink,
    PublicLink,
    end_public_link,
    find_public_link,
    make_public_link,
    read_public_links,
)
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.workspace import Workspace

OFF = "Public links are turned off on this server. The person who runs it can set SAMEPAGE_PUBLIC_LINKS=1."
NO_AUDIENCE = (
    "No policy covers public links yet, so their readers would see nothing. Add `audiences:` to a policy's `who:` "
    "first."
)


@dataclass(frozen=True, slots=True)
class PublicLinkWork:
    """Public links that `actor` manages. Raises StoreFailed whenever it reads or writes."""

    store: Store = field(repr=False)
    keys: Keys = field(repr=False)
    workspace: Workspace = field(repr=False)
    actor: Actor

    @property
    def audiences(self) -> tuple[str, ...]:
        """The audiences in current policies, from which a link's audience is chosen."""
        return audiences(self.workspace.model)

    def make(self, board: str, audience: str, label: str, days: int) -> tuple[PublicLink, str]:
        """Create a link to a board, and return it with its secret part, which is never shown again.

        Raises NotAllowed, UnknownBoard, and InvalidQuery for an unpublished or archived board, an unknown audience or
        an invalid label or number of days.
        """
        if not self.workspace.settings.public_links:
            raise NotAllowed(OFF)
        opened = BoardWork(self.store, self.keys, self.workspace, self.actor).open(board)
        if opened.head.is_archived:
            raise InvalidQuery("This board is archived. Restore it before you share it.")
        if not self.audiences:
            raise InvalidQuery(NO_AUDIENCE)
        if audience not in self.audiences:
            raise InvalidQuery(f"Choose an audience: {', '.join(self.audiences)}.")
        with self.store.write() as transaction:
            until = transaction.now + timedelta(days=days)
            wanted = NewLink(board=opened.head.id, audience=audience, label=label, until=until)
            return make_public_link(transaction, self.keys, wanted, self.actor)

    def unavailable_tiles(self, board: str, audience: str) -> tuple[int, int]:
        """Return how many tiles ask for data that this audience can't see, and how many tiles ask for data at all.

        Raises the same errors about the board as `make`.
        """
        opened = BoardWork(self.store, self.keys, self.workspace, self.actor).open(board)
        work = BoardWork(self.store, self.keys, self.workspace, _reader(audience, "", ""))
        state = work.opening_state(opened.board)
        asking = [tile for tile in opened.board.tiles if tile.question is not None]
        return sum(work.asked(tile, state).query is None for tile in asking), len(asking)

    def links(self) -> list[PublicLink]:
        """Return every link, newest first. Raises NotAllowed."""
        if not self.actor.is_at_least(ROLE):
            raise NotAllowed("Only stewards and administrators can list public links.")
        with self.store.read() as connection:
            return read_public_links(connection, self.keys)

    def end(self, number: str, why: str = "") -> PublicLink:
        """Revoke a link, and return it. Raises NotAllowed, ChangedMeanwhile, InvalidQuery."""
        with self.store.write() as transaction:
            return end_public_link(transaction, self.keys, number, self.actor, why)


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """A link that works: its reader, and the currently published board."""

    link: PublicLink
    reader: Actor
    board: OpenedBoard


@dataclass(frozen=True, slots=True)
class RefusedLink:
    """A link of this store that doesn't open anything now. Only the audit log has the reason."""

    link: PublicLink
    why: str


def open_public_link(text: str, live: Live) -> OpenedLink | RefusedLink | None:
    """Open a public link by its secret part. Returns None if no such link was ever created. Raises StoreFailed."""
    with live.store.read() as connection:
        link = find_public_link(connection, live.keys, text)
    if link is None:
        return None
    workspace = live.workspace()
    if why := why_not(link, live, workspace):
        return RefusedLink(link, why)
    try:
        board = BoardWork(live.store, live.keys, workspace, live.people()[link.made_by]).open(link.board)
    except StoreFailed:
        raise
    except SemanticError:
        return RefusedLink(link, "its board isn't published or shared any more")
    if board.head.is_archived:
        return RefusedLink(link, "its board is archived")
    return OpenedLink(link, _reader(link.audience, link.number, link.label), board)


def why_not(link: PublicLink, live: Live, workspace: Workspace) -> str:
    """Return why a link doesn't work now for reasons other than its board, or "" if it does. Raises StoreFailed."""
    now = live.store.now()
    match link.state(now):
        case "ended":
            return "it was revoked"
        case "run_out":
            return "it has expired"
        case "maker_gone":
            return "the person who created it is no longer active"
        case _:
            pass
    maker = live.people().get(link.made_by)
    if maker is None or not maker.is_at_least(ROLE):
        return f"the person who created it is no longer a {ROLE}"
    company = live.settings.sign_in
    if company is not None and _is_away(link, now, company.owner_days):
        return "the person who created it hasn't signed in for too long"
    if link.audience not in audiences(workspace.model):
        return f"no policy covers {link.audience} any more"
    return ""


def _is_away(link: PublicLink, now: datetime, days: float) -> bool:
    return link.maker_seen_at is None or now - link.maker_seen_at > timedelta(days=days)


@lru_cache(maxsize=500)
def _reader(audience: str, number: str, label: str) -> Actor:
    """Return the actor who reads through a link. It is always the same object, so that its caches are reused."""
    return reader_of_link(audience, number=number, label=label)
