"""The function words of a question, in English and German: by, without, versus, top 5, at least, share of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from semantic.reading.text import NUMBERS

Role = Literal[
    "by", "not", "only", "and", "vs", "of", "which", "top", "most", "least", "other", "operator", "number", "calc", "grain",
    "currency", "rates", "history", "why", "instead", "with", "trend", "money", "count", "add", "stop", "or", "change", "moved", "compare", "ratio", "worst",
    "sort", "up", "down",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """A function word and its value, which is an operator, a number or a calculation."""

    role: Role
    value: str = ""
    number: float | None = None
    upto: float | None = None  # the upper limit, for "between"


_PHRASES: dict[Role, str] = {
    "by": "by; per; nach; je; pro; split by; broken down by; break down by; break it down by; break that down by; grouped by; "
    "split into; split that by; split it by; across; for each; each; every; for every; aufgeteilt nach; aufgeschlusselt nach; "
    "gruppiert nach; unterteilt nach; breakdown by; in each; jede; jedes; jeder; jedem; split out by; sliced by",
    "not": "w / o; w / out; everything except; everything but; all except; all but; everyone except; alles ausser; alle ausser; alles ohne; no; kein; keine; keinen; without; excluding; exclude; excl; ex; except; except for; other than; ohne; ausser; exkl; exklusive; abzuglich; "
    "not from; not in; ignore; ignoring; ignoriere; skip; skipping; neither; nor; weder; nicht; not; leave out; leaving out; but not; but without; aber ohne; aber nicht; apart from; minus; non; outside; besides",
    "only": "only; but only; aber nur; just; nur; lediglich; ausschliesslich; exclusively; restricted to; limited to; filter to; filtered to",
    "and": "and; und; n; &; +; ,; as well as; sowie; also; along with; together with; plus; ;",
    "or": "or; oder; /",
    "vs": "vs; versus; v; against; compared to; compared with; compare to; compare with; compare it to; compare it with; "
    "compare that to; compare that with; relative to; in comparison to; in comparison with; gegen; gegenuber; "
    "verglichen mit; im vergleich zu; im vergleich zum; im vergleich zur; vergleich mit; im vergleich mit; compared; than",
    "compare": "compare; vergleiche; vergleich; comparison of; compare the; compare our",
    "moved": "fall; fell; fallen; drop; dropped; decrease; decreased; decline; declined; go down; went down; going down; down; up; rise; rose; risen; "
    "increase; increased; grow; grew; grown; go up; went up; going up; gone up; gone down; jump; jumped; spike; spiked; sink; sank; collapse; collapsed; change; "
    "changed; improve; improved; worsen; worsened; gefallen; gesunken; gestiegen; eingebrochen; gewachsen; zuruckgegangen; lower; higher; so low; "
    "so high; so bad; so good; worse; better; sinken; steigen; fallt; steigt; sinkt; the drop in; the fall in; the increase in; the decline in; the rise in",
    "of": "of; from; in; w /; beim; on; for; at; via; through; among; amongst; von; vom; aus; fur; bei; in; im; am; uber; durch; within; "
    "during; to; zu; zum; zur; using; used; with; with a; with an; mit; who used; coming from; came from; came via; come from; come via; "
    "came through; using the; called; named; into; used a; comes from; comes via; comes through; coming via; kommt von; kommt aus; kommt uber; "
    "kommen von; kommen aus; kommen uber; stammt von; stammt aus; stammen von; stammen aus; entfallt auf; entfallen auf; because of; due to; "
    "wegen; aufgrund; aufgrund von; because it is; because it was; because they are; because they were; weil es; weil sie",
    "which": "which; wich; what; welche; welcher; welches; welchen; welchem; what are the; which of the; who",
    "most": "the most; most; busiest; highest; largest; biggest; am meisten; die meisten; den meisten; hochste; hochsten; hochster; grosste; "
    "grossten; strongest; starkste; starksten; meiste; meisten",
    "least": "quietest; slowest; lowest; least; smallest; fewest; niedrigste; niedrigsten; am wenigsten; kleinste; kleinsten; "
    "schwachste; schwachsten; weakest; geringste; geringsten",
    "worst": "worst; schlechteste; schlechtesten; am schlechtesten; worst performing",
    "other": "with other; with others; plus other; plus others; and other; and others; and the rest; the rest; rest as other; rest as others; the rest as others; "
    "the rest as other; and the rest as others; and the rest as other; as other; as others; plus rest; plus the rest; mit sonstigen; und rest; "
    "und der rest; und sonstige; including other; incl other; others grouped; and everything else; rest; others",
    "why": "why; warum; weshalb; wieso; how come; woran liegt es; woran liegt; what caused; what drove; what explains; what is driving; "
    "what drives; reason for; reasons for",
    "instead": "instead of; instead; statt; anstatt; stattdessen; anstelle von; rather than",
    "with": "with; w; w /; having; who have; who has; that have; that had; with an; with a; mit; where; wo; whose; deren; who had; who placed; "
    "who made; that has; who ordered; which have; which had",
    "trend": "trend; over time; trended; trending; trends; development; evolution; verlauf; entwicklung; im zeitverlauf; zeitverlauf; time series; "
    "im verlauf; how has; developed; develop; entwickelt; timeline",
    "ratio": "as a share of; as share of; als anteil an; als anteil am; as % of; as a % of; as percent of; as a percent of; as percentage of; as a percentage of; als % von; als % vom; im verhaltnis zu; im verhaltnis zum; im verhaltnis zur; divided by; geteilt durch; ratio of; the ratio of; verhaltnis von; quotient of",
    "add": "add; include; including; incl; inkl; inklusive; dazu; erganze; zusatzlich; show also; also show",
    "rates": "at constant currency; constant currency; constant currencies; in constant currency; zu konstanten wechselkursen; "
    "wahrungsbereinigt; currency adjusted; without currency effects; at constant exchange rates; fx neutral; currency neutral",
    "history": "as of today , not as it was back then; as of today; as they are today; as it is today; as they are now; not as it was back then; "
    "not as it was; not as they were; not as they were back then; by today's; stand heute; nach heutigem stand; as is",
    "stop": "in total; in sum; same but; the same but; same but for; the same but for; dasselbe aber; dasselbe aber fur; same thing for; same thing; same for; same with; the same for; the same with; do the same for; das gleiche fur; dasselbe fur; in that time; in that period; in dieser zeit; in diesem zeitraum; what is; what was; what are; what were; how much; how many; "
    "do we have any; wie viele; wie viel; wie gross; wie hoch; what did; what does; what about; how about; and what about; wie sieht es aus; show me; give me; show us; give us; tell us; get us; for us; did we get; quick one; this one; that one; which one",
    "sort": "sorted by; sort by; sort it by; sort them by; sort that by; ordered by; order by; order it by; sortiert nach; sortiere nach; geordnet nach",
    "up": "ascending; aufsteigend; lowest first; smallest first",
    "down": "descending; absteigend; highest first; largest first; biggest first",
    "change": "difference; unterschied; differenz; delta; veranderung; anderung; changes",
}  # fmt: skip

NEUTRAL = frozenset({"change", "changed"})
"""Words for a change that don't say in which direction, so that they don't pick the groups that fell or rose."""
EXCLUDING = frozenset({
    "excluding", "exclude", "excl", "except", "except for", "leave out", "leaving out", "ignore", "ignoring", "skip",
    "skipping", "ignoriere", "exkl", "ausser",
})  # fmt: skip
LACKING = frozenset({"without", "no", "not", "not from", "not in", "ohne", "nicht"})
"""After a word for excluding, these mean that something isn't missing: excluding the ones without a coupon."""
NOT = frozenset({"not", "nicht"})
EACH = frozenset(
    {"per", "pro", "je", "each", "every", "for each", "for every", "in each", "jede", "jedes", "jeder", "jedem"}
)

