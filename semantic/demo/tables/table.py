"""A demo table's definition: its name, its key and its columns."""

from dataclasses import dataclass

_KINDS = {"MONEY": "DECIMAL(18,4)", "RATE": "DECIMAL(18,8)", "PART": "DECIMAL(9,8)", "SHARE": "DECIMAL(5,4)"}


@dataclass(frozen=True, slots=True)
class Table:
    """One table. The columns in `key` together identify a row."""

    name: str
    key: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]

    @property
    def create(self) -> str:
        # No PRIMARY KEY: its index would cost more memory than the build has; tests prove the keys.
        body = ", ".join(f"{name} {kind}" for name, kind in self.columns)
        return f"CREATE TABLE company.{self.name} ({body})"


def written(name: str, key: str, columns: str) -> Table:
    """Return a table, given its columns one per line as "name TYPE".

    MONEY, RATE, PART and SHARE are short for decimal types.
    """
    pairs = (line.split(None, 1) for line in columns.strip().splitlines())
    return Table(name, tuple(key.split()), tuple((column, _KINDS.get(kind, kind)) for column, kind in pairs))
