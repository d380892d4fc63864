"""How administrators connect data in the app: which addresses are allowed, their test, and the list of connections.

What this process is connected to, and whether it responds, is in `semantic.services.connections`.
"""

from semantic.run.connection_steps import Step as Step
from semantic.run.connection_steps import is_connected as is_connected
from semantic.run.connection_steps import test_steps as test_steps
