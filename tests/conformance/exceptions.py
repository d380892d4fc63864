"""The outside cases that Samepage answers differently, each with its reason. Remove a case from here once it passes."""

_EACH = (
    "the manifest calls a key primary that repeats in its table, and the rows expected come of joining that table once "
    "for every dimension: pairs of customers that no row of it has. We join it once"
)

EXCEPTIONS: dict[str, str] = {
    "multi_hop_join__mixed_length_joins": _EACH,
    "multi_hop_join__multihop_join_two_dims_different_sources": _EACH,
}
