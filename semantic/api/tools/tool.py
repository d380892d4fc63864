"""The definition of a tool, and the call in which it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal, Protocol, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from semantic.api.responses import Data
from semantic.api.tools.question_form import QUESTION, QUESTION_DEFS
from semantic.errors import SemanticError
from semantic.explore.repairs import Repair
from semantic.policy.actor import Actor
from semantic.query.codec import query_to_params
from semantic.query.personal import names_a_person
from semantic.query.query import Query
from semantic.services.process import Live
from semantic.workspace import Workspace

LISTED: Final = "The tool `search` lists them."
LONGEST_LINK: Final = 8_000
LONGEST_NAME: Final = 63
LONGEST_ID: Final = 64

_Given = TypeVar("_Given")


class Claim(Protocol):
    """A claim on a question or analysis in progress."""

    def done(self) -> bool: ...
    def leave(self) -> None: ...


_Started = TypeVar("_Started", bound=Claim)


class Turns(Protocol):
    """Schedules a tool's work alongside people's pages. Every method raises the errors that the work raises."""

    async def work(self, do: Callable[[], _Given]) -> _Given:
        """Run CPU-bound work."""
        ...

    async def later(self, do: Callable[[], _Given]) -> _Given:
        """Run work that waits for the store."""
        ...

    async def surely(self, do: Callable[[], _Given]) -> _Given:
        """Run work that waits for the store, even if the caller has disconnected."""
        ...

    async def alone(self, do: Callable[[], _Given]) -> _Given:
        """Run work that waits for the engine. An actor's work runs one piece at a time."""
        ...

    async def engine(self, start: Callable[[], _Started]) -> _Started:
        """Start a question or analysis when an engine worker is free, and wait until it's done."""
        ...


class Guard(Protocol):
    """Counts questions that could reveal small groups."""

    def count_guarded(self, actor: Actor, question: str) -> None:
        """Count a question. Raises an error if the actor has asked too many of them today."""
        ...


class Budgets(Protocol):
    """The daily limits of agents. Does nothing for people and service tokens."""

    def begin(self, actor: Actor) -> None:
        """Count a call. Raises a SemanticError with the code `over_budget` above the limit."""
        ...

    def charge(self, actor: Actor, *, cells: int, cost: str, refused: bool | None) -> None:
        """Count what a call used: the cells in its answer, and the cost class of its question ("" if there is none).

        `refused` is None if the call was neither answered nor refused, such as after it was cancelled.
        """
        ...


class Transcripts(Protocol):
    """Records what agents asked and got, for each agent's person."""

    def note(
        self, actor: Actor, *, tool: str, asked: Data, outcome: str, receipt: str = "", refusal: str = "",
        reason: str = "", proposal: str = "", ms: float = 0, cells: int = 0, cost: str = "",
    ) -> None:  # fmt: skip
        """Record one call.

        `outcome` is a word such as `answered` or `refused`. `refusal` is the code of a refusal, and `reason` its
        sentence. `proposal` is the number of the proposal that the call made.
        """
        ...


class Proposals(Protocol):
    """The acts that an agent can do only after its person approves."""

    def check(self, actor: Actor, query: Query, cost: str) -> None:
        """Raise a SemanticError if a question needs an approval that it doesn't have."""
        ...

    def check_people(self, actor: Actor, query: Query) -> None:
        """Raise NotAllowed if a question is about individuals.

        Callers need this if they use a question in a way that no approval covers, because a proposal shows only plain
        questions.
        """
        ...

    def propose(self, actor: Actor, kind: str, given: Data) -> Data:
        """Make a proposal, and return it. Raises SemanticError."""
        ...


class Guidance(Protocol):
    """Stewards' guidance for agents, limited to what the actor can see."""

    def about(self, actor: Actor) -> Data:
        """Return preferred metrics, blocked topics, and caveats by metric, or {} if there are none."""
        ...

    def refuse(self, actor: Actor, *, words: str = "", query: Query | None = None, subject: str = "") -> Data:
        """Raise a SemanticError if the words or the question are about a topic that is blocked for agents.

        Otherwise, returns the same as `about`, from the same read. `subject` is the entity whose events an analysis
        counts.
        """
        ...


class _Nothing:
    """Hooks that do nothing, for callers without budgets, transcripts or guidance."""

    def begin(self, actor: Actor) -> None:
        del actor

    def charge(self, actor: Actor, *, cells: int, cost: str, refused: bool | None) -> None:
        del actor, cells, cost, refused

    def note(
        self, actor: Actor, *, tool: str, asked: Data, outcome: str, receipt: str = "", refusal: str = "",
        reason: str = "", proposal: str = "", ms: float = 0, cells: int = 0, cost: str = "",
    ) -> None:  # fmt: skip
        del actor, tool, asked, outcome, receipt, refusal, reason, proposal, ms, cells, cost

    def check(self, actor: Actor, query: Query, cost: str) -> None:
        del actor, query, cost

    def check_people(self, actor: Actor, query: Query) -> None:
        del actor, query

    def propose(self, actor: Actor, kind: str, given: Data) -> Data:
        del actor, kind, given
        raise NoProposals(NO_PROPOSALS)

    def about(self, actor: Actor) -> Data:
        del actor
        return {}

    def refuse(self, actor: Actor, *, words: str = "", query: Query | None = None, subject: str = "") -> Data:
        del actor, words, query, subject
        return {}

    def count_guarded(self, actor: Actor, question: str) -> None:
        del actor, question


