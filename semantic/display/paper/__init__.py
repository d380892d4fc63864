"""What is drawn on pages: text, figures and tables as vectors, in points from the upper left corner."""
