"""Add destinations, and the demo's mailbox."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "destinations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("sealed_address", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("audience", sa.String(length=100), nullable=False),
        sa.Column("added_by", sa.String(length=32), nullable=False),
        sa.Column("added_at", Instant(timezone=True), nullable=False),
        sa.Column("ended_at", Instant(timezone=True), nullable=True),
        sa.Column("last_ok_at", Instant(timezone=True), nullable=True),
        sa.Column("last_failed_at", Instant(timezone=True), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_destinations"),
    )
    op.create_table(
        "mailbox",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("recipient", sa.String(length=400), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("message_id", sa.String(length=300), nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_mailbox"),
    )
    op.create_index("ix_mailbox_at", "mailbox", ["at"], unique=False)
    op.create_index("ix_mailbox_message_id_subject", "mailbox", ["message_id", "subject"], unique=True)
    op.create_index("ix_mailbox_subject", "mailbox", ["subject"], unique=False)


def downgrade() -> None:
    op.drop_table("mailbox")
    op.drop_table("destinations")