_CALCS = (
    (
        r"(?:incl(?:uding)? |with |and |as |in |als |the |their )*(?:(?:% |percent |percentage |pct )?(?:share|shares|anteil|anteile|mix)"
        r"(?: of (?:the )?(?:total|whole|all)| am gesamten| an gesamt| in (?:%|percent|prozent)| %)?"
        r"|(?:%|percent|percentage|prozent) (?:of (?:the )?(?:total|whole|all)|vom gesamten|vom gesamt|share)"
        r"|(?:what|which) (?:%|percent|percentage|proportion|fraction) of|(?:wie viel|wieviel|welcher) (?:prozent|prozentsatz)"
        r"|(?:%|percent|percentage) (?:split|breakdown)|prozentual(?:er anteil)?|anteilig|relative share)",
        "percent_of_total",
    ),
    (
        r"cumulative|cumulated|cumulatively|accumulated|running total|running totals|kumuliert|kumulierte|kumulierter|kumulativ|aufsummiert",
        "running_total",
    ),
    (
        r"(?:(?P<n>\d{1,3}|" + "|".join(NUMBERS) + r")[ -](?:week|month|day|period|wochen|monats)s? )(?:moving average|rolling average|gleitender durchschnitt)",
        "moving_average",
    ),
    (
        r"(?:(?:first \w+|start|[a-z]{3,9}) (?:is |set to |= )?(?:=|set to|is) 100|= 100|set to 100)|(?:as an |as |an )?(?:index|indexed|indexiert)(?: (?:to|on|auf))?(?: (?:first (?:month|week|day|period)|(?:\w+ )?(?:= )?100))?",
        "index",
    ),
    (r"rank|ranked|ranking|rang|rangliste", "rank"),
)  # fmt: skip
_CALC_RULES = tuple((re.compile(rf"(?:{pattern})(?!\S)"), do) for pattern, do in _CALCS)
_GRAINS = {
    "day": "daily|day by day|per day|by day|each day|every day|taglich|tagliche|taglichen|pro tag|je tag|nach tag|nach tagen|by date|per date|day to day|tagesweise",
    "week": "weekly|week by week|per week|by week|by weeks|each week|every week|wochentlich|wochentliche|wochentlichen|pro woche|je woche|nach woche|nach wochen|by wk|per wk|wochenweise",
    "month": "monthly|month by month|per month|by month|by months|each month|every month|monatlich|monatliche|monatlichen|pro monat|je monat|nach monat|nach monaten|monatsweise|by mth|per mth|by month of first order",
    "quarter": "quarterly|quarter by quarter|per quarter|by quarter|by quarters|each quarter|every quarter|pro quartal|je quartal|nach quartal|nach quartalen|quartalsweise|vierteljahrlich|by qtr",
    "year": "yearly|annually|per year|by year|by years|each year|every year|jahrlich|jahrliche|pro jahr|je jahr|nach jahr|nach jahren|by yr|year by year",
    "fiscal_quarter": "by fiscal quarter|per fiscal quarter",
    "fiscal_year": "by fiscal year|per fiscal year|nach geschaftsjahr",
    "dow": "by weekday|by day of week|by day of the week|per weekday|nach wochentag|nach wochentagen|je wochentag|pro wochentag|by week day",
    "hour": "by hour|per hour|hourly|by hour of day|by hour of the day|by time of day|nach stunde|pro stunde|nach uhrzeit|stundlich",
}  # fmt: skip
_GRAIN_OF = {phrase: grain for grain, phrases in _GRAINS.items() for phrase in phrases.split("|")}

