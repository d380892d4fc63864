"""Agents in the store: who is connected, what they did, what they propose, and what they should know.

`semantic.agents` decides who sees which row, and what an agent can do.
"""
