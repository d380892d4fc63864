"""The audit log: entries chained by a key outside the store, their sentences, gaps, checkpoints and verification.

`audit_trail` writes entries after an answer, and `store.upkeep` removes old ones.
"""
