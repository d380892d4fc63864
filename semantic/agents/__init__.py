"""Agents: programs that ask questions on a person's behalf, with no more access than that person has.

What an agent may do, what it did, what it proposes, and what it should know. An agent asks through the same services as
its person, so nothing here decides what anyone can see. The tools that agents call are in `semantic.api`, and their
pages in `pages.agents`.
"""
