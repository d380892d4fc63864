"""The draft of the model, as stewards see and change it; its versions, and the way back to one.

The draft itself is kept and published by `semantic.services.drafts`.
"""
