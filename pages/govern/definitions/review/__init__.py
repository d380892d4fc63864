"""Reviews of drafts on the Definitions page: sending one, the lists, one review with its thread, and deciding on it."""
