"""The database of what people create and do: SQLite in a file, or PostgreSQL.

This folder has the database itself, its keys, its people and its migrations. Each noun has its own folder. SQLAlchemy
is used nowhere else.
"""
