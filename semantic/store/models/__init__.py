"""Published versions of the model, and drafts of the next one.

Files are stored as text. `semantic.model.loading` reads them, and `semantic.model.editing` merges two changes.
"""
