"""Maintenance of a whole store: backups, retention of its log, erasing a person.

Changes of the store's own tables are in `store.migrate`.
"""
