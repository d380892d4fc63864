"""Checks that stewards run before they publish: policy tests, comparisons of people, and the effect of a change.

They only read models and questions. `services.drafts` handles drafts and publishing.
"""
