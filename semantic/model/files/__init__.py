"""The text of a model's files: YAML as plain data, the position of each part, and the keys that every object has.

The keys of specific objects are in `kinds` for metrics and in `loading.schema` for everything else.
"""
