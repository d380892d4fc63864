"""The Ask page: a conversation in which each question is read in the context of the previous one."""
