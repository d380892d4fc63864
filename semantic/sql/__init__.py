"""How an answer is said: lower a plan to a tree of SQL, render it for a dialect."""
