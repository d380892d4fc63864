"""Words that have to be quoted when used as names, besides those that sqlglot knows for an engine."""

from __future__ import annotations

EVERYWHERE = frozenset({
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization", "binary", "both",
    "case", "cast", "check", "collate", "collation", "column", "concurrently", "constraint", "create", "cross",
    "current_catalog", "current_date", "current_role", "current_schema", "current_time", "current_timestamp",
    "current_user", "default", "deferrable", "desc", "distinct", "do", "else", "end", "except", "false", "fetch", "for",
    "foreign", "freeze", "from", "full", "grant", "group", "having", "ilike", "in", "initially", "inner", "intersect",
    "into", "is", "isnull", "join", "lateral", "leading", "left", "like", "limit", "localtime", "localtimestamp",
    "minus", "natural", "not", "notnull", "null", "offset", "on", "only", "or", "order", "outer", "overlaps", "placing",
    "primary", "references", "returning", "right", "select", "semi", "session_user", "similar", "some", "symmetric",
    "system_user", "table", "tablesample", "then", "to", "trailing", "true", "union", "unique", "user", "using",
    "variadic", "verbose", "when", "where", "window", "with",
})  # fmt: skip
"""Words that PostgreSQL reserves, or that can't be names in Spark or ClickHouse without quotes.

On other engines, quoting them makes no difference.
"""

SNOWFLAKE = frozenset({
    "account", "all", "alter", "and", "any", "as", "between", "by", "case", "cast", "check", "column", "connect",
    "connection", "constraint", "create", "cross", "current", "current_date", "current_time", "current_timestamp",
    "current_user", "database", "delete", "distinct", "drop", "else", "exists", "false", "following", "for", "from",
    "full", "grant", "group", "gscluster", "having", "ilike", "in", "increment", "inner", "insert", "intersect", "into",
    "is", "issue", "join", "lateral", "left", "like", "localtime", "localtimestamp", "minus", "natural", "not", "null",
    "of", "on", "or", "order", "organization", "qualify", "regexp", "revoke", "right", "rlike", "row", "rows", "sample",
    "schema", "select", "set", "some", "start", "table", "tablesample", "then", "to", "trigger", "true", "try_cast",
    "union", "unique", "update", "using", "values", "view", "when", "whenever", "where", "with",
})  # fmt: skip
"""Words that Snowflake reserves. They're separate, because quoting a name changes its meaning there."""
