"""The audit log: read, verify and export its entries, and erase a person.

The log and its sentences are in `semantic.store.audit`.
"""
