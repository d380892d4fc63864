"""The text of a model's files: YAML as plain data, where each part of it stands, and what every object has in common.

Which keys an object has is in `kinds` for metrics and in `loading.schema` for the rest.
"""
