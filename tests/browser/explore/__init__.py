"""Browser tests of Explore: asking questions, and reading, saving and exporting answers."""
