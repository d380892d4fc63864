"""The text of a model's files: YAML as plain data, the position of each part, and the keys that all objects share.

Metrics have their own keys in `kinds`, and all other objects in `loading.schema`.
"""
