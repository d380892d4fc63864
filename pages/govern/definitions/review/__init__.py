"""Reviews of drafts on the Definitions page: submitting a draft, the lists, and one review with its thread and
decision.
"""
