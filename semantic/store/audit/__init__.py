"""The audit log: entries chained with a key outside the store, their sentences, gaps, checkpoints and verification.

`audit_trail` writes the entries for answers, and `store.upkeep` removes old entries.
"""
