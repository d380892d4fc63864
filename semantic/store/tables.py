"""Every table of the store in one place: importing this names them all."""

from semantic.store.audit import AUDIT as AUDIT
from semantic.store.audit_checkpoints import CHECKPOINTS as CHECKPOINTS
from semantic.store.checks import CHECK_FINDINGS as CHECK_FINDINGS
from semantic.store.checks import CHECK_RUNS as CHECK_RUNS
from semantic.store.database import metadata as metadata
from semantic.store.drafts import DRAFTS as DRAFTS
from semantic.store.links import LINKS as LINKS
from semantic.store.people import PEOPLE as PEOPLE
from semantic.store.questions import QUESTIONS as QUESTIONS
from semantic.store.receipts import RECEIPTS as RECEIPTS
from semantic.store.service_tokens import SERVICE_TOKENS as SERVICE_TOKENS
from semantic.store.settings import SETTINGS as SETTINGS
from semantic.store.sign_ins import SIGN_INS as SIGN_INS
from semantic.store.spaces import SPACES as SPACES
from semantic.store.versions import VERSIONS as VERSIONS
