"""What numbers mean together: each analysis takes plain numbers and gives plain data; none asks an engine."""
