"""Boards behind public links, as plain web pages for readers who don't sign in."""
