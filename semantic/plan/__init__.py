"""How a question is answered: each measure at its own grain, then combined."""
