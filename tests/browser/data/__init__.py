"""How people connect and upload data of their own."""
