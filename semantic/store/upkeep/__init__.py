"""Maintenance of a whole store: backups, retention of its audit log, and erasing people.

`store.migrate` has the changes of the store's own tables.
"""
