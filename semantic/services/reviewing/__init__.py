"""Reviews of drafts: who must approve what, what reviewers see and decide, and the messages about it."""
