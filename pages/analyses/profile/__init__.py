"""The profile on the page: its form, its chart, and what else can be made of its people."""
