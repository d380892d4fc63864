"""Add public links to boards."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "public_links",
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("board", sa.String(length=32), nullable=False),
        sa.Column("audience", sa.String(length=100), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("made_by", sa.String(length=32), nullable=False),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.Column("until", Instant(timezone=True), nullable=False),
        sa.Column("ended_at", Instant(timezone=True), nullable=True),
        sa.Column("why_ended", sa.Text(), nullable=False),
        sa.Column("opened_at", Instant(timezone=True), nullable=True),
        sa.Column("opens", sa.BigInteger(), nullable=False),
        sa.Column("refused_at", Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["board"], ["boards.id"], name="fk_public_links_board_boards"),
        sa.PrimaryKeyConstraint("number", name="pk_public_links"),
        sa.UniqueConstraint("digest", name="uq_public_links_digest"),
    )
    op.create_index("ix_public_links_board", "public_links", ["board"], unique=False)
    op.create_index("ix_public_links_made_by", "public_links", ["made_by"], unique=False)


def downgrade() -> None:
    op.drop_table("public_links")
