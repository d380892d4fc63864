"""Every table of the store in one place: importing this names them all."""

from semantic.store.audit import AUDIT as AUDIT
from semantic.store.audit_checkpoints import CHECKPOINTS as CHECKPOINTS
from semantic.store.board_drafts import BOARD_DRAFTS as BOARD_DRAFTS
from semantic.store.board_states import BOARD_STATES as BOARD_STATES
from semantic.store.board_versions import BOARD_VERSIONS as BOARD_VERSIONS
from semantic.store.boards import BOARDS as BOARDS
from semantic.store.checks import CHECK_FINDINGS as CHECK_FINDINGS
from semantic.store.checks import CHECK_RUNS as CHECK_RUNS
from semantic.store.database import metadata as metadata
from semantic.store.drafts import DRAFTS as DRAFTS
from semantic.store.follows import FOLLOWS as FOLLOWS
from semantic.store.links import LINKS as LINKS
from semantic.store.past_findings import PAST_FINDINGS as PAST_FINDINGS
from semantic.store.people import PEOPLE as PEOPLE
from semantic.store.questions import QUESTIONS as QUESTIONS
from semantic.store.receipts import RECEIPTS as RECEIPTS
from semantic.store.recents import RECENTS as RECENTS
from semantic.store.recorders import RECORDERS as RECORDERS
from semantic.store.remarks import REMARKS as REMARKS
from semantic.store.service_tokens import SERVICE_TOKENS as SERVICE_TOKENS
from semantic.store.settings import SETTINGS as SETTINGS
from semantic.store.sign_ins import SIGN_INS as SIGN_INS
from semantic.store.spaces import SPACES as SPACES
from semantic.store.targets import TARGET_VERSIONS as TARGET_VERSIONS
from semantic.store.targets import TARGETS as TARGETS
from semantic.store.versions import VERSIONS as VERSIONS
