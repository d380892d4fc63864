"""The objects of a model as frozen data: datasets, dimensions, measures, metrics and policies.

This package holds these objects and the properties derived from them. `files` reads their YAML text, `kinds` defines
the kinds of metrics, `checks` tests that the parts of a model are consistent, `loading` builds a model from files, and
`editing` changes its text. Nothing here depends on a question, a person or an engine.
"""
