"""Records what was asked, exported and listed, behind the answers, so that pages don't wait for the store.

The log itself is in `store.audit`.
"""
