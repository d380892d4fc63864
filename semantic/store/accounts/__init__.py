"""Who can sign in: accounts, providers' claims, sign-ins and service tokens, and each person's settings.

People as the audit log names them are in `store.people`. `semantic.identity` says who is signed in to a process.
"""
