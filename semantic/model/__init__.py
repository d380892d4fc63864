"""What a question can be about: datasets, dimensions, measures, metrics and policies, as frozen data.

The nouns and what follows from them alone. Their text is in `files`, the kinds of metrics in `kinds`, what must hold
between
them in `checks`, reading them in `loading`, changing their text in `editing`. Nothing here knows a question, a person
or an engine.
"""