class NoProposals(SemanticError):
    """Raised if a caller that can't make proposals, such as a service token, tries to make one."""

    code = "not_allowed"


NO_PROPOSALS: Final = (
    "Only a connected agent can make proposals, because its person has to approve them. Connect the agent under "
    "Agents, or do this on the page."
)
NOTHING: Final = _Nothing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What runs before and after each tool call."""

    budgets: Budgets = NOTHING
    transcripts: Transcripts = NOTHING
    proposals: Proposals = NOTHING
    guidance: Guidance = NOTHING
    guard: Guard = NOTHING


class Inline:
    """Turns that run all work immediately in the caller's thread, for tests and the shell."""

    async def work(self, do: Callable[[], _Given]) -> _Given:
        return do()

    async def later(self, do: Callable[[], _Given]) -> _Given:
        return do()

    async def surely(self, do: Callable[[], _Given]) -> _Given:
        return do()

    async def alone(self, do: Callable[[], _Given]) -> _Given:
        return do()

    async def engine(self, start: Callable[[], _Started]) -> _Started:
        return start()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a tool: its caller, the version of the model, and how its work is scheduled.

    `spent` has the cost class of each question that the call sent to the engine. They count even if the call is refused
    afterwards.
    """

    live: Live
    actor: Actor
    workspace: Workspace
    turns: Turns = field(default_factory=Inline)
    hooks: Hooks = field(default_factory=Hooks)
    spent: list[str] = field(default_factory=list[str])

    @property
    def sees_sql(self) -> bool:
        """Whether this actor gets an answer's SQL, as on pages."""
        return self.actor.sees_sql

    def link(self, query: Query) -> str | None:
        """Return a link that opens a question in Explore, or None.

        There is no link if it would be too long for a browser or would contain the name of an individual.
        """
        if names_a_person(query, self.workspace.model):
            return None
        link = f"{self.live.settings.address}/explore?{urlencode(query_to_params(query), doseq=True)}"
        return link if len(link) <= LONGEST_LINK else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of a tool: JSON-ready data, and a picture if it drew one.

    `cells` and `cost` are what the call used. `asks_back` means that the tool found no question in the text, so the
    agent has to ask its person.
    """

    data: Data
    picture: bytes = b""
    cells: int = 0
    cost: str = ""
    receipt: str = ""
    asks_back: bool = False


class RefusedWithRepairs(Exception):
    """Raised if a question can't be answered, with changed questions that can."""

    def __init__(self, error: SemanticError, repairs: Sequence[Repair]) -> None:
        super().__init__(str(error))
        self.error, self.repairs = error, repairs


class ToolInput(BaseModel):
    """The input of a tool. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


QuestionData = Annotated[
    Any,  # read by semantic.query.data, which has the messages for what is wrong in it
    WithJsonSchema({"$comment": "question"}),
]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
Id = Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
Scope = Literal["ask", "propose"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool: its name, its texts, and the function that runs it.

    It also has the model of its input, the schema of its output, and the scope that it requires.

    `is_readonly` is false if the tool makes a proposal. With `spells_question`, the input schema includes the full
    schema of a question. Other tools only refer to it, to keep the list short. A tool's definition doesn't depend on
    the caller.
    """

    name: str
    title: str
    description: str
    given: type[ToolInput]
    output: Mapping[str, Any]  # Any: JSON Schema
    run: Callable[[Any, Call], Awaitable[Outcome]]  # Any: the tool's own input
    scope: Scope = "ask"
    is_readonly: bool = True
    spells_question: bool = False

    @property
    def input_schema(self) -> Data:
        """The JSON Schema of the tool's input, without external references."""
        schema = self.given.model_json_schema()
        spells = self.spells_question
        properties = {name: _property(found, spells=spells) for name, found in schema["properties"].items()}
        data: Data = {"type": "object", "properties": properties, "additionalProperties": False}
        data |= {"required": schema["required"]} if "required" in schema else {}
        if self.spells_question:
            data["$defs"] = {**QUESTION_DEFS, "Question": QUESTION}
        return data


def _property(schema: Data, *, spells: bool) -> Data:
    """Return the schema of an input key, without the titles that pydantic adds."""
    is_question = schema.get("$comment") == "question"
    kept = {key: value for key, value in schema.items() if key not in ("title", "$comment")}
    if is_question and not spells:
        return (
            {"type": ["object", "null"]} | kept | {"description": f"{kept['description']} In the form that `ask` has."}
        )
    return {"anyOf": [{"$ref": "#/$defs/Question"}, {"type": "null"}]} | kept if is_question else kept
