"""Requests for metrics and answers: who can send, join, see and answer them, and how people get the answers."""
