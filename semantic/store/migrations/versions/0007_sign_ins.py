"""Add sign-ins, and the claims of identity providers about people."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people", sa.Column("issuer", sa.String(length=400), nullable=True))
    op.add_column("people", sa.Column("provider_subject", sa.String(length=400), nullable=True))
    op.add_column("people", sa.Column("claims", sa.LargeBinary(), nullable=True))
    op.add_column("people", sa.Column("claims_at", Instant(timezone=True), nullable=True))
    op.add_column("people", sa.Column("deactivated_at", Instant(timezone=True), nullable=True))
    op.create_index("ix_people_issuer_provider_subject", "people", ["issuer", "provider_subject"], unique=True)
    op.create_table(
        "sign_ins",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("provider", sa.String(length=100), nullable=False),
        sa.Column("issuer_session", sa.String(length=400), nullable=False),
        sa.Column("begun_at", Instant(timezone=True), nullable=False),
        sa.Column("until", Instant(timezone=True), nullable=False),
        sa.Column("claims_at", Instant(timezone=True), nullable=True),
        sa.Column("seen_at", Instant(timezone=True), nullable=False),
        sa.Column("ended_at", Instant(timezone=True), nullable=True),
        sa.Column("why_ended", sa.String(length=20), nullable=False),
        sa.Column("sealed_refresh", sa.LargeBinary(), nullable=True),
        sa.Column("renewing_until", Instant(timezone=True), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["subject"], ["people.subject"], name="fk_sign_ins_subject_people"),
        sa.PrimaryKeyConstraint("number", name="pk_sign_ins"),
        sa.UniqueConstraint("token_digest", name="uq_sign_ins_token_digest"),
    )
    op.create_index("ix_sign_ins_subject", "sign_ins", ["subject"], unique=False)
    op.create_index("ix_sign_ins_revision", "sign_ins", ["revision"], unique=False)
    op.create_index("ix_sign_ins_until", "sign_ins", ["until"], unique=False)


def downgrade() -> None:
    op.drop_table("sign_ins")
    op.drop_index("ix_people_issuer_provider_subject", "people")
    for name in ("deactivated_at", "claims_at", "claims", "provider_subject", "issuer"):
        op.drop_column("people", name)
