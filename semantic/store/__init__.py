"""What people make and what was done, kept in a database: SQLite in a file, or PostgreSQL.

This folder holds the database itself, its keys, its people and its migrations; each noun has a folder of its own.
SQLAlchemy is used nowhere else.
"""
