"""What a process reports about itself: log lines and counters, without names or questions.

Who did what is in the audit log, in `audit_trail` and `store.audit`.
"""
