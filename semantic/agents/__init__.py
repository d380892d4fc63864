"""Agents: programs that ask questions on a person's behalf, with no more access than the person has.

This package has what an agent can do, what it did, what it proposes, and what it should know. Agents use the same
services as people, so nothing here decides what anyone can see. `semantic.api` has the tools that agents call, and
`pages.agents` the pages about agents.
"""