_OPERATORS = (
    (r"(?:at least|no less than|not less than|minimum of|minimum|min|mindestens|wenigstens|>=|≥|> =)", ">="),
    (r"(?:at most|no more than|not more than|maximum of|maximum|max|up to|hochstens|maximal|<=|≤|< =)", "<="),
    (
        r"(?:is |are |was |were |of |stays |stayed )?(?:more than|greater than|higher than|larger than|bigger than|over|above|exceeding|exceeds|exceeded|mehr als|grosser als|hoher als|uber|oberhalb von|>)|(?:rise|rises|rose|risen|climb|climbs|climbed|goes|went) above",
        ">",
    ),
    (
        r"(?:is |are |was |were |of |stays |stayed )?(?:less than|fewer than|lower than|smaller than|under|below|weniger als|kleiner als|niedriger als|unter|unterhalb von|<)|(?:fall|falls|fell|fallen|drop|drops|dropped|sink|sinks|sank|dip|dips|dipped|goes|went) (?:below|under)",
        "<",
    ),
    (r"(?:exactly|equal to|equals|genau|=)", "="),
)
_NUMBER = rf"(?:\d+(?:\.\d+)?|zero|null|{'|'.join(NUMBERS)})"
_K = "k|thousand|tsd|tausend|m|millions?|millionen|mio"
_THRESHOLD = re.compile(
    rf"(?:{'|'.join(f'(?P<o{place}>{pattern})' for place, (pattern, _) in enumerate(_OPERATORS))})"
    rf"(?: (?P<lead>€|eur|\$|£))? (?P<n>{_NUMBER}|(?P<ein>eine?|einen|einem|einer))"
    rf"(?: ?(?P<k>{_K}))?(?: ?(?P<unit>%|percent|prozent|pct|€|eur|euro|euros|\$|£|x))?(?: (?:or more|oder mehr))?(?!\S)"
)
_BETWEEN = re.compile(
    rf"(?:between|from|zwischen|von) (?:(?:€|eur|\$|£) )?(?P<a>{_NUMBER})(?: ?(?P<k>{_K}))?"
    rf"(?: (?:%|€|eur|euro|euros|\$|£))? (?:and|to|und|bis|-|–) (?:(?P<lead>€|eur|\$|£) )?(?P<n>{_NUMBER})"
    rf"(?: ?(?P<k2>{_K}))?(?: (?P<unit>%|percent|prozent|pct|€|eur|euro|euros|\$|£))?(?!\S)"
)
_PLUS = re.compile(rf"(?P<n>{_NUMBER})(?: ?\+| or more| oder mehr)(?!\S)")
_IS_PREPOSITION = re.compile("uber|unter")  # "über eine Kampagne" is no limit
_COUNT = rf"(?P<n>\d{{1,3}}|{'|'.join(word for word in NUMBERS if word != 'one')})"
_TOP = re.compile(
    rf"(?:the |die |our |unsere |show me the )*(?:(?P<top>top|best|biggest|largest|highest|strongest|leading|besten|grossten|starksten|most important|wichtigsten)"
    rf"|(?P<low>bottom|worst|lowest|smallest|weakest|schlechtesten|schwachsten|kleinsten|flop))(?:[ -]{_COUNT})(?!\S)"
    rf"|(?:the |die |our |unsere )*{_COUNT.replace('<n>', '<n2>')} (?:(?P<top2>top|best|biggest|largest|highest|strongest|besten|grossten|starksten)"
    rf"|(?P<low2>bottom|worst|lowest|smallest|weakest|schlechtesten|schwachsten|kleinsten))(?!\S)"
)
_BEST = re.compile(
    r"(?:the |die |our |unsere |show me the )*(?:top|best selling|best|beste|besten|bester|best performing|top performing|leading|starkste)(?!\S)"
)
_MONEY = {
    "EUR": "eur|euro|euros|€",
    "GBP": "gbp|uk pounds|british pound|pound|pounds|pounds sterling|sterling|british pounds|pfund|£",
    "SEK": "sek|swedish krona|swedish kronor|swedish crowns|schwedische kronen|schwedischen kronen",
    "NOK": "nok|norwegian krone|norwegian kroner|norwegian crowns|norwegische kronen|norwegischen kronen",
    "DKK": "dkk|danish krone|danish kroner|danische kronen",
    "USD": "usd|dollar|dollars|us dollars|us dollar|\\$",
    "CHF": "chf|swiss francs|franken|schweizer franken",
    "PLN": "pln|zloty",
    "JPY": "jpy|yen",
}
_CURRENCY = re.compile(
    rf"(?:(?:show (?:that|it|this) )?(?:in|converted to|in den|als) )(?:{'|'.join(f'(?P<{code}>{words})' for code, words in _MONEY.items())})(?!\S)"
)
_AS_MONEY = re.compile(r"(?:in|as) (?:money|value|amount|revenue terms)(?!\S)|by value(?!\S)|wertmassig(?!\S)")
_AS_COUNT = re.compile(r"(?:in|as) (?:numbers?|counts?|units)(?!\S)")

