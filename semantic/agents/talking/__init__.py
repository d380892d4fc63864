"""A conversation about numbers: example questions to start with, and what a reply can be."""
