"""A model as text that people change. Objects are found in their files, completed, compared, merged and written back.

Every other byte of a file stays the same. Permissions and publishing are in `services.drafts` and `store.models`.
"""
