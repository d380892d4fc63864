"""Measure what it costs to read a question in words, compared with compiling it: python -m tests.bench.reading.

The person has a row rule, and the marketing model has the members that the tests use. The first reading isn't counted.
"""

from __future__ import annotations

from functools import partial
from statistics import quantiles

from semantic.compile import compile_visible
from semantic.query.query import Query
from semantic.sql.dialects.table import DIALECTS
from tests.bench.table import cpu_ms, head, line
from tests.semantic.reading.reader import TODAY, lexicon, read_as
from tests.semantic.reading.test_questions import QUESTIONS

ROUNDS = 5
MOST_TIMES = 20.0
PERSON = "jonas"


def main() -> None:
    texts = [text for text, truth in QUESTIONS if truth is not None]
    questions = [question for text in texts if (question := read_as(text, PERSON).question) is not None]
    reading = p95([cpu_ms(partial(read_as, text, PERSON), ROUNDS) for text in texts])
    compiling = p95([cpu_ms(partial(compiled, question), ROUNDS) for question in questions])
    head("Reading questions in words, CPU of one, under a row rule")
    line("reading, p95", f"{reading:.2f} ms", f"at most {MOST_TIMES:.0f} times a compile")
    line("compiling the same questions, p95", f"{compiling:.2f} ms")
    line("times", f"{reading / compiling:.1f}")


def compiled(question: Query) -> object:
    return compile_visible(lexicon(PERSON).seen, question, DIALECTS["duckdb"], today=TODAY)


def p95(costs: list[float]) -> float:
    return quantiles(costs, n=20)[-1]


if __name__ == "__main__":
    main()
