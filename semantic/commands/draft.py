"""The command `python -m semantic draft`, which drafts a model from tables.

It shows each guess with its evidence, asks for answers, and writes the model's files.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from semantic.commands.command_line import OK, WRONG, run_command
from semantic.commands.draft_starters import MatchedStarters, fitting_starters, print_starters, without_described
from semantic.display.text import text_table
from semantic.errors import InvalidQuery, ModelError, SemanticError, UnknownName, counted
from semantic.interop.yaml_writer import write_yaml
from semantic.introspection.evidence_words import rows_read
from semantic.introspection.guess import Guess
from semantic.introspection.guessing import LEFT_OUT
from semantic.introspection.profile import Budget, ProfilingProgress
from semantic.introspection.profiling import profile_at
from semantic.introspection.proposing import Answer, Proposal, answer_guesses, open_guesses, propose, write_model
from semantic.model.files.yaml_text import read_yaml
from semantic.model.loading.load import parse_model
from semantic.starters.starter import Question

_EXAMPLE: Final = """example:
  python -m semantic draft data/shop.duckdb
  python -m semantic draft postgresql://reader@db/shop --tables orders,customers --to model --answers answers.yml
  python -m semantic draft exports --to model --yes zone currency
"""
_YES, _NO = ("true", "yes", "on"), ("false", "no", "off")
_MOST_ASKED: Final = 3  # times that a question is repeated after an invalid answer


def run(arguments: Sequence[str]) -> int:
    """Draft a model, and return the exit code: 0 for success, 1 for an error or missing answers, 2 for wrong usage."""
    return run_command(_parser(), arguments, _act)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m semantic draft",
        description="Draft a model from tables. Shows each guess with its evidence; with --to, writes the model.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("url", metavar="URL", help="a DuckDB file, Parquet or CSV files, or an engine's address")
    parser.add_argument("--tables", default="", metavar="A,B", help="only these tables (default: all that can be read)")
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="an empty folder to write the model to")
    parser.add_argument(
        "--answers", type=Path, metavar="FILE", help="YAML with answers: the ID of a guess, and its answer"
    )
    parser.add_argument("--yes", nargs="*", metavar="ID", help="accept these guesses; without IDs, all of them")
    parser.add_argument("--person", default="me", help="who can see the draft (default: me)")
    parser.add_argument("--seconds", type=float, default=60.0, help="the most time for reading tables (default: 60)")
    parser.add_argument("--no-starters", action="store_true", help="draft known tables too, instead of ready models")
    parser.add_argument("--all", action="store_true", help="also show what each column is called")
    return parser


def _act(asked: argparse.Namespace) -> int:
    if asked.to is not None and (taken := _taken(asked.to)):
        print(f"{asked.to} isn't empty: it contains {taken}. Choose an empty folder with --to.", file=sys.stderr)
        return WRONG
    tables = [name.strip() for name in asked.tables.split(",") if name.strip()]
    profiles, joins = profile_at(asked.url, tables, Budget(seconds=asked.seconds), _tell)
    given = _answers(asked.answers) if asked.answers is not None else {}
    fitting = MatchedStarters() if asked.no_starters else _starters_answered(fitting_starters(profiles), given, asked)
    profiles, joins = without_described(profiles, joins, fitting)
    proposal = propose(profiles, joins, existing=fitting.model(asked.person))
    proposal = _guesses_answered(proposal, fitting, given, asked)
    print_starters(fitting)
    _show(proposal, everything=asked.all)
    if not proposal.datasets and not fitting.matches:
        print("There is nothing to draft a model from.", file=sys.stderr)
        return WRONG
    if asked.to is None:
        _say_open(open_guesses(proposal), fitting.open)
        return OK
    if open_guesses(proposal) and sys.stdin.isatty():
        proposal = answer_guesses(proposal, _ask(open_guesses(proposal)))
    return _write(fitting, proposal, asked)


def _taken(folder: Path) -> str:
    """Return the name of any file or folder in `folder`, or "" if it's empty."""
    path = next(folder.iterdir(), None) if folder.exists() else None
    return "" if path is None else path.name


def _tell(progress: ProfilingProgress) -> None:
    if sys.stderr.isatty():
        print(f"\rProfiling {progress.done} of {progress.of}: {progress.table[:60]:60}", end="", file=sys.stderr)
        if progress.done == progress.of:
            print(file=sys.stderr)


# Answers


