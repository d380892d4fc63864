"""Every table of the store in one place. Importing this module defines them all."""

from semantic.store.accounts.follows import FOLLOWS as FOLLOWS
from semantic.store.accounts.service_tokens import SERVICE_TOKENS as SERVICE_TOKENS
from semantic.store.accounts.settings import SETTINGS as SETTINGS
from semantic.store.accounts.sign_ins import SIGN_INS as SIGN_INS
from semantic.store.audit.checkpoints import CHECKPOINTS as CHECKPOINTS
from semantic.store.audit.log import AUDIT as AUDIT
from semantic.store.audit.recorders import RECORDERS as RECORDERS
from semantic.store.boards.boards import BOARDS as BOARDS
from semantic.store.boards.drafts import BOARD_DRAFTS as BOARD_DRAFTS
from semantic.store.boards.states import BOARD_STATES as BOARD_STATES
from semantic.store.boards.versions import BOARD_VERSIONS as BOARD_VERSIONS
from semantic.store.database import metadata as metadata
from semantic.store.models.drafts import DRAFTS as DRAFTS
from semantic.store.models.versions import VERSIONS as VERSIONS
from semantic.store.numbers.checks import CHECK_FINDINGS as CHECK_FINDINGS
from semantic.store.numbers.checks import CHECK_RUNS as CHECK_RUNS
from semantic.store.numbers.past_findings import PAST_FINDINGS as PAST_FINDINGS
from semantic.store.numbers.receipts import RECEIPTS as RECEIPTS
from semantic.store.numbers.remarks import REMARKS as REMARKS
from semantic.store.numbers.targets import TARGET_VERSIONS as TARGET_VERSIONS
from semantic.store.numbers.targets import TARGETS as TARGETS
from semantic.store.people import PEOPLE as PEOPLE
from semantic.store.questions.links import LINKS as LINKS
from semantic.store.questions.questions import QUESTIONS as QUESTIONS
from semantic.store.questions.recents import RECENTS as RECENTS
from semantic.store.spaces.spaces import SPACES as SPACES
