"""Conversations about numbers: example questions to start with, follow-up questions, and past conversations."""
