"""Connect data in the app, for administrators: checking an address, testing it, and listing connections.

`semantic.services.connections` has the state of the connections in this process.
"""

from semantic.run.connection_steps import Step as Step
from semantic.run.connection_steps import is_connected as is_connected
from semantic.run.connection_steps import test_steps as test_steps
