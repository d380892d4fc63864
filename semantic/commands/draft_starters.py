"""Starters for a draft in the shell: the tables they match, their questions, and their files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from semantic.display.text import text_table
from semantic.errors import counted
from semantic.introspection.profile import JoinEvidence, TableProfile
from semantic.model.loading.load import parse_model
from semantic.model.model import Model
from semantic.starters.matching import Match, match_starters
from semantic.starters.starter import Question
from semantic.starters.writing import questions, starter_files


@dataclass(frozen=True, slots=True)
class MatchedStarters:
    """The starters that match some tables, and the answers to their questions so far, by question ID."""

    matches: tuple[Match, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def questions(self) -> tuple[Question, ...]:
        """All questions that the starters ask."""
        return questions(self.matches)

    @property
    def open(self) -> tuple[Question, ...]:
        """The questions that don't have an answer yet."""
        return tuple(question for question in self.questions if question.id not in self.answers)

    def answered(self, answers: Mapping[str, str]) -> MatchedStarters:
        """Return these starters with more answers. Answers to other questions are ignored."""
        mine = {question.id for question in self.questions}
        return replace(self, answers={**self.answers, **{key: text for key, text in answers.items() if key in mine}})

    def files(self, person: str) -> dict[str, str]:
        """Return the model's files for the starters and answers. Raises InvalidQuery for an impossible answer."""
        return starter_files(self.matches, self.answers, person=person)

    def model(self, person: str) -> Model | None:
        """Return the model in these files, or None if no starter matches."""
        return parse_model(self.files(person)) if self.matches else None


def fitting_starters(profiles: Sequence[TableProfile]) -> MatchedStarters:
    """Return the starters that match these tables by their columns."""
    return MatchedStarters(
        match_starters(
            {profile.table: {column.name: column.type for column in profile.columns} for profile in profiles}
        )
    )


def without_described(
    profiles: Sequence[TableProfile], joins: Sequence[JoinEvidence], fitting: MatchedStarters
) -> tuple[tuple[TableProfile, ...], tuple[JoinEvidence, ...]]:
    """Return the tables that no starter describes, and the joins between them."""
    described = {table for match in fitting.matches for table in match.tables.values()}
    left = tuple(profile for profile in profiles if profile.table not in described)
    names = {profile.table for profile in left}
    return left, tuple(join for join in joins if join.table in names and join.target in names)


def print_starters(fitting: MatchedStarters) -> None:
    """Print each starter with its tables, the parts it leaves out, and its questions."""
    for match in fitting.matches:
        tables = dict.fromkeys(match.tables.values())
        found = f"{match.found} of {match.of} columns"
        print(f"{match.starter.label}: {counted(len(tables), 'table')}, {found} ({', '.join(tables)})")
        if match.missing:
            print(f"      left out, because columns are missing: {', '.join(match.missing)}")
    rows = [*_rows(fitting)]
    if rows:
        print(text_table(["", "question", "answer", "ID"], rows))
    if fitting.matches:
        print()


def _rows(fitting: MatchedStarters) -> Iterator[list[str]]:
    for question in fitting.questions:
        mark = "ok" if question.id in fitting.answers else "?"
        yield [mark, question.asks, fitting.answers.get(question.id, question.default), question.id]