def _starters_answered(
    fitting: MatchedStarters, given: Mapping[str, Answer], asked: argparse.Namespace
) -> MatchedStarters:
    """Return the starters with the command's answers to their questions.

    They come before any guess about other tables.
    """
    mine = {question.id: question for question in fitting.questions}
    fitting = fitting.answered({key: str(answer) for key, answer in given.items()})
    if asked.yes is not None:
        taken = [mine[key] for key in asked.yes if key in mine] if asked.yes else fitting.open
        fitting = fitting.answered({question.id: question.default for question in taken})
    if asked.to is not None and sys.stdin.isatty():
        fitting = fitting.answered({question.id: _ask_starter(question) for question in fitting.open})
    return fitting


def _guesses_answered(
    proposal: Proposal, fitting: MatchedStarters, given: Mapping[str, Answer], asked: argparse.Namespace
) -> Proposal:
    """Return the guesses with the command's answers, leaving out answers to starters' questions."""
    mine = {question.id for question in fitting.questions}
    proposal = answer_guesses(proposal, {key: answer for key, answer in given.items() if key not in mine})
    if asked.yes is None:
        return proposal
    wanted = [guess_id for guess_id in asked.yes if guess_id not in mine]
    return answer_guesses(proposal, _accepted(proposal, wanted)) if wanted or not asked.yes else proposal


def _ask_starter(question: Question) -> str:
    """Ask a starter's question at the terminal, and return the answer. Enter accepts the default."""
    print(f"\n{question.asks}", file=sys.stderr)
    for answer, words in question.choices:
        print(f"  {answer}  {words}" if words != answer else f"  {answer}", file=sys.stderr)
    for _ in range(_MOST_ASKED):
        print(f"{question.default}> ", end="", file=sys.stderr, flush=True)
        text = sys.stdin.readline().strip() or question.default
        if question.is_open or text in dict(question.choices):
            return text
    raise InvalidQuery(f"{question.id} has no answer. Put it in a file and use --answers.")


def _answers(path: Path) -> Mapping[str, Answer]:
    data, _, problems = read_yaml(path.read_text(encoding="utf-8"), path.name)
    if problems:
        raise ModelError(problems)
    if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
        raise InvalidQuery(f"{path.name} has no answers. Write one on each line, such as `zone: Europe/Berlin`.")
    return {str(guess_id): _answer(str(value)) for guess_id, value in data.items()}


def _answer(text: str) -> Answer:
    return True if text.lower() in _YES else False if text.lower() in _NO else text


def _accepted(proposal: Proposal, wanted: Sequence[str]) -> Mapping[str, Answer]:
    known = {guess.id: guess for guess in proposal.guesses}
    if unknown := next((guess_id for guess_id in wanted if guess_id not in known), None):
        raise UnknownName(unknown, known, kind="guess")
    return {
        guess_id: _default(known[guess_id]) for guess_id in wanted or [guess.id for guess in open_guesses(proposal)]
    }


def _default(guess: Guess) -> Answer:
    return guess.choice or True


def _ask(guesses: Sequence[Guess]) -> Mapping[str, Answer]:
    """Ask about each open guess at the terminal, and return the answers. Enter accepts the first answer."""
    print(f"{counted(len(guesses), 'guess', 'guesses')} to answer. Press Enter for the first answer.", file=sys.stderr)
    return {guess.id: _ask_one(guess) for guess in guesses}


def _ask_one(guess: Guess) -> Answer:
    options = _options(guess)
    print(f"\n{guess.says} ({guess.evidence})", file=sys.stderr)
    for place, (_, words) in enumerate(options, 1):
        print(f"  {place}  {words}", file=sys.stderr)
    for _ in range(_MOST_ASKED):
        print("> ", end="", file=sys.stderr, flush=True)
        text = sys.stdin.readline().strip()
        if not text:
            return options[0][0]
        if text.isdecimal() and 0 < int(text) <= len(options):
            return options[int(text) - 1][0]
        try:
            answer_guesses(_alone(guess), {guess.id: _answer(text)})
        except SemanticError:
            print(f"Write a number from 1 to {len(options)}.", file=sys.stderr)
        else:
            return _answer(text)
    raise InvalidQuery(f"{guess.id} has no answer. Put it in a file and use --answers.")


def _alone(guess: Guess) -> Proposal:
    return Proposal(datasets=(), relations=(), joins=(), guesses=(guess,))


def _options(guess: Guess) -> list[tuple[Answer, str]]:
    """Return the possible answers, the proposed one first."""
    if not guess.choices:
        return [(True, "Yes"), (False, "No")]
    chosen = [(choice, words) for choice, words in guess.choices if choice == guess.choice]
    return [*chosen, *((choice, words) for choice, words in guess.choices if choice != guess.choice)]


