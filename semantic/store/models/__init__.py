"""Published versions of the model, and drafts of the next one.

Files as text. Reading them is in `semantic.model.loading`, merging two changes in `semantic.model.editing`.
"""
