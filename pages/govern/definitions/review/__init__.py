"""Reviews of drafts on the page Definitions: sending one, the lists, one review with its thread, and deciding on it."""
