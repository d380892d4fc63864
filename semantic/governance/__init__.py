"""The checks that stewards run before they publish.

These are policy tests, comparing two people, and the effect of a model change.

The checks only read models and questions. Drafts and publishing are in `services.drafts`.
"""
