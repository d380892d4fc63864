"""Record which version of the model changed which metrics' definitions."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "definition_changes",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("metric", sa.String(length=200), nullable=False),
        sa.Column("previous", sa.Integer(), nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.Column("before", sa.String(length=64), nullable=False),
        sa.Column("after", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("version", "metric", name="pk_definition_changes"),
    )
    op.create_index("ix_definition_changes_at", "definition_changes", ["at"])


def downgrade() -> None:
    op.drop_table("definition_changes")
