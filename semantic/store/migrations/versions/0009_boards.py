"""Add boards, their versions and drafts, and each viewer's settings."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "boards",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("space", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("published", sa.Integer(), nullable=False),
        sa.Column("metrics", sa.Text(), nullable=False),
        sa.Column("tiles", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(timezone=True), nullable=False),
        sa.Column("changed_at", Instant(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_boards"),
    )
    op.create_index("ix_boards_owner", "boards", ["owner"], unique=False)
    op.create_index("ix_boards_space", "boards", ["space"], unique=False)
    op.create_table(
        "board_versions",
        sa.Column("board", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("author", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("published_at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["board"], ["boards.id"], name="fk_board_versions_board_boards"),
        sa.PrimaryKeyConstraint("board", "number", name="pk_board_versions"),
    )
    op.create_table(
        "board_drafts",
        sa.Column("board", sa.String(length=32), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=32), nullable=False),
        sa.Column("changed_at", Instant(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["board"], ["boards.id"], name="fk_board_drafts_board_boards"),
        sa.PrimaryKeyConstraint("board", name="pk_board_drafts"),
    )
    op.create_table(
        "board_states",
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("board", sa.String(length=32), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("kept_at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["board"], ["boards.id"], name="fk_board_states_board_boards"),
        sa.PrimaryKeyConstraint("subject", "board", name="pk_board_states"),
    )


def downgrade() -> None:
    for table in ("board_states", "board_drafts", "board_versions", "boards"):
        op.drop_table(table)
