"""The page Agents: connected assistants, what waits for a person's approval, and what each agent did."""
