"""The draft of the model for stewards to edit, its versions, and rolling back to one.

`semantic.services.drafts` saves and publishes the draft.
"""
