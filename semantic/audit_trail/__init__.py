"""Records questions, exports and listed rows in the background, so that pages don't wait for the store.

The log itself is in `store.audit`.
"""
