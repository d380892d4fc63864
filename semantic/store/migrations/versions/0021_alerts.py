"""Add alerts, their memory about each recipient, and their outcomes."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("metric", sa.String(length=200), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("recipients", sa.Text(), nullable=False),
        sa.Column("paused_at", Instant(timezone=True), nullable=True),
        sa.Column("why_paused", sa.Text(), nullable=False),
        sa.Column("removed_at", Instant(timezone=True), nullable=True),
        sa.Column("snoozed_until", sa.Date(), nullable=True),
        sa.Column("acknowledged_for", sa.Date(), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=32), nullable=False),
        sa.Column("acknowledged_at", Instant(timezone=True), nullable=True),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.Column("changed_at", Instant(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
    )
    op.create_index("ix_alerts_owner", "alerts", ["owner"], unique=False)
    op.create_index("ix_alerts_metric", "alerts", ["metric"], unique=False)
    op.create_table(
        "alert_readers",
        sa.Column("alert", sa.String(length=32), nullable=False),
        sa.Column("recipient_kind", sa.String(length=20), nullable=False),
        sa.Column("recipient", sa.String(length=64), nullable=False),
        sa.Column("memory", sa.Text(), nullable=False),
        sa.Column("snoozed_until", sa.Date(), nullable=True),
        sa.Column("ended_at", Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("alert", "recipient_kind", "recipient", name="pk_alert_readers"),
    )
    op.create_index("ix_alert_readers_recipient", "alert_readers", ["recipient"], unique=False)
    op.create_table(
        "alert_runs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("alert", sa.String(length=32), nullable=False),
        sa.Column("recipient_kind", sa.String(length=20), nullable=False),
        sa.Column("recipient", sa.String(length=64), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("is_final", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("receipt", sa.String(length=40), nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_runs"),
    )
    op.create_index("ix_alert_runs_recipient", "alert_runs", ["recipient"], unique=False)
    op.create_index("ix_alert_runs_at", "alert_runs", ["at"], unique=False)
    runs = ["alert", "recipient_kind", "recipient", "period"]
    op.create_index("ix_alert_runs_alert_recipient_period", "alert_runs", runs, unique=True)


def downgrade() -> None:
    op.drop_table("alert_runs")
    op.drop_table("alert_readers")
    op.drop_table("alerts")
