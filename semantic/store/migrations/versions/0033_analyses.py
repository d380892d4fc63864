"""Add saved analyses of events with their versions, and the receipts of analyses."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("receipts", sa.Column("analysis", sa.String(length=40), nullable=True))
    op.create_table(
        "analyses",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("space", sa.String(length=32), nullable=False),
        sa.Column("folder", sa.String(length=60), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("current", sa.Integer(), nullable=False),
        sa.Column("metrics", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(timezone=True), nullable=False),
        sa.Column("changed_at", Instant(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_analyses"),
    )
    op.create_index("ix_analyses_owner", "analyses", ["owner"], unique=False)
    op.create_index("ix_analyses_space", "analyses", ["space"], unique=False)
    op.create_table(
        "analysis_versions",
        sa.Column("analysis", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("author", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("saved_at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["analysis"], ["analyses.id"], name="fk_analysis_versions_analysis_analyses"),
        sa.PrimaryKeyConstraint("analysis", "number", name="pk_analysis_versions"),
    )


def downgrade() -> None:
    op.drop_table("analysis_versions")
    op.drop_index("ix_analyses_space", table_name="analyses")
    op.drop_index("ix_analyses_owner", table_name="analyses")
    op.drop_table("analyses")
    op.drop_column("receipts", "analysis")
