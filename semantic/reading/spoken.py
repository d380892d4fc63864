"""Resolve phrases that only have a meaning together: neither … nor, more … than last week, five with the most.

After the cover, their pieces are replaced by function words with the same meaning. An incomplete phrase becomes an
unknown piece, so it's never ignored.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from semantic.model.definitions import Additivity, NumberFormat
from semantic.policy.narrow import measures_of
from semantic.query.query import Between, Last, Query
from semantic.reading.compared import resolve_compared
from semantic.reading.cover import Piece
from semantic.reading.days import ONE_BEFORE, UNITS, Clock, between, last, one_before
from semantic.reading.grammar import Word
from semantic.reading.lexicon import LABEL, SHORTENED, SKIPPED, Lexicon, Meaning
from semantic.reading.resolving import KNOWN_COST, STOP, PieceResolver
from semantic.reading.text import NUMBERS, Token, fold, stem

_NEITHER = frozenset({"neither", "weder"})
_AVERAGE = frozenset({
    "average", "avg", "mean", "durchschnittlich", "durchschnittliche", "durchschnittlicher", "durchschnittlichen",
    "durchschnittliches", "mittlere", "mittlerer", "mittleren",
})  # fmt: skip
_OF = frozenset({"of", "von", "vom", "in", "on", "an", "am", "at", "der", "the"})
_DONE = {
    "send": "sent", "sent": "sent", "win": "won", "won": "won", "lose": "lost", "lost": "lost", "cancel": "cancelled",
    "spend": "spent", "spent": "spent", "start": "started",
    "open": "opened", "deliver": "delivered", "close": "closed", "sell": "sold", "sold": "sold",
}  # fmt: skip
"""Verbs, with the participles that names of metrics have, as in "mails sent"."""
_BECOME = frozenset({"became", "become", "wurden", "geworden"})
_PEOPLE = frozenset({"people", "persons", "person", "leute", "personen", "menschen", "who"})
_NEW = frozenset({"new", "neue", "neuen"})
_ARTICLES = frozenset({"a", "an", "our", "the", "unsere", "zu"})
_PERCENT = frozenset({"percent", "%", "prozent", "pct", "percentage", "percentages"})
_AS = frozenset({"in", "as", "als"})
_TIMES = frozenset({"times", "mal"})
_BUY = frozenset(
    {"bought", "buy", "buys", "ordered", "order", "purchased", "kauften", "gekauft", "bestellten", "bestellt"}
)
_MONEY = frozenset({"money", "cash", "geld"})
_EARN = frozenset({
    "make", "makes", "made", "making", "earn", "earns", "earned", "bring", "brings", "brought", "generate", "generates",
    "generated", "verdient", "verdienen", "eingenommen", "eingebracht", "gebracht", "bringt", "brachte", "brachten",
})  # fmt: skip
_WITH = frozenset({"with", "mit"})
_TOTAL = frozenset({"total", "overall", "gesamte", "gesamter", "gesamten", "gesamtes"})
_ACTUAL = frozenset({"actual", "actuals", "real", "tatsachliche", "tatsachlicher", "tatsachlichen", "tatsachlich"})
_SPENT = frozenset({"spend", "spends", "spent", "burn", "burned", "burnt", "ausgegeben", "ausgeben"})
_BUYERS = frozenset({
    "customer", "buyer", "shopper", "people", "visitor",
    "kunde", "kunden", "kaufer", "leute", "mitglieder",
})  # fmt: skip
_TARGETS = frozenset({"target", "targets", "goal", "goals", "ziel"})
_REACHED = frozenset({
    "hit", "reach", "reached", "meet", "met", "achieve", "achieved", "make", "beat", "miss", "missed",
})  # fmt: skip
_NONE = frozenset({"no", "without", "without any", "kein", "keine", "keinen", "ohne", "zero", "0"})
_BUT = frozenset({"but", "aber"})
_SINGLE = frozenset({"single", "einzige", "einzigen", "any"})


def resolve_pieces(
    pieces: Sequence[Piece], tokens: Sequence[Token], lexicon: Lexicon, clock: Clock
) -> tuple[Piece, ...]:
    """Return the pieces, with phrases resolved whose meaning depends on other phrases."""
    settled = _Spoken(list(pieces), tokens, lexicon).settled()
    return resolve_compared(settled, tokens, lexicon, clock)


def continued(pieces: Sequence[Piece], tokens: Sequence[Token], previous: Query, clock: Clock) -> tuple[Piece, ...]:
    """Return the pieces of a follow-up text that names an earlier period.

    For example, "and the previous month?" or "same for the week before".
    """
    made = list(pieces)
    if (versus := _versus_before(pieces, tokens, previous)) >= 0:
        made[versus] = replace(pieces[versus], days=None, before=True)
        return tuple(made)
    if any(piece.of("metric") or piece.has("vs", "compare") for piece in pieces):
        return tuple(made)
    for place, piece in enumerate(pieces):
        text = " ".join(token.word for token in tokens[piece.start : piece.end])
        match = ONE_BEFORE.fullmatch(text) if piece.before else None
        days, unit = piece.days, piece.days.unit if piece.days is not None else None
        if match is not None and match["k"]:
            made[place] = Piece(piece.start, piece.end)  # the 7 days before, instead of before it
            continue
        if match is not None and match["u"]:
            unit = UNITS[match["u"]]
        elif days is None or unit is None or not _PREVIOUS.search(text) or days.period != previous.time:
            continue
        begins = " ".join(token.word for token in tokens[:2])
        if match is not None and not begins.startswith(("same", "the same", "dasselbe", "das gleiche")):
            if place and pieces[place - 1].roles and (pieces[place - 1].is_skipped or pieces[place - 1].has("and")):
                made[place - 1] = replace(pieces[place - 1], roles=(Word("vs"),), cost=KNOWN_COST)
            continue
        period = one_before(previous.time, unit, clock)
        if isinstance(period, Between) and period.start is not None and period.end is not None:
            made[place] = replace(piece, before=False, days=between(period.start, period.end, unit), cost=KNOWN_COST)
        elif isinstance(period, Last) and (days := last(period.count, period.unit, clock)) is not None:
            made[place] = replace(piece, before=False, days=days, cost=KNOWN_COST)
        else:
            made[place] = Piece(piece.start, piece.end)
    return tuple(made)


def _versus_before(pieces: Sequence[Piece], tokens: Sequence[Token], previous: Query) -> int:
    """Return the place of the only period, if it's the one before the previous question's: "compared to the previous
    month". Otherwise, or if the text names a metric, -1.
    """
    named = [place for place, piece in enumerate(pieces) if piece.days is not None or piece.before]
    if len(named) != 1 or any(piece.of("metric") for piece in pieces):
        return -1
    versus = next((piece for piece in reversed(pieces[: named[0]]) if not piece.is_skipped), None)
    if versus is None or not versus.has("vs"):
        return -1
    days = pieces[named[0]].days
    text = " ".join(token.word for token in tokens[pieces[named[0]].start : pieces[named[0]].end])
    is_before = days is not None and days.period == previous.time and _PREVIOUS.search(text) is not None
    return named[0] if is_before else -1


_PREVIOUS = re.compile(r"\b(?:previous|prior|preceding|vorige[nrsm]?|vor(?:monat|woche|quartal|jahr)\w*)\b")


class _Spoken(PieceResolver):
    def settled(self) -> tuple[Piece, ...]:
        self._became()
        self._money()
        self._actual()
        self._bought()
        self._in_percent()
        self._done()
        self._spent()
        self._of_rate()
        self._against_target()
        self._named_again()
        self._without_any()
        self._but()
        self._neither()
        self._ranked()
        self._counted()
        self._average()
        self._share_of_one()
        return tuple(self.pieces)

    def _done(self) -> None:
        """Turn a metric's noun and verb into its name.

        "How many mails did we send" becomes "mails sent", and "orders were cancelled" becomes "cancelled orders", if a
        metric has that name.
        """
        for place, piece in enumerate(self.pieces):
            verb = self.texts[place]
            if not (piece.is_unknown or verb in _DONE) or not verb.isalpha() or len(verb) < 3:
                continue
            for noun in range(place - 1, -1, -1):
                names = self.pieces[noun].meanings
                if not self._is_open(noun, place):
                    break
                if not names and not self.pieces[noun].is_unknown:
                    continue
                words = self._words(noun)
                found = next(
                    (
                        metrics
                        for done in (_DONE.get(verb, verb), f"{verb}e")
                        for metrics in (self._called(*words, done), self._called(done, *words))
                        if metrics
                    ),
                    (),
                )
                if found:
                    self._rename(noun, found)
                    self._become(place, *STOP)
                elif self.pieces[noun].of("member") and not self.pieces[noun].of("metric"):
                    continue  # how many deals did DACH win
                break

    def _became(self) -> None:
        """Turn "how many people became customers" into new customers, if there is such a metric. Who became one must be
        people in general: leads that became customers are another number.
        """
        for place, text in enumerate(self.texts):
            noun = self._next(place, over=_ARTICLES)
            if noun >= 0 and self.pieces[noun].days is not None:
                noun = self._next(noun, over=_ARTICLES)
            if text not in _BECOME or noun < 0:
                continue
            who = [at for at in range(place) if self.pieces[at].is_unknown or not self.pieces[at].is_skipped]
            if who and (self._words(who[-1])[-1] not in _PEOPLE or not self.pieces[who[-1]].is_unknown):
                continue
            words = self._words(noun)
            found = (
                self._called(*words)
                if words[0] in _NEW
                else self._called("new", *words) or self._called("neue", *words)
            )
            if found and all(self.lexicon.seen.metric(each.name).format is NumberFormat.COUNT for each in found):
                self._rename(noun, found)
                for at in (place, *who[-1:]):
                    self._become(at, *STOP)

    def _money(self) -> None:
        """Read the money that we made as revenue or profit, which the reader asks about, and the money that we spent as
        nothing more than what we spent.
        """
        made = [place for place, text in enumerate(self.texts) if text in _EARN]
        for place, text in enumerate(self.texts[1:], start=1):
            if text in ("us", "uns") and self.texts[place - 1] in _EARN:
                self._become(place, *STOP)  # makes us money
        for place, text in enumerate(self.texts):
            if text not in _MONEY or self.pieces[place].meanings:
                continue
            if any(each in _SPENT for each in self.texts) and not made:
                self._become(place, *STOP)
            elif made and not any(piece.of("metric") for piece in self.pieces):
                both = dict.fromkeys(each.name for name in ("revenue", "profit") for each in self._called(name)[:1])
                if len(both) > 1:
                    self._rename(place, tuple(Meaning("metric", name, LABEL) for name in both))
                    for at in made:
                        self._become(at, *STOP)

    def _actual(self) -> None:
        """Skip "actual" before a metric, as in "budget vs actual spend", and "total" before one that adds up."""
        for place, piece in enumerate(self.pieces[:-1]):
            metrics = self.pieces[place + 1].of("metric")
            if not piece.is_unknown or not metrics:
                continue
            if self.texts[place] in _ACTUAL or (self.texts[place] in _TOTAL and self._adds_up(metrics[0])):
                self._become(place, *STOP)

    def _adds_up(self, meaning: Meaning) -> bool:
        metric = self.lexicon.seen.metric(meaning.name)
        measures = measures_of(metric, self.lexicon.seen.model)
        return metric.is_simple and all(each.additivity is Additivity.FULL for each in measures)

    def _bought(self) -> None:
        """Turn "customers who bought at least twice" into customers with at least two orders."""
        for place, text in enumerate(self.texts):
            limit = place - 1
            is_factor = self.texts[place + 1 : place + 2] in (["as"], ["so"])  # twice as much
            if text not in _TIMES or is_factor or limit < 1 or not self.pieces[limit].has("operator"):
                continue
            after = [place + 1] if place + 1 < len(self.pieces) else []  # zweimal bestellt haben
            verb = next((at for at in [*after, *range(limit - 1, -1, -1)] if self._bought_by(at)), -1)
            orders = self._called("orders")
            if verb >= 0 and orders and (verb > place or self._is_open(verb, limit)):
                self._become(verb, *(STOP if verb > place else (Word("with"),)))
                self._rename(place, orders)

    def _bought_by(self, place: int) -> bool:
        """Whether someone who's counted buys here, as in "customers who ordered"."""
        named = any(stem(self._words(at)[-1]) in _BUYERS for at in range(place))
        return named and self._words(place)[-1] in _BUY

    def _in_percent(self) -> None:
        """Read "spend by platform in percent" as each platform's share. A rate in percent is only the rate."""
        metrics = [meaning for piece in self.pieces for meaning in piece.of("metric")[:1]]
        rates = [self.lexicon.seen.metric(each.name).format is NumberFormat.SHARE for each in metrics]
        if len(rates) != 1 or not any(piece.has("by", "which") for piece in self.pieces):
            return
        for place, text in enumerate(self.texts[1:], start=1):
            is_last = self.texts[place + 1 : place + 2] not in (["of"], ["vom"], ["von"], ["des"], ["der"])
            if text in _PERCENT and is_last and self.pieces[place].is_unknown and self.texts[place - 1] in _AS:
                self._become(place - 1, *STOP)
                self._become(place, *(STOP if rates[0] else (Word("calc", "percent_of_total"),)))

    def _spent(self) -> None:
        """Read "what we spent" and "campaigns that spent more than 500 euros" as ad spend.

        What customers spend is a different number, so it's left as unknown.
        """
        for place, text in enumerate(self.texts):
            if text not in _SPENT:
                continue
            buyers = [
                at for at in range(place) if stem(self._words(at)[-1]) in _BUYERS and not self._is_listed(at, place)
            ]
            if buyers:
                self._leave(place)
                continue
            following = place + 1 < len(self.pieces) and self.pieces[place + 1].word("operator")
            unit = following.value.partition(" ")[2] if following else "%"
            is_limit = unit != "%" and (unit != "" or self._is_of_members(self._before(place)))
            is_ours = any(word in ("we", "wir") for at in range(len(self.pieces)) for word in self._words(at))
            named = any(piece.of("metric") for piece in self.pieces[:place])
            if self.pieces[place].of("metric") or not (is_limit or (is_ours and not named)):
                continue
            found = self._called("spend")
            if found:
                self._rename(place, found)

    def _before(self, place: int) -> int:
        """Return the index of the piece before that has a meaning, other than "that" and "which", or 0."""
        before = range(place - 1, 0, -1)
        return next((at for at in before if not (self.pieces[at].is_skipped or self.pieces[at].has("which"))), 0)

    def _is_listed(self, first: int, last: int) -> bool:
        """Whether two phrases are joined, such as by "and"."""
        return any(piece.has("and", "or", "vs", "by", "ratio") for piece in self.pieces[first + 1 : last])

    def _of_rate(self) -> None:
        """Turn "click rate of the newsletters" into "newsletter click rate", if exactly one rate has that name."""
        for place in range(len(self.pieces) - 2):
            rates = self.pieces[place].of("metric")
            noun = self._next(place, over=_OF)
            if not rates or noun < 0 or noun + 1 - place > 4 or not self._is_of(place, noun):
                continue
            if self.pieces[noun].of("segment"):
                continue
            names = {
                tuple(fold(name).split())
                for meaning in rates
                if self.lexicon.seen.metric(meaning.name).format is NumberFormat.SHARE
                for metric in (self.lexicon.seen.metric(meaning.name),)
                for name in (metric.label, *metric.synonyms)
            }
            found = {each.name: each for name in names for each in self._called(*self._words(noun), *name)}
            if len(found) == 1:
                variants = (each for each in rates if each.tier == SHORTENED and each.name not in found)
                self._rename(place, (*found.values(), *variants))
                for at in range(place + 1, noun + 1):
                    self._become(at, *STOP)

    def _is_of(self, first: int, last: int) -> bool:
        words = [word for at in range(first + 1, last) for word in self._words(at)]
        return bool(words) and set(words) <= _OF | {"our", "all", "unserer", "aller", "des"}

    def _against_target(self) -> None:
        """Turn "orders vs target" and "did we reach the orders target" into "orders against target"."""
        for place, piece in enumerate(self.pieces):
            if piece.has("vs"):
                metric = next((at for at in range(place - 1, -1, -1) if self.pieces[at].of("metric")), -1)
                named = self._words(metric) if metric >= 0 else []
                is_actual = place + 1 < len(self.pieces) and self.texts[place + 1] in _ACTUAL | {"ist"}
                if named[1:] and named[-1] in _TARGETS and is_actual:  # revenue target vs actual
                    found = self._called(*named[:-1], "against", "target")
                    if found and not (place + 2 < len(self.pieces) and self.pieces[place + 2].of("metric")):
                        self._rename(metric, found)
                        self._become(place, *STOP)
                        self._become(place + 1, *STOP)
                    continue
                goal = place + 2 if self.texts[place + 1 : place + 2] in (["the"], ["our"], ["dem"]) else place + 1
                if (
                    metric < 0
                    or goal >= len(self.pieces)
                    or self.texts[goal] not in _TARGETS
                    or not self._is_open(metric, place)
                ):
                    continue
                found = self._called(*self._words(metric), "against", "target")
                if found:
                    self._rename(metric, found)
                    self._become(place, *STOP)
                    self._become(goal, *STOP)
            elif self.texts[place] in _REACHED and not any(each.has("which") for each in self.pieces):
                goal = self._next(place)
                text = self._words(goal) if goal > 0 else []
                if len(text) > 1 and text[-1] in _TARGETS and self.pieces[goal].of("metric"):
                    found = self._called(*text[:-1], "against", "target")
                    if found:
                        self._rename(goal, found)
                        self._become(place, *STOP)

    def _named_again(self) -> None:
        """Skip a breakdown that is repeated for a limit.

        An example is "spend by campaign, only campaigns with over 100 clicks".
        """
        for place, piece in enumerate(self.pieces):
            only = place - 1
            if not only > 0 or not self.pieces[only].has("only") or place + 1 >= len(self.pieces):
                continue
            following = self._next(place, over=frozenset({"with", "where", "mit", "that", "which", "having", "have"}))
            if following < 0 or not (self.pieces[following].has("operator") or self.pieces[following].of("metric")):
                continue
            again = self._stems(piece)
            for earlier in self.pieces[1:only]:
                if earlier.of("dimension") and self._stems(earlier)[-len(again) :] == again:
                    self._become(only, *STOP)
                    self.pieces[place] = replace(piece, roles=(), meanings=earlier.of("dimension"), cost=KNOWN_COST)
                    break

    def _stems(self, piece: Piece) -> list[str]:
        return [token.stem for token in self.tokens[piece.start : piece.end]]

    def _without_any(self) -> None:
        """Turn "campaigns with no clicks" and "campaigns without a single order" into a limit of zero.

        The text must name another metric, which determines the campaigns.
        """
        for place in range(1, len(self.pieces)):
            text = self.texts[place]
            if text not in _NONE or (text in ("zero", "0") and not self.pieces[place].is_unknown):
                continue
            after = range(place + 1, min(place + 5, len(self.pieces)))
            single = next((at for at in after if self.texts[at] in _SINGLE), -1)
            metric = next((at for at in after if at != single and not self.pieces[at].is_skipped), -1)
            if metric < 0 or not all(map(self._is_count, self.pieces[metric].of("metric")[:1] or (None,))):
                continue
            others = [at for at, each in enumerate(self.pieces) if at != metric and each.of("metric")]
            if self._is_about_members(place, is_single=single >= 0) and (others or self._asks_which()):
                self._become(place, Word("operator", "= ", 0.0))
                if single >= 0:
                    self._become(single, *STOP)

    def _but(self) -> None:
        """Turn "but" between two limits into "and", as in "no orders but over 100 € of spend"."""
        limits = [place for place, piece in enumerate(self.pieces) if piece.has("operator")]
        for place, text in enumerate(self.texts):
            if text in _BUT and limits and limits[0] < place < limits[-1]:
                self._become(place, Word("and"))

    def _asks_which(self) -> bool:
        """Whether the text asks for members, as in "which campaigns had no orders"."""
        asked = next((at for at, each in enumerate(self.pieces) if not each.is_skipped), 0)
        return self.pieces[asked].has("which") or self._is_of_members(asked)

    def _is_about_members(self, place: int, *, is_single: bool) -> bool:
        """Whether a limit applies to members.

        These are named before the limit or, with `is_single`, at the start of the text.
        """
        before = place - 1
        if before > 0 and (self.pieces[before].has("and") or self.texts[before] in _BUT):
            limits = [at for at in range(before) if self.pieces[at].has("operator")]
            if limits and self._is_about_members(limits[0], is_single=False):
                self._become(before, Word("and"))
                return True  # over 100 € of spend and no orders
        while before >= 0 and (self.pieces[before].is_skipped or self.pieces[before].has("with", "which")):
            before -= 1
        if before >= 0 and self._is_of_members(before):
            return not (before and self.pieces[before - 1].has("by"))  # sessions by channel with no orders
        asked = next((at for at, each in enumerate(self.pieces) if not each.is_skipped), 0)
        return is_single and self.pieces[asked].has("which") and self._is_of_members(self._next(asked))

    def _is_count(self, meaning: Meaning | None) -> bool:
        if meaning is None:
            return False
        metric = self.lexicon.seen.metric(meaning.name)
        return metric.format is NumberFormat.COUNT and metric.fill == 0

    def _neither(self) -> None:
        """Turn "neither A nor B" into "without A and B". If one of the words is missing, the text isn't understood."""
        first = [place for place, text in enumerate(self.texts) if text in _NEITHER]
        start = first[0] if first else len(self.pieces)
        nors = [place for place, text in enumerate(self.texts) if text == "nor" or (text == "noch" and place > start)]
        for place in nors:
            if any(self.pieces[at].has("not") for at in range(place)):
                self._become(place, Word("not"), Word("and"))
            else:
                self._leave(place)
        for place, piece in enumerate(self.pieces[1:-1], start=1):
            both = self.texts[place - 1] in _WITH and self.pieces[place + 1].has("not")
            if both and piece.has("and", "or", "vs"):
                self._leave(place)  # with and without
        for place in first:
            if place and self.pieces[place - 1].has("not"):
                self._leave(place)  # excluding neither
        if first and (len(first) > 1 or not nors or nors[-1] < start):
            for place in first:
                self._leave(place)

    def _ranked(self) -> None:
        """Turn "five channels with the most clicks" into the top five, if the number belongs to nothing else."""
        for place, piece in enumerate(self.pieces):
            count = self._count(piece)
            after = self._next(place)
            if count < 2 or after != place + 1 or not self._is_of_members(after):
                continue
            ends = [at for at, each in enumerate(self.pieces) if each.has("most", "least", "worst", "top")]
            if len(ends) != 1 or ends[0] < place or any(each.of("metric") for each in self.pieces[: ends[0]]):
                return
            last = self.pieces[ends[0]]
            word = last.word("top")
            following = self._next(ends[0])
            if following < 0 or not self.pieces[following].of("metric") or (word is not None and word.number):
                return
            if word is not None:
                self._become(ends[0], replace(word, number=float(count)))
                self._become(place, *STOP)
            else:
                self._become(place, Word("top", "top", float(count)))
            return

    def _count(self, piece: Piece) -> int:
        token = self.tokens[piece.start]
        if not piece.is_unknown or piece.end - piece.start != 1:
            return 0
        if token.kind == "number" and token.word.isdigit():
            return int(token.word) if len(token.word) < 4 else 0
        return NUMBERS.get(token.word, 0)

    def _is_of_members(self, place: int) -> bool:
        return bool(self.pieces[place].of("dimension")) and not self.pieces[place].of("metric")

    def _counted(self) -> None:
        """Leave "over two campaigns" as unknown in "revenue over two campaigns".

        The number counts campaigns, so it isn't a limit on revenue.
        """
        for place, piece in enumerate(self.pieces):
            word = piece.word("operator")
            following = place + 1 < len(self.pieces) and self.pieces[place + 1]
            if word is None or not following or word.value.partition(" ")[2]:
                continue
            if following.of("dimension") and not following.of("metric"):
                self._leave(place)

    def _average(self) -> None:
        """Turn "average cost per click" into "cost per click", which is already an average."""
        for place, piece in enumerate(self.pieces):
            if not piece.is_unknown or self.texts[place] not in _AVERAGE:
                continue
            following = next((each for each in self.pieces[place + 1 :] if not self._is_article(each)), None)
            if following is not None and following.of("metric") and all(map(self._is_mean, following.of("metric"))):
                self._become(place, *STOP)

    def _share_of_one(self) -> None:
        """Turn "the share of mobile in revenue" into "mobile share of revenue".

        "The share of mobile revenue" isn't changed.
        """
        for place, piece in enumerate(self.pieces):
            word = piece.word("calc")
            member = self._next(place, over=_OF)
            if word is None or word.value != "percent_of_total" or member < 0:
                continue
            of = member + 1 < len(self.pieces) and self.pieces[member + 1].has("of")
            metric = self._next(member, over=_OF)
            if self.pieces[member].of("member") and of and metric >= 0 and self.pieces[metric].of("metric"):
                self.pieces[member] = replace(self.pieces[member], meanings=self.pieces[member].of("member"))
                for each in (self.pieces, self.texts):
                    each.insert(place, each.pop(member))  # pyright: ignore
                return

    def _is_article(self, piece: Piece) -> bool:
        return piece.end - piece.start == 1 and self.tokens[piece.start].word in SKIPPED

    def _is_mean(self, meaning: Meaning) -> bool:
        """Whether a metric is a mean, so that "average" before its name adds nothing.

        The growth of a balance isn't a mean, because its average is a different number.
        """
        seen = self.lexicon.seen
        metric = seen.metric(meaning.name)
        if not metric.is_ratio or any(each.offset or each.offset_to for each in metric.uses):
            return False
        return all(measure.additivity is not Additivity.SEMI for measure in measures_of(metric, seen.model))
