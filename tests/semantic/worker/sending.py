"""Workers that queue and send messages, as separate processes: the demo over the small shop, with a real mail
server.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import mkdtemp

from semantic.config.mail import MailServer
from semantic.config.settings import Settings
from semantic.display.messages.message import Message
from semantic.services.outbox.composer import Composer
from semantic.services.outbox.reader import Reader
from semantic.services.outbox.sending import Sends, Slots
from semantic.services.process import Live
from semantic.store.accounts.settings import read_setting
from semantic.store.database import Store
from semantic.store.keys import keys_of
from semantic.store.outbox.sends import Kind, Send
from semantic.transport.mime import mime_of
from semantic.transport.smtp import send_mail
from semantic.worker.job import Job
from semantic.workspace import Workspace
from tests.copies import copy_shop
from tests.semantic.services.outbox.outbox_world import LEASE_OF_TESTS, SENDER, write_to_reader
from tests.semantic.store.stores import SECRET
from tests.shop import SHOP

PORT = "tests.smtp_port"
"""The setting in the store with the address of the test's mail server."""
MOST = 1_000_000


def queue_and_send(store: Store) -> tuple[Job, ...]:
    """Return the two jobs that deliver messages, with short leases and without a daily limit."""
    data = copy_shop(Path(mkdtemp()) / "shop.duckdb")
    settings = Settings(
        data=str(data), model=SHOP, store="", audit_key=SECRET, demo=True, mask_key="a key of the tests"
    )
    live = Live(settings, store, keys_of(SECRET), Workspace.open(settings))
    sends = Sends(live, _hand_over, _composer_of, lease=LEASE_OF_TESTS, most_per_day=MOST)
    return Slots(live), sends


def _composer_of(kind: Kind) -> Composer:
    return write_to_reader


def _hand_over(live: Live, send: Send, reader: Reader, message: Message, *, unsubscribe: str = "") -> str:
    with live.store.read() as connection:
        port, _ = read_setting(connection, PORT)
    assert isinstance(port, int)
    server = MailServer(host="127.0.0.1", port=port, security="none", sender=SENDER)
    content = mime_of(
        message, sender=SENDER, to=reader.address, message_id=send.message_id, date=live.store.now(),
        unsubscribe=unsubscribe,
    )  # fmt: skip
    return send_mail(server, content, to=reader.address)
