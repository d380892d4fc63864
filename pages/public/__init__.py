"""Boards behind public links: plain web pages for readers who don't sign in."""
