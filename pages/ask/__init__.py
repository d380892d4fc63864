"""Ask: questions in conversation, each answered by the reader, with the previous question as its context."""
