"""Add access that administrators give, and invitations of domains."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people", sa.Column("given", sa.LargeBinary(), nullable=True))
    op.create_table(
        "domain_invitations",
        sa.Column("domain", sa.String(length=200), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("domain", name="pk_domain_invitations"),
    )


def downgrade() -> None:
    op.drop_table("domain_invitations")
    op.drop_column("people", "given")
