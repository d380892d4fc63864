"""The Definitions page, where stewards edit a draft of the model, compare its versions, and roll back to one.

`semantic.services.drafts` saves and publishes drafts.
"""
