"""The nouns of a model: datasets, dimensions, measures, metrics and policies, as frozen data.

This package has only the nouns and properties derived from them. Their text is in `files`, the kinds of metrics in
`kinds`, consistency checks in `checks`, reading in `loading`, and changing their text in `editing`. Nothing here knows
a question, a person or an engine.
"""
