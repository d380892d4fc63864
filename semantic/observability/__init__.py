"""A process's own log and its counters, without names or questions.

The audit log, which records who did what, is in `audit_trail` and `store.audit`.
"""
