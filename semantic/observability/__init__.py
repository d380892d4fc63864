"""What a process reports about itself: log lines and counters, without names or questions.

The audit log, in `audit_trail` and `store.audit`, records who did what.
"""
