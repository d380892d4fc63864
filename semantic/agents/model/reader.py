"""The reader that asks a language model. It turns words into a question, or into the reason why there is none."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final, NamedTuple, Protocol

from semantic.agents.model.answer import MOST_BYTES, Unusable, read_answer
from semantic.agents.model.request import body_of, can_send, name_choices
from semantic.agents.model.values import are_from
from semantic.config.language_model import LanguageModel
from semantic.errors import SemanticError
from semantic.policy.narrow import VisibleModel
from semantic.query.query import Query
from semantic.transport.web import Web

MOST_AT_ONCE: Final = 8
NO_QUESTION: Final = "The language model couldn't read it as a question either."
NO_ANSWER: Final = "The language model didn't answer in time."
NOT_USABLE: Final = "The language model's answer couldn't be used."
IS_BUSY: Final = "The language model is busy."
IS_OFF: Final = "The language model is switched off."
_LOG: Final = logging.getLogger("samepage.model")


class ModelReading(NamedTuple):
    """The question that a language model chose, or None, with Samepage's own explanation in `why`."""

    question: Query | None
    why: str = ""


class Post(Protocol):
    """Sends a body, and returns the status and the response, as `Web.ask` does. Raises HandOverFailed, InvalidQuery."""

    def __call__(self, address: str, body: bytes, headers: dict[str, str], *, most_bytes: int) -> tuple[int, bytes]: ...


def no_guidance(seen: VisibleModel) -> Sequence[str]:
    """Return an empty list, for readers without guidance."""
    return ()


class ModelReader:
    """Turns words into questions with a language model. Several threads can use it safely.

    `guide` returns what the model should know, limited to what one person can see. `post` sends a request.
    """

    def __init__(
        self,
        model: LanguageModel,
        post: Post,
        *,
        guide: Callable[[VisibleModel], Sequence[str]] = no_guidance,
        today: Callable[[], date],
    ) -> None:
        self.model, self._post, self._guide, self._today = model, post, guide, today
        self._turns = threading.BoundedSemaphore(MOST_AT_ONCE)

    @property
    def name(self) -> str:
        """The language model's name, as the operator set it."""
        return self.model.name

    def read(self, words: str, visible: VisibleModel, previous: Query | None = None) -> ModelReading:
        """Return the question that the language model chooses for this person.

        The question is checked to be one that they can ask, but it hasn't run.

        This waits for the model, up to the configured time. No response of the model makes it raise an error.
        """
        if not self._turns.acquire(blocking=False):
            return ModelReading(None, IS_BUSY)
        try:
            return self._read(words, visible, previous)
        finally:
            self._turns.release()

    def _read(self, words: str, visible: VisibleModel, previous: Query | None) -> ModelReading:
        day = self._today()
        if previous is not None and not can_send(previous, visible, day):
            previous = None
        choices = name_choices(words, visible, previous)
        if not choices.metrics:
            return ModelReading(None, NO_QUESTION)
        try:
            guidance = self._guide(visible)
            body = body_of(
                words, choices, model=self.model.name, today=day, previous=previous, guidance=guidance
            )  # fmt: skip
            status, said = self._post(
                f"{self.model.address}/chat/completions", body, self._headers(), most_bytes=MOST_BYTES + 1
            )
        except SemanticError as error:
            _LOG.warning("The language model didn't answer. %s", type(error).__name__)
            return ModelReading(None, NO_ANSWER)
        if status != 200:
            _LOG.warning("The language model refused a request. status=%d", status)
            return ModelReading(None, NO_ANSWER)
        try:
            question = read_answer(said, choices, visible, day)
            if question is not None and not are_from(question, words, previous):
                raise Unusable("a value that the person didn't write")
        except Unusable as error:
            _LOG.warning("The language model's answer was %s.", error)
            return ModelReading(None, NOT_USABLE)
        return ModelReading(question, "" if question is not None else NO_QUESTION)

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        return headers | ({"Authorization": f"Bearer {self.model.key}"} if self.model.key else {})


def model_reader(
    model: LanguageModel | None,
    allowed_hosts: frozenset[str],
    *,
    guide: Callable[[VisibleModel], Sequence[str]] = no_guidance,
    today: Callable[[], date],
) -> ModelReader | None:
    """Return a reader for the configured language model, or None if there is none.

    The reader connects only to checked addresses (decision 51).
    """
    if model is None:
        return None
    web = Web(allowed_hosts=allowed_hosts, whole_seconds=model.seconds, step_seconds=model.seconds)
    return ModelReader(model, web.ask, guide=guide, today=today)


class Call:
    """One request to a language model, in its own thread, so that pages don't wait for it."""

    def __init__(self, reader: ModelReader, words: str, visible: VisibleModel, previous: Query | None) -> None:
        self.name = reader.name
        self._done = threading.Event()
        self._reading = ModelReading(None, NO_ANSWER)

        def run() -> None:
            try:
                self._reading = reader.read(words, visible, previous)
            finally:
                self._done.set()

        # A daemon: it only waits for the network, and a process that ends needn't wait for that.
        threading.Thread(target=run, name="model", daemon=True).start()

    def wait(self, seconds: float) -> ModelReading | None:
        """Return what the language model chose, or None if it hasn't responded within `seconds`."""
        return self._reading if self._done.wait(seconds) else None
