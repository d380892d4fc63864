"""The draft of the model, for stewards to edit; its versions, and rolling back to one.

The draft itself is saved and published by `semantic.services.drafts`.
"""
