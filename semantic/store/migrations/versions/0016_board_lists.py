"""Add folders, notes, favourites and counts of viewers for the list of boards."""

import json

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("boards", sa.Column("folder", sa.String(length=60), nullable=True))
    op.add_column("boards", sa.Column("note", sa.Text(), nullable=True))
    op.create_table(
        "board_favourites",
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("board", sa.String(length=32), nullable=False),
        sa.Column("since", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", "board", name="pk_board_favourites"),
    )
    op.create_table(
        "board_viewers",
        sa.Column("board", sa.String(length=32), nullable=False),
        sa.Column("viewer", sa.String(length=64), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("board", "viewer", name="pk_board_viewers"),
    )
    _copy_notes()


def _copy_notes() -> None:
    """Copy each board's note to the column for lists: the note of the published version, or else of the draft."""
    boards = sa.table("boards", sa.column("id"), sa.column("published"), sa.column("note"))
    versions = sa.table("board_versions", sa.column("board"), sa.column("number"), sa.column("content"))
    drafts = sa.table("board_drafts", sa.column("board"), sa.column("content"))
    connection = op.get_bind()
    for board in connection.execute(sa.select(boards.c.id, boards.c.published)).all():
        wanted = (
            sa.select(versions.c.content).where(versions.c.board == board.id, versions.c.number == board.published)
            if board.published
            else sa.select(drafts.c.content).where(drafts.c.board == board.id)
        )
        if note := _note_in(connection.execute(wanted).scalar()):
            connection.execute(sa.update(boards).where(boards.c.id == board.id).values(note=note))


def _note_in(content: str | None) -> str:
    try:
        data = json.loads(content or "")
    except (ValueError, RecursionError):
        return ""
    note = data.get("note") if isinstance(data, dict) else ""
    return note if isinstance(note, str) else ""


def downgrade() -> None:
    op.drop_table("board_viewers")
    op.drop_table("board_favourites")
    op.drop_column("boards", "note")
    op.drop_column("boards", "folder")
