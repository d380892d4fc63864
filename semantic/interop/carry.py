"""Preserve what another format can't express: exports store it with the object, and imports restore it.

`restored(read, difference(mine, read))` always has everything that `mine` has. Scalars are text, as in a model's files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from semantic.interop.sql_names import normal
from semantic.interop.yaml_writer import write_yaml
from semantic.model.definitions import Described
from semantic.model.files.yaml_text import read_yaml
from semantic.model.model import Model

Doc = dict[str, Any]

PARTS = ("dimensions", "measures", "entities")
WHOLE = ("segments", "domains", "annotations", "calendars", "naming", "mapped_names")
"""Lists in a model that no other format has. Like the settings, they're stored once for the whole model."""

OF_MODEL = "of_model"
"""The key for model settings about the dataset of exchange rates. They're stored with that dataset."""

_EXPRESSIONS = ("sql", "filter", "where", "expression")
_DEFAULTS = {"kind": ("simple", "categorical")}
_NAMES_ONLY = ("measure", "columns", "time", "grain", "inputs", "numerator", "denominator", "metric")


class FileParts:
    """A model's files as data, with every scalar as text."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._docs = [cast(Doc, read_yaml(text, file)[0] or {}) for file, text in sorted(texts.items())]

    def things(self, key: str) -> list[Doc]:
        """Return all objects in one of the model's lists, such as all datasets."""
        return [item for doc in self._docs for item in doc.get(key) or []]

    @property
    def settings(self) -> Doc:
        """The settings under `model:`, empty if there are none."""
        return next((cast(Doc, doc["model"]) for doc in self._docs if doc.get("model")), {})

    def named(self, key: str) -> dict[str, Doc]:
        """Return the objects in one of the model's lists, by name."""
        return {doc["name"]: doc for doc in self.things(key)}

    def by_name(self, *keys: str) -> dict[str, dict[str, Doc]]:
        """Return the objects in several of the model's lists, by list and name.

        Each dataset's dimensions are a list of their own, `dimensions NAME`.
        """
        words = {key: self.named(key) for key in keys}
        for doc in self.things("datasets"):
            words[f"dimensions {doc['name']}"] = {part["name"]: part for part in doc.get("dimensions") or []}
        return words


def things_of(model: Model, key: str) -> Sequence[Described]:
    """Return the model's own objects for one of the lists in `WHOLE`."""
    parts: Mapping[str, Mapping[str, Described]] = {
        "segments": model.segments,
        "domains": model.domains,
        "annotations": model.annotations,
        "calendars": model.calendars,
        "naming": model.naming,
        "mapped_names": {name: rule for name, rule in model.naming.items() if rule.mapped},
    }
    return tuple(parts[key].values())


def as_text(doc: Doc) -> Doc:
    """Return data as it would be read from a model's file."""
    return cast(Doc, read_yaml(write_yaml(doc), "")[0] or {})


def difference(mine: Doc, read: Doc) -> Doc:
    """Return the keys of `mine` that differ in `read`. A key that only `read` has is None.

    A dataset's parts are matched by name.
    """
    mine, read = _plain(mine), _plain(read)
    rest: Doc = {}
    for key in dict.fromkeys((*mine, *read)):
        if key in PARTS:
            part = _of_parts(mine.get(key) or [], read.get(key) or [])
            rest |= {key: part} if part else {}
        elif mine.get(key) != read.get(key):
            rest[key] = mine.get(key)
    return rest


def _of_parts(mine: Sequence[Doc], read: Sequence[Doc]) -> Doc:
    docs = {doc["name"]: _plain(doc) for doc in read}
    more = [doc for doc in mine if _plain(doc) != docs.get(doc["name"])]
    here = {doc["name"] for doc in mine}
    gone = [name for name in docs if name not in here]
    return ({"more": more} if more else {}) | ({"without": gone} if gone else {})


def restored(read: Doc, rest: Mapping[str, Any]) -> Doc:
    """Return `read` with the data in `rest` restored."""
    doc = dict(read)
    for key, value in rest.items():
        if key in PARTS and isinstance(value, dict):
            kept_value = cast(Doc, value)
            again = {str(item["name"]) for item in kept_value.get("more", [])} | set(kept_value.get("without", []))
            doc[key] = [item for item in doc.get(key, []) if item["name"] not in again] + list(
                kept_value.get("more", [])
            )
        else:
            doc[key] = value
    return {key: value for key, value in doc.items() if value not in (None, "", "null", [])}


def words_lost(mine: Doc, read: Doc) -> list[str]:
    """Return the keys of `mine` whose meaning is lost in `read`.

    Names don't count, and neither does SQL with the same meaning.
    """
    mine, read = _plain(mine), _plain(read)
    lost = [key for key in mine if key not in (*_NAMES_ONLY, *PARTS, "name") and not _same(key, mine, read)]
    for key in ("dimensions", "measures"):
        docs = {item["name"]: _plain(item) for item in read.get(key) or []}
        by_use = {_use(doc): doc for doc in docs.values()}
        for item in mine.get(key) or []:
            doc = docs.get(item["name"]) or by_use.get(_use(_plain(item)), {})
            lost += [f"{word} of {item['name']}" for word in _words_of_part(_plain(item), doc)]
    return lost


def _words_of_part(mine: Doc, read: Doc) -> Iterator[str]:
    for key in mine:
        if key not in ("name", "label", "sql", "type", "agg", "kind", "synonyms") and mine[key] != read.get(key):
            yield key


def _use(doc: Doc) -> tuple[str, str]:
    return str(doc.get("agg", "")), normal(str(doc.get("sql", doc["name"])))


def _same(key: str, mine: Doc, read: Doc) -> bool:
    if key in _EXPRESSIONS and key in read:
        return normal(str(mine[key])) == normal(str(read[key]))
    return mine[key] == read.get(key)


def _plain(doc: Doc) -> Doc:
    """Return the data without default values."""
    return {key: value for key, value in doc.items() if value not in _DEFAULTS.get(key, ())}
