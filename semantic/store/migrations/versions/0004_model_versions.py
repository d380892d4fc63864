"""Add published versions of the model, and drafts."""

import sqlalchemy as sa
from alembic import op

from semantic.store.database import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "model_versions",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("parent", sa.Integer(), nullable=True),
        sa.Column("author", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("published_at", Instant(timezone=True), nullable=False),
        sa.Column("effective_at", Instant(timezone=True), nullable=False),
        sa.Column("restores", sa.Integer(), nullable=True),
        sa.Column("is_seed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["parent"], ["model_versions.number"], name="fk_model_versions_parent_model_versions"),
        sa.PrimaryKeyConstraint("number", name="pk_model_versions"),
    )
    op.create_index("ix_model_versions_digest", "model_versions", ["digest"], unique=False)
    op.create_table(
        "model_texts",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_model_texts"),
    )
    op.create_table(
        "model_files",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=400), nullable=False),
        sa.Column("text", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["text"], ["model_texts.digest"], name="fk_model_files_text_model_texts"),
        sa.ForeignKeyConstraint(["version"], ["model_versions.number"], name="fk_model_files_version_model_versions"),
        sa.PrimaryKeyConstraint("version", "path", name="pk_model_files"),
    )
    op.create_table(
        "model_drafts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("author", sa.String(length=32), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("changed_at", Instant(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["based_on"], ["model_versions.number"], name="fk_model_drafts_based_on_model_versions"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_model_drafts"),
    )
    op.create_index("ix_model_drafts_author", "model_drafts", ["author"], unique=False)


def downgrade() -> None:
    op.drop_table("model_drafts")
    op.drop_table("model_files")
    op.drop_table("model_texts")
    op.drop_table("model_versions")
