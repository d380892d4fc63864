"""Policies as forms: the list, one policy's form and its text, what a change means, and the tests of policies."""
