"""Add comments on numbers, and the people they mention."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "comments",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("thing", sa.String(length=32), nullable=False),
        sa.Column("tile", sa.String(length=40), nullable=False),
        sa.Column("parent", sa.String(length=32), nullable=False),
        sa.Column("author", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("receipt", sa.String(length=32), nullable=False),
        sa.Column("access", sa.String(length=64), nullable=False),
        sa.Column("wide", sa.Integer(), nullable=False),
        sa.Column("written_at", Instant(timezone=True), nullable=False),
        sa.Column("edited_at", Instant(timezone=True), nullable=True),
        sa.Column("removed_at", Instant(timezone=True), nullable=True),
        sa.Column("removed_by", sa.String(length=32), nullable=False),
        sa.Column("resolved_at", Instant(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
    )
    op.create_index("ix_comments_kind_thing", "comments", ["kind", "thing"], unique=False)
    op.create_index("ix_comments_author_written_at", "comments", ["author", "written_at"], unique=False)
    op.create_table(
        "comment_mentions",
        sa.Column("comment", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["comment"], ["comments.id"], name="fk_comment_mentions_comment_comments"),
        sa.PrimaryKeyConstraint("comment", "subject", name="pk_comment_mentions"),
    )
    op.create_index("ix_comment_mentions_subject_at", "comment_mentions", ["subject", "at"], unique=False)


def downgrade() -> None:
    op.drop_table("comment_mentions")
    op.drop_table("comments")
