"""Logs and counters of a process, without names or questions.

The audit log, in `audit_trail` and `store.audit`, records who did what.
"""
