"""The error for a refused token."""

from __future__ import annotations

from typing import Literal

Code = Literal["not_signed_in", "not_allowed", "too_many_requests"]


class TokenRefused(Exception):
    """Raised if a token is refused.

    The message says why, and what to do. `wait` is the number of seconds until the token can work again.
    """

    def __init__(self, code: Code, message: str, *, wait: float = 0.0) -> None:
        super().__init__(message)
        self.code, self.wait = code, wait
