"""Add each person's last conversations, sealed."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
    )
    op.create_index("ix_conversations_changed_at", "conversations", ["changed_at"], unique=False)
    op.create_index("ix_conversations_subject", "conversations", ["subject"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_conversations_subject", table_name="conversations")
    op.drop_index("ix_conversations_changed_at", table_name="conversations")
    op.drop_table("conversations")
