"""The database of what people create and do: a SQLite file, or PostgreSQL.

This folder has the database itself, its keys, its people and its migrations. Every other noun has its own folder below.
No other part of Samepage uses SQLAlchemy.
"""
