"""What a process reports about itself: log lines and counters, with no names and no questions in them.

Who did what is the audit log's, in `audit_trail` and `store.audit`.
"""
