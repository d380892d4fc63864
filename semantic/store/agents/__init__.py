"""Agents in the store: who is connected, what they did, what they propose, and what they should know.

`semantic.agents` decides who can see which row, and what an agent can do.
"""