# What is printed


def _show(proposal: Proposal, *, everything: bool) -> None:
    general = [guess for guess in proposal.guesses if not guess.dataset]
    if general:
        print(_table(general) + "\n")
    for dataset in proposal.datasets:
        guesses = [guess for guess in proposal.guesses if guess.dataset == dataset.name]
        count = sum(guess.is_open for guess in guesses)
        to_check = f", {count} to answer" if count else ""
        columns = counted(len(dataset.columns), "column")
        print(f"{_one_line(dataset.table)}: {rows_read(dataset.profile)}, {columns}{to_check}")
        shown = [guess for guess in guesses if everything or guess.about != "label"]
        print(_table(shown))
        labels = [guess for guess in guesses if guess.about == "label"]
        if not everything and labels:
            on = sum(guess.is_on for guess in labels)
            print(f"ok    {counted(on, 'dimension')}, {len(labels) - on} left out (--all lists them)")
        if dataset.profile.left_out:
            print(_one_line(f"      without a usable type: {', '.join(dataset.profile.left_out[:10])}"))
        print()
    for table, problem in proposal.unread:
        print(_one_line(f"{table}: not read. {problem}"), file=sys.stderr)


def _table(guesses: Sequence[Guess]) -> str:
    rows = [[_mark(guess), _one_line(guess.says), _one_line(guess.evidence), guess.id] for guess in guesses]
    return text_table(["", "guess", "evidence", "ID"], rows)


def _mark(guess: Guess) -> str:
    if guess.is_open:
        return "?"
    return "ok" if guess.is_on and guess.choice != LEFT_OUT else "off"


def _one_line(text: str) -> str:
    """Return the text on one line, without characters that could move the terminal's cursor.

    Names in tables can contain such characters.
    """
    return "".join(letter if letter.isprintable() else "·" for letter in text)[:160]


def _say_open(guesses: Sequence[Guess], asked: Sequence[Question] = ()) -> None:
    if not guesses and not asked:
        print("Nothing is open. Write the model with --to FOLDER.", file=sys.stderr)
        return
    print(f"{_open_words(guesses, asked)} Write your answers into a file, for --answers:\n", file=sys.stderr)
    for question in asked:
        others = ", ".join(choice for choice, _ in question.choices if choice != question.default)
        line = write_yaml({question.id: question.default}).strip().removeprefix("{").removesuffix("}")
        print(f"{line}  # or {_one_line(others)}", file=sys.stderr)
    for guess in guesses:
        line = write_yaml({guess.id: _default(guess)}).strip().removeprefix("{").removesuffix("}")
        others = ", ".join(choice for choice, _ in guess.choices if choice != guess.choice) or "false"
        print(f"{line}  # or {_one_line(others)}", file=sys.stderr)


def _open_words(guesses: Sequence[Guess], asked: Sequence[Question]) -> str:
    counts = [counted(len(asked), "question")] if asked else []
    counts += [counted(len(guesses), "guess", "guesses")] if guesses else []
    verb = "needs" if len(guesses) + len(asked) == 1 else "need"
    return f"{' and '.join(counts)} {verb} an answer first."


def _write(fitting: MatchedStarters, proposal: Proposal, asked: argparse.Namespace) -> int:
    if fitting.open or open_guesses(proposal):
        _say_open(open_guesses(proposal), fitting.open)
        return WRONG
    ready = fitting.files(asked.person) if fitting.matches else {}
    existing = parse_model(ready) if ready else None
    drafted = write_model(proposal, person=asked.person, existing=existing).files if proposal.datasets else {}
    person: dict[str, Any] = {"id": asked.person, "name": "Me", "roles": ["steward"]}  # Any: YAML
    files = {**ready, **drafted, "people.yml": write_yaml({"people": [person]})}
    for name, text in files.items():
        path = asked.to / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    print(f"{asked.to}: {counted(len(files), 'file')}. Only {asked.person} can see it. Next:", file=sys.stderr)
    place, folder = _shown_address(asked.url), shlex.quote(str(asked.to))
    print(f"  python -m semantic check --connect --model {folder} --data {place}", file=sys.stderr)
    print(f"  SAMEPAGE_MODEL={folder} SAMEPAGE_DATA={place} SAMEPAGE_DEMO=1 streamlit run app.py", file=sys.stderr)
    return OK


def _shown_address(url: str) -> str:
    """Return an address quoted for the shell, or `"$DATA"` if it contains a password."""
    parts = urlsplit(url)
    return '"$DATA"' if "://" in url and (parts.password or ";" in url) else shlex.quote(url)
