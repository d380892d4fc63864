"""Ask: a conversation of questions, each read in the context of the previous one."""
