"""Accounts: who can sign in, providers' claims, sign-ins, service tokens, and each person's settings.

`store.people` has the people as the audit log names them, and `semantic.identity` the sessions of a process.
"""
