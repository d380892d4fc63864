"""Published versions of the model, and drafts of its next version.

Files are stored as text. `semantic.model.loading` parses them, and `semantic.model.editing` merges two changes.
"""
