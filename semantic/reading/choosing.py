"""Choose among the meanings of a text's parts.

If several combinations make a question, the person is asked which one they mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from rapidfuzz.distance import OSA

from semantic.explore.search import near
from semantic.model.certification_status import is_certified
from semantic.model.definitions import Metric
from semantic.policy.narrow import measures_of
from semantic.query.query import Breakdown, Query
from semantic.reading.akin import akin, is_named_after, is_variant
from semantic.reading.assemble import assemble
from semantic.reading.cover import Piece
from semantic.reading.fitting import MOST_LOOKED_AT, MOST_READINGS, Fit, Fitter
from semantic.reading.grammar import SKIPPED
from semantic.reading.lexicon import LABEL, SHORTENED, SYNONYM, Meaning
from semantic.reading.parts import NotAQuestion, Part
from semantic.reading.text import as_typed, fold, stems
from semantic.reading.understood import Ambiguity, Reading, UnderstoodPhrase

MOST_PARTS = 12  # names in one question
MOST_WITHOUT = 2 * MOST_LOOKED_AT  # for all metrics together, if the text names none
MOST_NEAR = 3
MOST_UNUSED = 3  # questions offered beside the best one
MOST_TRIED = 8  # metrics tried instead of the chosen one
NO_METRIC = "Name a metric, such as net revenue or orders."
ONLY_ZERO = "Groups without a row aren't shown. Name another metric that they have, such as ad spend."
NO_QUESTION = "These words don't go together in one question."


@dataclass(slots=True)
class Chooser(Fitter):
    """Combines the meanings of a text's parts, and finds combinations that make a question its author can ask."""

    def reading(self) -> Reading:
        """Return the reading: a question, several questions to choose from, or the reason why there is none."""
        made = self.made
        understood = tuple(self._understood())
        left = self._left()
        if left:
            return Reading(None, understood, left=left, near=self._near(left), why=made.why)
        if not self.tokens:
            return Reading(None, reason=NO_METRIC)
        if len(made.parts) > MOST_PARTS:
            return Reading(None, understood, why=made.why, reason=NO_QUESTION)
        base = self._base()
        if not made.metrics() and base is None:
            return self._without_metric(understood)
        if base is None and (zero := self._has_no_rows()):
            return self._without_metric(understood, beside=zero)
        fits = self._fits(base)
        if not fits:
            return Reading(None, understood, why=made.why, reason=self.reason or NO_QUESTION, refused=self.refused)
        return self._chosen(fits, understood)

    # What was understood

    def _understood(self) -> Iterator[UnderstoodPhrase]:
        uses = {part.piece: part for part in self.made.parts}
        for place, piece in enumerate(self.pieces):
            if piece.is_unknown or piece.is_skipped:
                continue
            part = uses.get(place)
            kind = _KINDS.get(part.use, "word") if part else piece.kind
            name = part.meanings[0].name if part and part.meanings else ""
            yield UnderstoodPhrase(self._start(piece), self._end(piece), kind, name, self._text(piece))

    def _left(self) -> tuple[str, ...]:
        words = [self._text(self.pieces[place]) for place in sorted(set(self.made.left)) if place >= 0]
        return tuple(dict.fromkeys(word for word in words if word))

    def _near(self, left: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return names spelled like the words that weren't understood. Only the first few words are checked."""
        seen = self.lexicon.seen
        return {
            word: tuple(
                hit.label
                for hit in near(seen, word, kinds=("metric", "dimension"), limit=3 * MOST_NEAR)
                if _is_close(word, (hit.label, *hit.thing.synonyms))
            )[:MOST_NEAR]
            for word in left[:MOST_NEAR]
        }

    def _chosen(self, fits: Sequence[Fit], understood: tuple[UnderstoodPhrase, ...]) -> Reading:
        best, rivals = fits[0], [fit for fit in fits[1:] if fit.cost == fits[0].cost]
        apart = self._differing_parts(best, rivals)
        took: list[str] = []
        if parts := self._partial_metrics(best):
            return self._asking((best, *rivals), parts, understood)
        if rivals and apart:
            certified = [fit for fit in (best, *rivals) if self._certified(fit)]
            metric_only = all(self.made.parts[place].use in ("metric", "per", "top") for place in apart)
            members_only = all(self.made.parts[place].use in ("filter", "without") for place in apart)
            if metric_only and len(certified) == 1 and not self.made.is_now and self._is_in_label(certified[0], apart):
                best = certified[0]
            elif not members_only:
                return self._asking((best, *rivals), apart, understood)
            took += [self._text(self.pieces[self.made.parts[place].piece]) for place in apart]
        if named_too := self._named_too(best, fits):
            return self._asking((best, *named_too), self._differing_parts(best, named_too), understood)
        if both := [fit for fit in fits[1:] if fit.cost <= best.cost + 1 and self._differs_twice(best, fit)]:
            return self._asking((best, *both), self._differing_parts(best, both), understood)
        if self._is_partial(best):
            return self._asking_members(best, understood)
        if unsure := self._unsure(best):
            return Reading(None, understood, asks=(Ambiguity(unsure, (best.query,)),), why=self.made.why)
        again = self._again(best, understood)
        if again is not None:
            return again
        if (unused := self._by_better_metric(best)) or (unused := self._of_unused(best, fits)):
            return self._asking((best, *unused), self._differing_parts(best, unused), understood)
        others = [fit for fit in fits if fit.query != best.query]
        if self.made.is_now and others and self._differing_parts(best, others):
            metrics = [best, *others]
            if all(self.made.parts[place].use == "metric" for place in self._differing_parts(best, others)):
                return self._asking(metrics, self._differing_parts(best, others), understood)
        took += [
            self._text(self.pieces[self.made.parts[place].piece])
            for place in self._differing_parts(best, others)
            if any(self._is_told(place, fit.choice[place], best.choice[place]) for fit in others)
        ]
        took += [*self._akin(best), *self._elsewhere(best), *self._wider(best)]
        return Reading(best.query, understood, took=tuple(dict.fromkeys(took)), why=self.made.why)

    def _differing_parts(self, best: Fit, others: Sequence[Fit]) -> list[int]:
        """Return the indexes of the parts that have a different meaning in another combination."""
        return [
            place
            for place in range(len(best.choice))
            if any(fit.choice[place].name != best.choice[place].name for fit in others)
        ]

    # Meanings that the best combination leaves out

    def _is_told(self, place: int, other: Meaning, chosen: Meaning) -> bool:
        """Whether another meaning of a part is likely enough to state which one was chosen.

        A variant is, as for "conversion rate", unless the chosen metric is certified, which makes it well known.
        """
        if other.name == chosen.name or other.tier <= max(SYNONYM, chosen.tier):
            return other.name != chosen.name
        if other.kind != "metric" or self._is_certified(chosen.name):
            return False
        return is_variant(self.lexicon.seen.metric(other.name), self._phrase(self.made.parts[place]))

    def _partial_metrics(self, best: Fit) -> list[int]:
        """Return the indexes of metrics that the text names by the end of their names, such as "abandonment"."""
        return [place for place, each in enumerate(best.choice) if each.kind == "metric" and each.is_part]

    def _by_better_metric(self, best: Fit) -> list[Fit]:
        """Return combinations with a better meaning of a metric and a part of a member's name.

        In "video spend", ad spend on video ads is as likely as what is known of videos. Texts inside names don't count
        if the best combination has a member of exactly this name: "click rate of the welcome series" is of mails.
        """
        made = self.made
        if not any(part.use in ("filter", "without") for part in made.parts):
            return []
        for place, part in enumerate(made.parts):
            better = tuple(each for each in part.meanings if each.tier < min(SHORTENED, best.choice[place].tier))
            if part.use != "metric" or best.choice[place].tier < SHORTENED or not better:
                continue
            parts = [replace(each, meanings=better) if at == place else each for at, each in enumerate(made.parts)]
            other = replace(made, parts=parts)
            fits = Chooser(self.tokens, self.pieces, other, self.lexicon, self.clock, self.previous)._fits(self._base())
            likely = [fit for fit in fits if fit.cost == fits[0].cost and not self._is_vaguer(fit, best)]
            if found := likely[:MOST_UNUSED]:
                return found
        return []

    def _is_vaguer(self, fit: Fit, best: Fit) -> bool:
        """Whether a combination has a text inside names where the best one has a whole name."""
        return any(
            one.contains and not other.contains and not other.is_part
            for one, other in zip(fit.choice, best.choice, strict=True)
        )

    def _of_unused(self, best: Fit, fits: Sequence[Fit]) -> list[Fit]:
        """Return combinations with metrics whose names contain a word, if none of the word's own meanings fits.

        For example, margin is an amount or a rate. By product, it can be product margin or product margin rate.
        """
        for place, part in enumerate(self.made.parts):
            chosen = best.choice[place]
            better = {each.name for each in part.meanings if each.tier < chosen.tier}
            used = {fit.choice[place].name for fit in fits}
            if part.use != "metric" or part.piece < 0 or len(better) < 2 or not better.isdisjoint(used):
                continue
            phrase = self._phrase(part)
            metrics = (each for each in self.lexicon.seen.metrics if each.deprecated is None)
            if found := self._instead(best, place, (each for each in metrics if is_named_after(each, phrase))):
                return found
        return []

    def _akin(self, best: Fit) -> Iterator[str]:
        """Yield words that are a synonym of one metric but that could mean another one too."""
        for place, part in enumerate(self.made.parts):
            if part.use == "metric" and part.piece >= 0:
                phrase = self._phrase(part)
                if self._instead(best, place, akin(best.choice[place], phrase, self.lexicon.seen), most=1):
                    yield self._text(self.pieces[part.piece])

    def _elsewhere(self, best: Fit) -> Iterator[str]:
        """Yield words that exactly match a member of another dimension, one the metrics can't be filtered by."""
        for place, part in enumerate(self.made.parts):
            chosen = best.choice[place]
            if part.use in ("filter", "without") and any(
                each.tier < chosen.tier and each.name != chosen.name and not each.is_part for each in part.meanings
            ):
                yield self._text(self.pieces[part.piece])

    def _instead(self, best: Fit, place: int, metrics: Iterable[Metric], most: int = MOST_UNUSED) -> list[Fit]:
        """Return the valid combinations with one of these metrics in place of the chosen one."""
        found: list[Fit] = []
        for metric in islice((each for each in metrics if each.name != best.choice[place].name), MOST_TRIED):
            choice = {**dict(enumerate(best.choice)), place: Meaning("metric", metric.name, SYNONYM)}
            fit = self._fit(choice, best.cost, self._base())
            if fit is not None and fit.query != best.query:
                found.append(fit)
                if len(found) == most:
                    break
        return found

    def _phrase(self, part: Part) -> tuple[str, ...]:
        piece = self.pieces[part.piece]
        return tuple(token.stem for token in self.tokens[piece.start : piece.end] if token.word not in SKIPPED)

    def _is_in_label(self, fit: Fit, apart: Sequence[int]) -> bool:
        """Whether the typed words are part of the metric's own label, as "revenue" is part of "Net revenue"."""
        for place in apart:
            label = stems(self.lexicon.seen.metric(fit.choice[place].name).label)
            piece = self.pieces[self.made.parts[place].piece]
            if not any(token.stem in label for token in self.tokens[piece.start : piece.end]):
                return False
        return True

    def _differs_twice(self, best: Fit, other: Fit) -> bool:
        """Whether two combinations differ in both a metric and a breakdown, as for "sales by owner"."""
        uses = {self.made.parts[place].use for place in self._differing_parts(best, [other])}
        return {"metric", "by"} <= uses

    def _named_too(self, best: Fit, fits: Sequence[Fit]) -> list[Fit]:
        """Return the combinations that compare members of another dimension whose names contain the typed words.

        For example, campaigns in "prospecting vs retargeting".
        """
        places = [place for place, part in enumerate(self.made.parts) if part.splits and not best.choice[place].is_part]
        if not places:
            return []
        others: list[Fit] = []
        for name in dict.fromkeys(
            meaning.name
            for meaning in self.made.parts[places[0]].meanings
            if meaning.contains and meaning.is_part and not self.lexicon.seen.member_labels(meaning.name)
        ):
            choice = dict(enumerate(best.choice))
            for place in places:
                own = [meaning for meaning in self.made.parts[place].meanings if meaning.name == name]
                choice = {**choice, place: own[0]} if own else {}
                if not own:
                    break
            fit = self._fit(choice or None, best.cost, self._base())
            if fit is not None and fit.query != best.query:
                others.append(fit)
        return others

    def _certified(self, fit: Fit) -> bool:
        seen = self.lexicon.seen
        names = [meaning.name for meaning in fit.choice if meaning.kind == "metric"]
        return bool(names) and all(is_certified(seen.metric(name)) for name in names)

    def _asking(self, fits: Sequence[Fit], apart: Sequence[int], understood: tuple[UnderstoodPhrase, ...]) -> Reading:
        words = ", ".join(dict.fromkeys(self._text(self.pieces[self.made.parts[place].piece]) for place in apart))
        readings = tuple(dict.fromkeys(fit.query for fit in fits))[:MOST_READINGS]
        return Reading(None, understood, asks=(Ambiguity(words, readings),), why=self.made.why)

    # A part of a member's name

    def _is_partial(self, fit: Fit) -> bool:
        return any(meaning.kind == "member" and meaning.is_part and len(meaning.values) > 1 for meaning in fit.choice)

    def _unsure(self, fit: Fit) -> str:
        """Return a word that occurs only as a part of names, so that it isn't clear which name is meant.

        An example is the last word of "revenue in summer". Empty if there is none.
        """
        for place, meaning in enumerate(fit.choice):
            part = self.made.parts[place]
            piece = self.pieces[part.piece]
            if (
                meaning.is_part
                and meaning.contains
                and piece.end - piece.start == 1
                and not part.noun
                and not part.splits
            ):
                return self._text(piece)
        return ""

    def _asking_members(self, fit: Fit, understood: tuple[UnderstoodPhrase, ...]) -> Reading:
        """Return a reading that asks which members the text means.

        For example, "social" can be paid social, organic social, or both.
        """
        place = next(
            place
            for place, meaning in enumerate(fit.choice)
            if meaning.kind == "member" and meaning.is_part and len(meaning.values) > 1
        )
        meaning, base = fit.choice[place], self._base()
        choice = dict(enumerate(fit.choice))
        queries: list[Query] = []
        for values in [*((value,) for value in meaning.values), meaning.values]:
            picked = {**choice, place: replace(meaning, values=values)}
            query = assemble(self.made, picked, self.lexicon.seen, self.clock, base)
            if len(values) > 1 and meaning.name not in {each.dim for each in query.by}:
                query = replace(query, by=(*query.by, Breakdown(meaning.name)))
            if self._can_ask(query):
                queries.append(query)
        word = self._text(self.pieces[self.made.parts[place].piece])
        return Reading(None, understood, asks=(Ambiguity(word, tuple(queries)),), why=self.made.why)

    # Names that also read as a member and another metric

    def _again(self, best: Fit, understood: tuple[UnderstoodPhrase, ...]) -> Reading | None:
        """Return a reading that asks what is meant if a metric's synonym can also be a member and a certified metric.

        An example is "email revenue". None if the text isn't ambiguous in this way.
        """
        for place, meaning in enumerate(best.choice):
            part = self.made.parts[place]
            piece = self.pieces[part.piece]
            if part.use != "metric" or meaning.tier not in (SYNONYM, SHORTENED) or piece.end - piece.start < 2:
                continue
            split = self._split(piece)
            if split is None:
                continue
            member, metric = split
            if metric.name == meaning.name or not self._is_certified(metric.name):
                continue
            parts = [*self.made.parts]
            parts[place] = replace(part, meanings=(metric,))
            parts.append(Part("filter", part.piece, (member,), group=90))
            other = replace(self.made, parts=parts)
            choice = {**dict(enumerate(best.choice)), place: metric, len(parts) - 1: member}
            try:
                query = assemble(other, choice, self.lexicon.seen, self.clock, self._base())
            except NotAQuestion:
                continue
            if query != best.query and self._can_ask(query):
                return Reading(
                    None, understood, asks=(Ambiguity(self._text(piece), (query, best.query)),), why=self.made.why
                )
        return None

    def _split(self, piece: Piece) -> tuple[Meaning, Meaning] | None:
        for cut_at in range(piece.start + 1, piece.end):
            first = dict(self.lexicon.find(self.tokens[:cut_at], piece.start)).get(cut_at - piece.start, ())
            rest = dict(self.lexicon.find(self.tokens[: piece.end], cut_at)).get(piece.end - cut_at, ())
            members = [meaning for meaning in first if meaning.kind == "member" and meaning.tier <= SYNONYM]
            metrics = [meaning for meaning in rest if meaning.kind == "metric" and meaning.tier <= SYNONYM]
            members.sort(key=lambda meaning: (meaning.tier, -self._spread(meaning.name), len(meaning.name)))
            metrics.sort(key=lambda meaning: (not self._is_certified(meaning.name), meaning.tier))
            if members and metrics:
                return members[0], metrics[0]
        return None

    def _is_certified(self, name: str) -> bool:
        return is_certified(self.lexicon.seen.metric(name))

    def _wider(self, best: Fit) -> list[str]:
        """Return the breakdown words that also end another dimension's label, as "country" ends "Customer country"."""
        seen, words = self.lexicon.seen, list[str]()
        for place, meaning in enumerate(best.choice):
            if self.made.parts[place].use != "by":
                continue
            typed = fold(self._text(self.pieces[self.made.parts[place].piece]))
            labels = (f" {typed}", f" {fold(seen.dimension(meaning.name)[0].label)}")
            names = [meaning_.name for meaning_ in best.choice if meaning_.kind == "metric"]
            facts = {m.dataset for name in names for m in measures_of(seen.metric(name), seen.model)}
            for other in seen.dimensions:
                if fold(other.label).endswith(labels) and other.kind == "categorical":
                    places = {each.dataset for each in seen.places(other.name)}
                    if all(not places.isdisjoint(seen.model.joins.paths(fact)) for fact in facts):
                        words.append(self._text(self.pieces[self.made.parts[place].piece]))
                        break
        return words

    def _has_no_rows(self) -> frozenset[str]:
        """Return the datasets of the only metric, if it's limited to 0, as in "campaigns without orders": a group with
        no row needs another metric to be shown.
        """
        made = self.made
        zero = {limit.part for limit in made.thresholds if limit.op == "=" and limit.number == 0 and not limit.per}
        if set(made.metrics()) != zero or not zero:
            return frozenset()
        seen = self.lexicon.seen
        names = [made.parts[place].meanings[0].name for place in zero]
        return frozenset(measure.dataset for name in names for measure in measures_of(seen.metric(name), seen.model))

    def _beside(self, datasets: frozenset[str]) -> list[Metric]:
        """Return the usual metrics to suggest, or one for each other dataset if a metric of `datasets` is named."""
        seen, metrics = self.lexicon.seen, dict[frozenset[str], Metric]()
        if not datasets:
            return self._usual()
        for metric in self._usual():
            own = frozenset(measure.dataset for measure in measures_of(metric, seen.model))
            if own.isdisjoint(datasets) and metric.is_simple:
                metrics.setdefault(own, metric)
        return [*metrics.values()]

    def _without_metric(
        self, understood: tuple[UnderstoodPhrase, ...], *, beside: frozenset[str] = frozenset()
    ) -> Reading:
        """Return the reading of a text that names no metric, or only one that has no rows, of the datasets `beside`.

        If the text has a breakdown or filter, the reading asks for the metric. Otherwise, nothing was understood.
        """
        made = self.made
        if not any(part.use in ("by", "filter", "without", "segment") for part in made.parts):
            return Reading(None, understood, why=made.why, reason=NO_METRIC)
        queries: list[Query] = []
        looked_at = 0
        for metric in self._beside(beside):
            place = len(made.parts)
            parts = [*made.parts, Part("metric", -1, (Meaning("metric", metric.name, LABEL),))]
            other = Chooser(self.tokens, self.pieces, replace(made, parts=parts), self.lexicon, self.clock, None)
            fits = other._fits(None)
            if fits and place == len(parts) - 1:
                queries.append(fits[0].query)
            looked_at += other.looked_at
            if len(queries) == MOST_READINGS or looked_at >= MOST_WITHOUT:
                break
        words = next((self._text(piece) for piece in self.pieces if piece.has("top", "most", "least")), "")
        if not words:
            words = as_typed(self.tokens)[:60]
        if len(queries) < (1 if beside else 2):
            return Reading(None, understood, why=made.why, reason=ONLY_ZERO if beside else NO_METRIC)
        return Reading(None, understood, asks=(Ambiguity(words, tuple(queries)),), why=made.why)

    def _usual(self) -> list[Metric]:
        """Return the certified metrics to suggest when a text names no metric, best known first."""
        metrics = [metric for metric in self.lexicon.seen.metrics if is_certified(metric)]
        order = {"net_revenue": 0, "roas": 1, "orders": 2}
        return sorted(metrics, key=lambda metric: order.get(metric.name, 9))


def _is_close(word: str, names: Iterable[str]) -> bool:
    """Whether a name, or one word of it, is spelled almost like this word."""
    typed = fold(word)
    return any(
        OSA.normalized_similarity(typed, part) >= 0.6 for name in names for part in (*fold(name).split(), fold(name))
    )


_KINDS = {
    "metric": "metric", "by": "breakdown", "filter": "filter", "without": "without", "top": "metric", "per": "metric",
    "segment": "segment", "not_segment": "segment",
}  # fmt: skip
