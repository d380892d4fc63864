"""Browser tests of sign-in, people, tokens, and servers under all kinds of failures."""
