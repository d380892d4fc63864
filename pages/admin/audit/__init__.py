"""The audit log: its entries, verifying it, taking it out, erasing a person.

The log and its sentences are in `semantic.store.audit`.
"""
