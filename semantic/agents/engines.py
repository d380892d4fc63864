"""Use the configured language model as an engine, so that certified questions can check it for drift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from semantic.agents.drift import MODEL, Engine, NoQuestion
from semantic.agents.guidance import guidance_for, guidance_words
from semantic.agents.model.reader import IS_BUSY, NO_ANSWER, ModelReader, model_reader
from semantic.errors import Unavailable
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.query import Query
from semantic.services.process import Live


@dataclass(frozen=True, slots=True)
class LanguageModelEngine:
    """Parses texts with the configured language model, even while the model is switched off for people."""

    live: Live = field(repr=False)
    reader: ModelReader = field(repr=False)
    name: str = MODEL

    @property
    def version(self) -> str:
        """The language model's name, as the operator set it."""
        return self.reader.name

    def read(self, words: str, actor: Actor) -> Query | NoQuestion:
        """Parse a text into a question, or return why that isn't possible.

        Raises Unavailable if the model doesn't respond.
        """
        reading = self.reader.read(words, self.live.workspace().visible(actor))
        if reading.question is not None:
            return reading.question
        if reading.why in (NO_ANSWER, IS_BUSY):
            raise Unavailable(reading.why)
        return NoQuestion("refused", reading.why)


def configured_model(live: Live) -> Engine | None:
    """Return the language model in the settings as an engine, or None if there is none."""
    settings = live.settings

    def guide(seen: VisibleModel) -> Sequence[str]:
        return guidance_words(guidance_for(live, seen), seen).splitlines()

    reader = model_reader(
        settings.language_model, settings.allowed_hosts, guide=guide, today=lambda: live.workspace().today()
    )
    return LanguageModelEngine(live, reader) if reader is not None else None
