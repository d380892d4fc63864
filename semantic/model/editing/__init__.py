"""A model as text that people change: objects found in their files, completed, compared, merged and written back.

Every other byte of a file stays as it was. Permissions and publishing are in `services.drafts` and `store.models`.
"""
