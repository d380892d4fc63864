"""What stewards check before they publish: policy tests, comparing two people, the effect of a model change.

Pure, over models and questions. Drafts and publishing are in `services.drafts`.
"""
