"""What stewards check before they publish: policy tests, two people side by side, what a change of the model means.

Pure, over models and questions. Drafts and publishing are in `services.drafts`.
"""
