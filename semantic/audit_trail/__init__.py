"""Record questions, exports and listed rows in the background, so that pages don't wait for the store.

`store.audit` has the log itself.
"""
