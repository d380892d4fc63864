"""The text of a model's files: YAML as plain data, the place of each part, and the keys that every object shares.

The keys of an object are in `kinds` for metrics and in `loading.schema` for everything else.
"""