_PADDING = (
    "a an the our my your we i me you it its is are was were be been did do does done has have had there this that "
    "these those so as please pls plz thanks thank thx hi hello hey can could would show give tell get find see want "
    "need like let lets know display list pull make chart plot graph table report data figures figure numbers number "
    "value values much many how what whats about of for on at to in from with out overall all any some quick : ? ! . "
    "( ) ' ’ ‘ - – — | · … # * then now too just really actually ok okay well also here them they their which who "
    "when where board deck meeting generate generated brought bring brings made drove came come coming went got "
    "earned spent happen happened looks look der die das den dem des ein eine einen einem einer eines unser unsere "
    "unseren unserer wir ich mir uns bitte mal jetzt nun zeig zeige zeigen gib wie viel viele war waren ist sind hat haben "
    "hatten hatte gab es wurde wurden worden im am zu zum zur von vom fur mit bei insgesamt gesamt danke alle noch "
    "denn auf aus uber wird werden kam kamen brachte brachten machte machten gemacht doch kannst du mich sehen lass "
    "und wo da s ll re d sich hoch hohe nb nr anzahl count totals noisy messy said sowie als thats overview called "
    "named website comes kommt kommen stammt stammen entfallt entfallen performs perform performed performing doing sold sell sells selling "
    "verkauft verkaufen aufgeteilt gruppiert unterteilt aufgeschlusselt split grouped sliced both beide beiden lag lagen liegt liegen "
    "quickly schnell performance results ergebnisse website using via through over during while level basis ones wieviel wieviele"
)
_STOP = frozenset(_PADDING.split())
"""Words that add nothing to a question, whatever the model is."""


