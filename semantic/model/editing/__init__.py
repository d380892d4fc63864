"""Edit a model as text: find objects in their files, complete, compare and merge them, and write them back.

Every other byte of a file stays the same. Permissions and publishing are in `services.drafts` and `store.models`.
"""
