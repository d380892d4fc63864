"""Edit a model's files as text: find an object, complete what a person types, compare, merge and write back.

Everything outside the edited object stays the same, byte for byte. `services.drafts` and `store.models` handle
permissions and publishing.
"""
