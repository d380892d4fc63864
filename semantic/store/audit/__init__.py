"""The audit log: entries chained by a key outside the store, their sentences, gaps, checkpoints and verification.

Writing entries after an answer is in `audit_trail`; removing old ones in `store.upkeep`.
"""
