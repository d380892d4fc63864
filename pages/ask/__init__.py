"""Ask: a conversation of questions, each read with the previous one as its context."""
