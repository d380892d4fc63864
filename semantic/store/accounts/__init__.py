"""Who can come in: accounts, what providers said about them, sign-ins, service tokens; and what each person has set.

People as the audit log names them are in `store.people`; who is signed in to a process is in `semantic.identity`.
"""
