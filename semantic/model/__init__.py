"""The objects of a model as frozen data: datasets, dimensions, measures, metrics and policies.

This package contains only the objects and properties derived from them. Their text is in `files`, the kinds of metrics
in `kinds`, consistency checks in `checks`, reading in `loading`, and changing their text in `editing`. Nothing here
depends on a question, a person or an engine.
"""
