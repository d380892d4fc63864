"""The text of a model's files: YAML as plain data, the place of each part, and what every object has in common.

The keys of an object are in `kinds` for metrics and in `loading.schema` for everything else.
"""
