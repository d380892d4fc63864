"""Alembic's entry point.

It uses the connection that it gets, so that only one place opens and upgrades a store.
"""

from alembic import context

from semantic.store.tables import metadata

connection = context.config.attributes["connection"]
# SQLite changes a table by recreating it, which batch mode writes.
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
