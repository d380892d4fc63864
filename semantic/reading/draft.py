"""Turn the phrases of a text into the parts of a question, each with all of its possible meanings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from semantic.model.definitions import NumberFormat
from semantic.query.query import LastYear, Previous
from semantic.reading.cover import Piece
from semantic.reading.days import ONE_BEFORE, UNITS, Days, count_of
from semantic.reading.grammar import EACH, EXCLUDING, LACKING, NEUTRAL, NOT
from semantic.reading.lexicon import Lexicon, Meaning
from semantic.reading.parts import Draft, Part, Threshold, Use
from semantic.reading.phrases import Phrases
from semantic.reading.text import Token


def draft(pieces: Sequence[Piece], tokens: Sequence[Token], entities: frozenset[str], lexicon: Lexicon) -> Draft:
    """Return the parts that a text names, read from left to right."""
    made = Draft()
    _Reader(Phrases(pieces, tokens, entities, lexicon), made).read()
    made.settle_days()
    return made


@dataclass(slots=True)
class _Reader:
    phrases: Phrases
    made: Draft
    use: str = ""  # the role of the next name: "by", "not", "only", "of", "vs", "top"
    is_double: bool = False  # a "not" after another one, as in "excluding the ones without"
    last: str = ""  # the role of the last name
    was_joined: bool = False  # "and" since the last name
    versus: bool = False
    waiting: Threshold | None = None  # a threshold without its metric
    waiting_at: int = -1
    after_instead: bool = False
    comparing: bool = False
    same: bool = False  # "the same days of" the period that follows
    asked_at: int = 0  # the piece of "by", "without" or "vs"
    or_at: int = -1  # the piece of an "or" since the last name
    loose_or: int = -1  # the piece of an "or" between metrics or breakdowns
    noun_at: int = -1  # a counted thing that isn't a metric: revenue from orders over 100 €
    slashes: int = 0  # between metrics
    extreme: Literal["", "most", "least", "worst"] = ""
    group: int = 0
    ends: int = -1  # the piece of the last name
    has_now: bool = False  # "now", and not only "do we have"
    includes: int = -1  # the piece of an "including" whose noun isn't read yet

    def read(self) -> None:
        for place, piece in enumerate(self.phrases.pieces):
            self._read_piece(place, piece)
        self._attach_to_last()
        self.made.is_now = self.has_now or (self.made.is_now and self.made.days is None)
        if self.use in ("by", "not", "vs", "sort") and not self.made.left:
            self.made.left.append(self.asked_at)
        if self.made.sort >= 0 and len(self.made.metrics()) == 1:
            self.made.adds = True  # "sort by orders" continues the previous question
        if self.includes >= 0:
            self.made.left.append(self.includes)  # the last 3 months including this one
        made = self.made
        made.left += made.contradictions()
        if self.loose_or >= 0 and self.made.thresholds:
            self.made.left.append(self.loose_or)  # limits are joined by "and"
        if self.slashes and len(self.made.metrics()) == 2 and not self.made.calc:
            self.made.ratio = True  # spend / clicks shows both, and one by the other
        if not (made.why or made.is_change):
            is_compared = bool(made.compare or made.against)
            made.left += [at for at in made.moved if not (is_compared and self.phrases.text(at) in NEUTRAL)]
        if self.comparing:
            self.made.split_compared()
        is_ranked = self.extreme or made.is_top or made.thresholds
        if made.ranked_dates >= 0 and (not is_ranked or any(part.use == "by" for part in made.parts)):
            made.left.append(made.ranked_dates)

    def _read_piece(self, place: int, piece: Piece) -> None:
        made = self.made
        if piece.is_unknown:
            if self._is_grain_too(place):
                if self.use in ("which", "top") or not (self.use or self.last):
                    made.ranked_dates = place
                made.grain, made.grain_piece, self.was_joined = UNITS[self.phrases.text(place)].value, place, False
                self.use, self.last = "", "by"
            elif not self._is_own_unit(place):
                made.left.append(place)
        elif piece.quoted:
            self._quoted(place, piece)
        elif piece.days is not None:
            self._days(place, piece.days)
        elif piece.before:
            self._before(place, piece)
        elif piece.meanings and not (piece.has("grain", "ratio") and self.use not in ("not", "only", "vs")):
            self._name(place, piece)
        elif not piece.is_skipped:
            self._word(place, piece)

    def _is_grain_too(self, place: int) -> bool:
        """Whether a unit of time is a breakdown, as in "split by week", "by channel and week" and "which day"."""
        if self.made.grain or self.phrases.text(place) not in UNITS:
            return False
        is_first = self.extreme and not self.last  # worst day
        if is_first or self.use in ("by", "which", "top") or (self.was_joined and self.last == "by" and not self.use):
            return True
        following = self.phrases.pieces[place + 1 : place + 2]
        return not (self.use or self.last) and bool(following) and following[0].has("with", "which")  # the day with

    def _is_own_unit(self, place: int) -> bool:
        """Whether a percent sign only repeats the unit of the metric before it, as in "CTR in %"."""
        metrics = self.made.metrics()
        if self.phrases.text(place) != "%" or not metrics or self.made.parts[metrics[-1]].piece < place - 2:
            return False
        names = [meaning.name for meaning in self.made.parts[metrics[-1]].meanings]
        return all(self.phrases.lexicon.seen.metric(name).format is NumberFormat.SHARE for name in names)

    # Words of the grammar

    def _word(self, place: int, piece: Piece) -> None:
        made = self.made
        if not piece.has("of", "and", "or", "stop", "add"):
            self.includes = -1
        if self._is_lost(piece):
            made.left.append(self.asked_at)
        if word := piece.word("operator"):
            self._attach_to_last()
            op, _, unit = word.value.partition(" ")
            self.waiting, self.waiting_at = Threshold(op, word.number or 0.0, unit, -1, upto=word.upto), place
            self.loose_or = max(self.loose_or, self.or_at)
            return
        if word := piece.word("grain"):
            if made.grain and made.grain != word.value:
                made.left.append(place)
            made.grain, made.grain_piece, self.use = word.value, place, ""
            self.last = "by"
            return
        if word := piece.word("top"):
            if (made.top is not None and word.number) or word.number == 0:
                made.left.append(place)  # top 5 and bottom 5
            made.is_top, made.is_low = True, word.value == "low"
            made.merit = word.value if word.value in ("best", "worst") else ""
            made.top = int(word.number) if word.number else None
            self.use = "top"
            return
        if word := piece.word("calc"):
            made.calc.append((word.value, word.number))
            made.is_share_of_one = made.is_share_of_one or (
                word.value == "percent_of_total" and self.last == "filter" and self.ends == place - 1
            )
            return
        if word := piece.word("currency"):
            made.currency = word.value
            return
        if piece.has("ratio"):
            made.ratio, made.is_percent = (
                True,
                re.search("%|percent|prozent|share|anteil", self.phrases.text(place)) is not None,
            )
            return
        if piece.has("sort"):
            self.use, self.asked_at = "sort", place
            return
        if piece.has("up", "down"):
            made.is_ascending, made.is_sorted = piece.has("up"), True
            return
        if piece.has("compare"):
            self.comparing = True
            return
        if piece.has("moved"):
            made.moved.append(place)
            return
        for role in ("rates", "why", "instead", "trend", "other", "history", "money", "count", "change"):
            if piece.has(role):
                self._flag(role, place)
                return
        if piece.has("with") and piece.has("of"):
            self.use = self.use or "of"
        elif piece.has("with"):
            self.use = ""
        elif piece.has("by"):
            self.use, self.asked_at = "by", place
        elif piece.has("not"):
            self.is_double = self.use == "not" and not piece.has("and")
            said = self.phrases.text(self.asked_at), self.phrases.text(place)
            if self.is_double and not (said[0] in EXCLUDING and said[1] in LACKING):
                made.left.append(self.asked_at)  # not without
            self.use, self.asked_at = "not", place
            self.was_joined = self.was_joined or piece.has("and")  # neither Germany nor Austria
        elif piece.has("only"):
            self.use = "only"
        elif piece.has("vs"):
            self.versus, self.use, self.asked_at = True, "vs", place
        elif piece.has("and", "or"):
            self.was_joined = True
            made.adds = made.adds or (self.phrases.text(place) == "also" and not made.parts)
            self.or_at = place if piece.has("or") and self.phrases.text(place) != "/" else self.or_at
        elif piece.has("which"):
            self.use = "which"
        elif piece.has("most", "least", "worst"):
            if self.extreme and not piece.has(self.extreme):
                made.left.append(place)  # the lowest … and the highest …
            self.extreme = next(role for role in ("most", "least", "worst") if piece.has(role))
            made.extreme = True
            made.is_low = made.is_low or piece.has("least")
            made.is_top = made.is_top or not piece.has("most")
            made.merit = "worst" if piece.has("worst") else made.merit
        elif piece.has("add"):
            made.adds = True
            self.includes = place if self.phrases.text(place).startswith(("incl", "inkl")) else -1
        elif piece.has("of") and self.use not in ("by", "not", "only", "vs", "top"):
            self.use = "of"
            self.was_joined = False

    def _is_lost(self, piece: Piece) -> bool:
        """Whether a piece can't follow the "not" or "versus" before it, as in "not by channel"."""
        if self.use == "not":
            return not piece.has("of", "and", "or", "not")
        return self.use == "vs" and piece.has("operator", "grain", "top", "calc", "by", "not")

    def _flag(self, role: str, place: int) -> None:
        made = self.made
        match role:
            case "rates":
                made.rates = True
            case "why":
                made.why = True
            case "instead":
                made.instead = True
                self.after_instead = self.phrases.text(place) not in ("instead", "stattdessen")
            case "trend":
                made.is_trend = True
            case "other":
                made.other = True
            case "history":
                made.as_is = True
            case "money" | "count":
                made.switches = "money" if role == "money" else "count"
            case _:
                if not (made.why or self.versus or made.days):
                    made.left.append(place)

    # Days

    def _days(self, place: int, days: Days) -> None:
        made = self.made
        if self.use == "not" and not made.left:  # not last week
            made.left.append(self.asked_at)
        if self.includes >= 0 or (made.days is None and self.phrases.text_before(place) in ("to", "through")):
            made.left.append(place)  # including today; to October, which isn't October
            self.includes = -1
        if days.is_now:
            made.is_now = True
            self.has_now = self.has_now or self.phrases.text(place) not in ("do we have", "haben wir")
        elif (self.versus and self.use == "vs") or (self.comparing and made.days is not None):
            made.against.append((days, self.same))
            self.same = False
        elif days.compare is not None:
            made.compare.append(days.compare)
            if made.days is None:
                made.days, made.days_piece = days, place
        elif made.days is None or made.days.compare is not None:
            made.days, made.days_piece = days, place
        else:
            made.left.append(place)
        if self.use in ("of", "vs", "which"):
            self.use = ""
        self.was_joined = False

    def _before(self, place: int, piece: Piece) -> None:
        made, text = self.made, self.phrases.text(place)
        if "same" in text or "gleichen" in text or "selben" in text:
            self.same = self.versus
            if not self.versus:
                made.left.append(place)
        elif text in ("yoy", "y/y", "year over year", "year on year") or text.split()[-2:-1] in (["year"], ["jahr"]):
            made.compare.append(LastYear())
            self.use = ""
        elif self.versus:
            made.compare.append(Previous())
            match = ONE_BEFORE.fullmatch(text)
            if match is not None and match["u"]:
                made.before, made.before_count = UNITS[match["u"]].value, count_of(match["k"])
            self.use = ""
        else:
            made.left.append(place)

    # Names

    def _quoted(self, place: int, piece: Piece) -> None:
        if piece.meanings:
            self._name(place, piece)
        else:
            self.made.quoted.append((place, piece.quoted))
            self.made.left.append(place)

    def _name(self, place: int, piece: Piece) -> None:
        self.includes = -1
        if self.after_instead and piece.of("metric") and (self.made.switches or self.made.currency):
            self.made.switches = self.made.switches or "money"  # the name is replaced
            return
        if self.after_instead:
            self.after_instead = False
            if not self.made.is_replaced(piece):
                self.made.left.append(place)
            return
        if self.waiting is not None and self._threshold_on(place, piece):
            return
        use = self._use_of(place, piece)
        if self.use == "vs" and use in ("by", "segment"):
            self.made.left.append(self.asked_at)
        if self.or_at >= 0 and (use not in ("metric", "by", "filter", "without") or use != self.last):
            self.made.left.append(self.or_at)
        if use in ("metric", "by"):
            self.loose_or = max(self.loose_or, self.or_at)
        match use:
            case "metric":
                self._metric(place, piece)
            case "by":
                self._breakdown(place, piece)
            case "filter" | "without":
                self._filter(place, piece, use)
            case "missing" | "present":  # without a coupon, with a coupon
                self._presence(place, piece, is_without=use == "missing")
            case "segment":
                chosen: Use = "not_segment" if self.use == "not" else "segment"
                self.made.parts.append(Part(chosen, place, piece.of("segment")))
            case _:
                if use == "noun" and piece.of("metric"):
                    self.noun_at = place
                elif not piece.is_skipped and use != "noun":
                    self.made.left.append(place)
                return
        self.last, self.ends = use, place
        if not (self.use == "vs" and use == "filter"):
            self.versus = self.versus and use != "metric"
        self.use, self.was_joined, self.or_at = "", False, -1

    def _use_of(self, place: int, piece: Piece) -> str:
        """Return the role of a name in the question, based on the words before it."""
        metric, dimension, member = piece.of("metric"), piece.of("dimension"), piece.of("member")
        segment = piece.of("segment")
        use = self.use
        joined = self.was_joined and not use
        if use == "sort":
            return "metric" if metric else "left"
        if use == "by" or (joined and self.last == "by" and dimension):
            if dimension:
                return "by"
            return "metric" if metric else "left"
        if use in ("which", "top") and dimension and not (metric and piece.meanings[0].kind == "metric"):
            return "by"
        if self.extreme and dimension and not (self.last or use or metric):
            return "by"  # the busiest weekday
        if use == "not" and self.is_double:
            is_present = self.phrases.can_miss(dimension) or bool(self.phrases.yes(dimension))
            return "filter" if member else "segment" if segment else "present" if is_present else "left"
        if use == "not" or (joined and self.last == "without" and member):
            if member:
                return "without"
            if segment:
                return "segment"
            if self.last == "by" and self.phrases.text(self.asked_at) in NOT:
                return "left"  # by market, not plan
            return "missing" if self.phrases.can_miss(dimension) or self.phrases.yes(dimension) else "left"
        if use == "only" or (use == "vs" and (self._goes_on(member) or self.made.compares(member))):
            return "filter" if member else "segment" if segment else "metric" if metric else "left"
        if joined and self.last == "filter" and self._goes_on(member):
            return "filter"
        if (
            dimension
            and not (metric or member or segment)
            and self.phrases.says_with(place, after_metric=self.last == "metric")
        ):
            return "present"
        if segment and (not metric or piece.meanings[0].kind == "segment"):
            return "segment"
        if metric and self.made.metrics() and use == "of" and self.phrases.says_whose(place, piece):
            return "noun"
        if metric and member:
            has_metric = bool(self.made.metrics())
            follows = self.phrases.versus_follows(place, member)
            strong = not member[0].is_part
            divides = self.made.ratio and len(self.made.metrics()) < 2
            return "filter" if strong and not divides and ((has_metric and use == "of") or follows) else "metric"
        if metric and dimension:
            return "metric" if piece.meanings[0].kind == "metric" or not self.phrases.is_plural(piece) else "by"
        if metric:
            return "metric"
        if member and dimension:
            is_yes = bool(member[0].values) and isinstance(member[0].values[0], bool)
            noun = self.phrases.noun_follows(place, member)
            if is_yes or noun or (use == "of" and member[0].tier <= dimension[0].tier):
                return "filter"
            if member[0].tier <= dimension[0].tier and self.phrases.describes_metric(place):
                return "filter"  # email conversions
            if member[0].tier < dimension[0].tier or self.phrases.versus_follows(place, member):
                return "filter"
            return self._bare(place, piece)
        if member:
            return "filter"
        if dimension:
            return self._bare(place, piece)
        return "left"

    def _bare(self, place: int, piece: Piece) -> str:
        """Return the role of a dimension without "by": a filter's noun, a breakdown, or "left" if that isn't clear."""
        made = self.made
        if made.parts and made.parts[-1].use in ("filter", "without") and self._adjoins(place):
            names = {meaning.name for meaning in piece.of("dimension")}
            last = made.parts[-1]
            fitting = tuple(meaning for meaning in last.meanings if meaning.name in names)
            if not fitting and self._is_ranked(place, piece) and self.phrases.have_attribute(piece, last):
                return "by"  # top 10 paid social campaigns
            if fitting and self.phrases.is_plural(piece):
                made.parts[-1] = replace(last, noun=tuple(names), meanings=self.phrases.as_typed(last))
            elif fitting:
                made.parts[-1] = replace(last, meanings=fitting)
            elif (
                last.meanings[0].is_part
                or not self.phrases.is_plural(piece)
                or not self.phrases.have_attribute(piece, last)
            ):
                made.left.append(place)
            return "noun"
        following = place + 1 < len(self.phrases.pieces) and self.phrases.pieces[place + 1]
        if following and (following.quoted or following.of("member")):
            names = {meaning.name for meaning in piece.of("dimension")}
            if following.quoted or any(meaning.name in names for meaning in following.of("member")):
                return "noun"
        if self.use == "of" and not self.phrases.is_plural(piece):
            return "left"  # revenue with a coupon
        if place and self.phrases.text(place - 1) in ("how many", "wie viele", "number of", "number"):
            return "left"  # only a metric can be counted
        if self.phrases.is_plural(piece) or self.last in ("metric", "") or self.was_joined:
            return "by"
        return "left"

    def _is_ranked(self, place: int, piece: Piece) -> bool:
        """Whether a plural names the things to rank, as in "top 10 customers". False if there is another breakdown."""
        if not self.phrases.is_plural(piece) or any(part.use == "by" for part in self.made.parts):
            return False
        following = [each for each in self.phrases.pieces[place + 1 :] if not each.is_skipped][:2]
        by_metric = len(following) == 2 and following[0].has("by") and bool(following[1].of("metric"))
        return self.made.top is not None or (by_metric and not self.made.metrics())

    def _adjoins(self, place: int) -> bool:
        between = self.phrases.pieces[self.ends + 1 : place]
        return self.ends >= 0 and all(piece.is_skipped for piece in between)

    def _goes_on(self, member: tuple[Meaning, ...]) -> bool:
        """Whether a member belongs to the filter before it, as in "Germany and Austria"."""
        parts = self.made.parts
        if not parts or parts[-1].use not in ("filter", "without"):
            return bool(member) and not parts
        names = {meaning.name for meaning in parts[-1].meanings}
        return any(meaning.name in names for meaning in member)

    def _metric(self, place: int, piece: Piece) -> None:
        made = self.made
        metric = piece.of("metric")
        if self.use == "sort":
            made.sort = len(made.parts)
            made.parts.append(Part("metric", place, metric))
            return
        if self.use == "by" and made.metrics():
            if made.is_top:
                made.parts.append(Part("top", place, metric))
                return
            if self.phrases.text_before(place) in ("per", "pro", "je", "/"):
                made.ratio = True
            elif named := self.phrases.named_together(made.parts[made.metrics()[-1]].piece, place):
                first = made.metrics()[-1]
                made.parts[first] = replace(made.parts[first], meanings=named)
                return
            else:
                made.left.append(place)
                return
        if made.metrics() and self.use != "by":
            sign = self.phrases.text(place - 1)
            if sign in ("-", "–", "—") or (
                self.phrases.follows_including(place) and self._are_money(made.metrics()[-1], metric)
            ):
                made.left.append(place)  # revenue - refunds; revenue including tax
                return
            self.slashes += sign == "/"
        if self.use == "vs" and made.parts and made.parts[-1].use in ("filter", "without"):
            made.left.append(place)  # new vs returning revenue: a member against a metric
            return
        if made.metrics() and self._carries(place, metric):
            return
        if not made.metrics():
            metric = self.phrases.of_how_much(place, metric)
        if self.phrases.is_value_of(piece):
            metric = tuple(each for each in metric if self.phrases.format(each) is not NumberFormat.COUNT)
            if not metric:
                made.left.append(place)  # the value of orders isn't their number
                return
        if made.metrics() and self.use == "of" and not made.ratio:
            made.left.append(place)  # orders with discounts
            return
        made.parts.append(Part("metric", place, metric))

    def _are_money(self, first: int, metric: tuple[Meaning, ...]) -> bool:
        names = (self.made.parts[first].meanings[0].name, metric[0].name)
        return all(self.phrases.lexicon.seen.metric(name).format is NumberFormat.MONEY for name in names)

    def _carries(self, place: int, metric: tuple[Meaning, ...]) -> bool:
        """Whether a counted noun only repeats what a filter applies to, as in "revenue from mobile orders"."""
        last = self.made.parts[-1]
        if last.use != "filter" or self.use or self.was_joined or not self._adjoins(place):
            return False
        counted = self.phrases.lexicon.seen.metric(metric[0].name)
        return counted.is_simple and counted.format is NumberFormat.COUNT

    def _breakdown(self, place: int, piece: Piece) -> None:
        if self.use == "by" and self.made.top and self.phrases.text(self.asked_at) in EACH:
            self.made.within.append(len(self.made.parts))  # the top 3 channels in each market
        alone = self.use not in ("by", "which", "top") and not (self.was_joined and self.last == "by")
        self.made.parts.append(Part("by", place, piece.of("dimension"), alone=alone))
        before = self.phrases.tokens[piece.start - 1].word if piece.start else ""
        self.made.is_all = self.made.is_all or before in ("all", "any", "every", "alle", "allen", "jedes", "jede")

    def _filter(self, place: int, piece: Piece, use: Use) -> None:
        made, member = self.made, piece.of("member")
        joined = self.was_joined or self.use == "vs"
        last = made.parts[-1] if made.parts else None
        if self.use == "vs" and use == "filter" and not self._goes_on(member):
            last = made.compares(member)  # Google's spend versus Meta
        if joined and last is not None and last.use == use:
            names = {meaning.name for meaning in last.meanings}
            fitting = tuple(meaning for meaning in member if meaning.name in names)
            if fitting:
                kept = {meaning.name for meaning in fitting}
                splits = self.use == "vs" or last.splits
                for at, part in enumerate(made.parts):
                    if part.use == use and part.group == last.group:
                        both = tuple(meaning for meaning in part.meanings if meaning.name in kept)
                        made.parts[at] = replace(part, meanings=both, splits=splits)
                made.parts.append(Part(use, place, fitting, last.group, splits=splits))
                return
        if self.use == "vs":
            made.left.append(self.asked_at)  # revenue vs Germany
        elif self.or_at >= 0 and use == "filter":
            made.left.append(self.or_at)  # Germany or mobile
        elif use == "without" and self.phrases.text_before(place) in ("minus", "-", "–") and made.is_filtered(member):
            made.left.append(self.asked_at)  # mobile minus desktop
        self.group += 1
        noun = self.phrases.noun_before(place, {part.piece for part in made.parts})
        fitting = tuple(meaning for meaning in member if meaning.name in noun) if noun else member
        if noun and not fitting:
            made.left.append(place)
            return
        made.parts.append(Part(use, place, fitting, self.group))

    def _presence(self, place: int, piece: Piece, *, is_without: bool) -> None:
        """Add a filter on rows that have a value, or a yes, or on those that don't."""
        self.group += 1
        dimension = self.phrases.yes(piece.of("dimension")) or piece.of("dimension")
        value = True if self.phrases.yes(dimension) else None
        use: Use = "filter" if is_without is (value is None) else "without"
        meanings = tuple(Meaning("member", each.name, each.tier, (value,)) for each in dimension)
        self.made.parts.append(Part(use, place, meanings, self.group))

    # Thresholds

    def _threshold_on(self, place: int, piece: Piece) -> bool:
        """Apply the pending threshold to this metric or, if it doesn't belong here, to the one before it.

        Return whether this metric gets it, as in "more than 2 orders".
        """
        between = self.phrases.pieces[self.waiting_at + 1 : place]
        near = all(each.is_skipped or each.has("of") for each in between)
        if not piece.of("metric") or not near:
            self._attach_to_last()
            return False
        per, at = self.phrases.entity_before(self.waiting_at)
        parts = self.made.parts
        if any(parts[limit.part].piece == at for limit in self.made.thresholds):
            per = ""  # campaigns with no orders and over 100 € of spend
        if per and parts and (parts[-1].piece, parts[-1].use) == (at, "metric") and len(self.made.metrics()) > 1:
            parts.pop()
        assert self.waiting is not None
        waiting, self.waiting = self.waiting, None
        self.made.parts.append(Part("per" if per else "metric", place, piece.of("metric")))
        self.made.thresholds.append(replace(waiting, part=len(self.made.parts) - 1, per=per))
        self.last, self.ends, self.use, self.was_joined = "metric", place, "", False
        return True

    def _attach_to_last(self) -> None:
        """Apply the pending threshold to the preceding metric, as in "CPA under 30 €"."""
        if self.waiting is None:
            return
        waiting, self.waiting = self.waiting, None
        metrics = self.made.metrics()
        if metrics and self.noun_at < self.made.parts[metrics[-1]].piece:
            self.made.thresholds.append(replace(waiting, part=metrics[-1]))
        else:
            self.made.left.append(self.waiting_at)
