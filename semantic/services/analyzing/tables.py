"""The text table that analyses use to show numbers."""

from semantic.display.text_tables import TextTable as TextTable
