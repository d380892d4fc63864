"""Who can sign in: accounts, providers' claims, sign-ins, service tokens; and each person's settings.

People as the audit log names them are in `store.people`; who is signed in to a process is in `semantic.identity`.
"""
