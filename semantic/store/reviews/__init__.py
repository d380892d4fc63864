"""Reviews of drafts: the submitted files, and the decisions and comments of reviewers."""
