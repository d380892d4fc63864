"""The table of text that analyses are told in."""

from semantic.display.text_tables import TextTable as TextTable