def read_words(words: Sequence[str], place: int) -> list[tuple[int, Word]]:
    """Return the function words that begin at `place`, each with its number of words."""
    text = " ".join(words[place : place + 8])
    found: list[tuple[int, Word]] = []
    for size in range(min(8, len(words) - place), 0, -1):
        phrase = " ".join(words[place : place + size])
        found += [(size, Word(role)) for role in _ROLES_OF.get(phrase, ())]
        if phrase in _GRAIN_OF:
            found.append((size, Word("grain", _GRAIN_OF[phrase])))
    found += _matched(text)
    if words[place] in _STOP:
        found.append((1, Word("stop")))
    return found


def _matched(text: str) -> list[tuple[int, Word]]:
    found: list[tuple[int, Word]] = []
    if (match := _THRESHOLD.match(text)) and not (match["ein"] and _IS_PREPOSITION.match(text)):
        place = next(place for place in range(len(_OPERATORS)) if match[f"o{place}"])
        found.append(
            (
                _size(match),
                Word(
                    "operator",
                    _OPERATORS[place][1] + " " + _unit(match["lead"] or match["unit"]),
                    _times(match["n"], match["k"]),
                ),
            )
        )
    if match := _BETWEEN.match(text):
        low, high = _times(match["a"], match["k"] or match["k2"]), _times(match["n"], match["k2"])
        is_years = not match["unit"] and not match["lead"] and _is_year(match["a"]) and _is_year(match["n"])
        if low <= high and not is_years:
            unit = _unit(match["lead"] or match["unit"])
            found.append((_size(match), Word("operator", f"between {unit}", low, high)))
    if match := _PLUS.match(text):
        found.append((_size(match), Word("operator", ">= ", _amount(match["n"]))))
    if match := _TOP.match(text):
        count = match["n"] or match["n2"]
        found.append((_size(match), Word("top", _end_of(match), _amount(count))))
    elif match := _BEST.match(text):
        found.append((_size(match), Word("top", "best" if match[0].split()[-1].startswith("best") else "top")))
    if match := _CURRENCY.match(text):
        found.append((_size(match), Word("currency", next(code for code in _MONEY if match[code]))))
    if match := _AS_MONEY.match(text):
        found.append((_size(match), Word("money")))
    if match := _AS_COUNT.match(text):
        found.append((_size(match), Word("count")))
    for pattern, do in _CALC_RULES:
        if (match := pattern.match(text)) and match[0]:
            number = match.groupdict().get("n")
            found.append((_size(match), Word("calc", do, _amount(number) if number else None)))
    return found


