"""The text table in which the words of analyses show numbers."""

from semantic.display.text_tables import TextTable as TextTable
