"""Add deliveries, their recipients, and one row for each message."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("about", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("cron", sa.String(length=200), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("condition", sa.String(length=20), nullable=False),
        sa.Column("attached", sa.String(length=40), nullable=False),
        sa.Column("next_at", Instant(timezone=True), nullable=True),
        sa.Column("paused_at", Instant(timezone=True), nullable=True),
        sa.Column("why_paused", sa.Text(), nullable=False),
        sa.Column("removed_at", Instant(timezone=True), nullable=True),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.Column("changed_at", Instant(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
    )
    op.create_index("ix_deliveries_owner", "deliveries", ["owner"], unique=False)
    op.create_index("ix_deliveries_about", "deliveries", ["about"], unique=False)
    op.create_index("ix_deliveries_next_at", "deliveries", ["next_at"], unique=False)
    op.create_table(
        "delivery_recipients",
        sa.Column("delivery", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("recipient", sa.String(length=400), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("added_by", sa.String(length=32), nullable=False),
        sa.Column("added_at", Instant(timezone=True), nullable=False),
        sa.Column("ended_at", Instant(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=20), nullable=False),
        sa.Column("paused_at", Instant(timezone=True), nullable=True),
        sa.Column("why_paused", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("delivery", "kind", "recipient", name="pk_delivery_recipients"),
    )
    op.create_index("ix_delivery_recipients_recipient", "delivery_recipients", ["recipient"], unique=False)
    op.create_table(
        "sends",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("about", sa.String(length=64), nullable=False),
        sa.Column("slot", Instant(timezone=True), nullable=False),
        sa.Column("recipient_kind", sa.String(length=20), nullable=False),
        sa.Column("recipient", sa.String(length=64), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("due_at", Instant(timezone=True), nullable=True),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=300), nullable=False),
        sa.Column("receipts", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("queued_at", Instant(timezone=True), nullable=False),
        sa.Column("rendered_at", Instant(timezone=True), nullable=True),
        sa.Column("ended_at", Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_sends"),
    )
    op.create_index("ix_sends_slot", "sends", ["slot"], unique=False)
    op.create_index("ix_sends_due_at", "sends", ["due_at"], unique=False)
    op.create_index("ix_sends_ended_at", "sends", ["ended_at"], unique=False)
    op.create_index("ix_sends_about_slot", "sends", ["about", "slot"], unique=False)
    op.create_index("ix_sends_recipient_slot", "sends", ["recipient", "slot"], unique=False)


def downgrade() -> None:
    op.drop_table("sends")
    op.drop_table("delivery_recipients")
    op.drop_table("deliveries")