def _end_of(match: re.Match[str]) -> str:
    """Return which end of a ranking a text asks for: top or low, best or worst.

    Top and low refer to the numbers. Best and worst depend on the metric's good direction.
    """
    low, top = match["low"] or match["low2"], match["top"] or match["top2"]
    if low:
        return "worst" if low in ("worst", "schlechtesten") else "low"
    return "best" if top in ("best", "besten") else "top"


def _size(match: re.Match[str]) -> int:
    return len(match[0].split())


def _unit(text: str | None) -> str:
    """Return "%", the code of a currency, or "" if there is no unit."""
    if text is None or text == "x":
        return ""
    if text in ("%", "percent", "prozent", "pct"):
        return "%"
    return next((code for code, words in _MONEY.items() if text in words.replace("\\", "").split("|")), "?")


def _amount(number: str) -> float:
    """Return the number that is written in digits or in words."""
    if number in ("zero", "null"):
        return 0.0
    return float(NUMBERS.get(number) or (1 if number.startswith("ein") else number))


def _times(number: str, factor: str | None) -> float:
    return _amount(number) * _FACTORS.get((factor or "").removesuffix("s").removesuffix("en"), 1)


def _is_year(text: str) -> bool:
    return re.fullmatch(r"20[0-3]\d", text) is not None


_FACTORS = {"k": 1e3, "thousand": 1e3, "tsd": 1e3, "tausend": 1e3, "m": 1e6, "million": 1e6, "mio": 1e6}


def is_stop(word: str) -> bool:
    return word in _STOP


def _roles() -> dict[str, tuple[Role, ...]]:
    roles: dict[str, tuple[Role, ...]] = {}
    for role, text in _PHRASES.items():
        for phrase in text.split("; "):
            roles[phrase] = (*roles.get(phrase, ()), role)
    return roles


_ROLES_OF = _roles()
SKIPPED = frozenset(
    {"a", "an", "the", "of", "our", "in", "their", "der", "die", "das", "den", "dem", "des", "-", "&", "–"}
)
"""Words that may occur inside a name without being part of it."""

LINKS = frozenset(
    phrase
    for role in ("by", "not", "and", "or", "vs", "of", "with")
    for phrase in _PHRASES[role].split("; ")
    if " " not in phrase
)
"""Single words that link a name to what's before or after it, such as from, for and without."""

_TOGETHER = frozenset(
    [
        "became",
        "become",
        "geworden",
        "people",
        "persons",
        "person",
        "leute",
        "personen",
        "menschen",
        "money",
        "cash",
        "geld",
        "earn",
        "earns",
        "earning",
        "verdient",
        "verdienen",
        "actual",
        "actuals",
        "tatsachliche",
        "tatsachlicher",
        "tatsachlichen",
        "difference",
        "between",
        "zwischen",
        "neither",
        "weder",
        "total",
        "gesamte",
        "gesamter",
        "gesamten",
        "gesamtes",
        "times",
        "bought",
        "ordered",
        "purchased",
        "kauften",
        "gekauft",
        "bestellten",
        "bestellt",
    ]
)
"""Words that have a meaning only together with others, so they aren't corrected into other words."""

GRAMMAR_WORDS = frozenset(
    {word for phrases in _PHRASES.values() for phrase in phrases.split("; ") for word in phrase.split()}
    | {word for phrase in _GRAIN_OF for word in phrase.split()}
    | {word for pattern, _ in (*_CALCS, *_OPERATORS) for word in re.findall(r"[a-z]{2,}", pattern)}
    | {word for words in _MONEY.values() for word in re.findall(r"[a-z]{2,}", words)}
    | _STOP
    | _TOGETHER
    | {"best", "besten", "top", "bottom", "worst", "largest", "biggest"}
)
