"""What people make and what was done, kept in a database: SQLite in a file, or PostgreSQL."""
