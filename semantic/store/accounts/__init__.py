"""Accounts: who can sign in, providers' claims, sign-ins, service tokens, and each person's settings.

People as the audit log names them are in `store.people`. `semantic.identity` has the sessions of a process.
"""
