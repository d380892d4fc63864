"""Reviews of drafts: who must approve which changes, what reviewers see and decide, and messages about reviews."""
