"""Connecting data in the app, for administrators: the allowed addresses, their test, and the list of connections.

The state of this process's connections is in `semantic.services.connections`.
"""

from semantic.run.connection_steps import Step as Step
from semantic.run.connection_steps import is_connected as is_connected
from semantic.run.connection_steps import test_steps as test_steps
