"""Reviews of drafts: what was sent, and what reviewers decided and wrote."""
