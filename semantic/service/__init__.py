"""What scripts and agents ask for, and who they are: the same verbs for every door that is not a page."""
