"""Reviews of drafts: who has to approve which changes, what reviewers see and decide, and messages about reviews."""
