"""The star schema's questions as asked of Samepage. Each has hand-written SQL with the same name."""

from pathlib import Path
from typing import Any

HAND_SAFE = Path(__file__).parent / "hand_safe"  # right whatever is missing or unknown
HAND_BEST = (
    Path(__file__).parent / "hand_best"
)  # as fast as it gets where every key has its member and every day its rows
DAY, MONTH, QUARTER = ({"dim": "date", "grain": grain} for grain in ("day", "month", "quarter"))
ALL_YEARS = {"from": "2022-01-01", "to": "2025-12-31"}

QUESTIONS: dict[str, dict[str, Any]] = {
    "q01": {"metrics": ["revenue"], "by": [MONTH]},
    "q02": {"metrics": ["revenue", "order_count", "aov"], "by": ["channel", MONTH]},
    "q03": {"metrics": ["revenue", "cost", "roas"], "by": ["channel", MONTH]},
    "q04": {"metrics": ["customers"], "by": ["country", "channel"]},
    "q05": {
        "metrics": ["revenue", "order_count"],
        "by": ["country"],
        "where": {
            "and": [
                {"dim": "platform", "op": "in", "values": ["google"]},
                {"dim": "segment", "op": "in", "values": ["enterprise"]},
            ]
        },
        "time": {"from": "2024-01-01", "to": "2024-12-31"},
    },
    "q06": {"metrics": ["revenue"], "by": ["campaign_name"], "order": [{"by": "revenue", "desc": True}], "limit": 10},
    "q07": {"metrics": ["revenue", "revenue_month_before", "revenue_change"], "by": [MONTH], "time": ALL_YEARS},
    "q08": {"metrics": ["revenue_28_days"], "by": [DAY], "time": ALL_YEARS},
    "q09": {"metrics": ["revenue", "revenue_so_far"], "by": [MONTH], "time": ALL_YEARS},
    "q10": {"metrics": ["revenue", "completed_revenue", "completed_share"], "by": ["segment", QUARTER]},
    "q11": {
        "metrics": [
            "revenue",
            "order_count",
            "customers",
            "cost",
            "clicks",
            "impressions",
            "cpa",
            "ctr",
            "roas",
        ],
        "by": ["channel"],
        "time": {"from": "2025-01-01", "to": "2025-12-31"},
        "order": [{"by": "roas", "desc": True}],
    },
    "q12": {"metrics": ["customer_count", "revenue"], "by": ["country"]},
    "q13": {"metrics": ["revenue", "revenue_this_year"], "by": [MONTH], "time": ALL_YEARS},
    "q14": {"metrics": ["roas", "roas_year_before"], "by": [MONTH], "time": ALL_YEARS},
}

ORDERED = ("q06", "q11")


def sql_by_hand(name: str, folder: Path = HAND_SAFE) -> str:
    return (folder / f"{name}.sql").read_text(encoding="utf-8")
