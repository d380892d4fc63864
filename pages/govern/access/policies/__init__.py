"""Policies as forms: the list, one policy's form and its text, the effect of a change, and the tests of policies."""
