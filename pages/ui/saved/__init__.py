"""Saved questions: keeping, finding, changing what they are called, their versions."""
