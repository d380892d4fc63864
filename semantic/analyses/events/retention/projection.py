"""Project how many subjects stay after the known periods, based on counts by period.

The model is the shifted beta-geometric model of Fader and Hardie (2007).

Each subject has its own probability of leaving in a period, which doesn't change. These probabilities have a beta
distribution. Subjects who are likely to leave do so early, so the rate of leaving falls over time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, inf, log, sqrt

from semantic.analyses.events.retention.survival import Waiting
from semantic.results.students_t import Z

FEWEST_PERIODS, FEWEST_LOST = 3, 10
"""The fewest known periods for a projection, and the fewest subjects who must have left in these periods."""
_STEPS, _SAME = 200, 1e-12
_MOST = 1e6
"""The largest alpha and beta. Beyond them, everyone has the same probability of leaving."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The fitted model, in which the probabilities of leaving have the distribution beta(`alpha`, `beta`).

    If the data suggests that everyone has the same probability, both parameters are infinite, and `rate` is that
    probability. `spread` has the variances and the covariance of the logarithms of alpha and beta. With the same
    probability for everyone, it has the variance of the logit of `rate`.
    """

    alpha: float
    beta: float
    rate: float
    log_likelihood: float
    spread: tuple[float, float, float]

    def stay(self, periods: int) -> float:
        """Return the share of subjects who stay for this many periods.

        >>> fit = Fit(alpha=1.0, beta=1.0, rate=0.5, log_likelihood=0.0, spread=(0.0, 0.0, 0.0))
        >>> [round(fit.stay(periods), 4) for periods in range(4)]
        [1.0, 0.5, 0.3333, 0.25]
        """
        return _stay(log(self.alpha), log(self.beta), periods) if self.alpha < inf else (1 - self.rate) ** periods

    def between(self, periods: int) -> tuple[float, float]:
        """Return the ends of the fitted curve's 95% band at a period.

        They are computed by the delta method on the scale of log(−log).
        """
        share = self.stay(periods)
        if not 0 < share < 1:
            return share, share
        if self.alpha == inf:
            logit = log(self.rate / (1 - self.rate))
            slopes = [_slope(lambda x: _scaled((1 / (1 + exp(x))) ** periods), logit), 0.0]
        else:
            a, b = log(self.alpha), log(self.beta)
            slopes = [
                _slope(lambda x: _scaled(_stay(x, b, periods)), a),
                _slope(lambda x: _scaled(_stay(a, x, periods)), b),
            ]
        first, second, both = self.spread
        variance = slopes[0] ** 2 * first + slopes[1] ** 2 * second + 2 * slopes[0] * slopes[1] * both
        reach, middle = Z * sqrt(max(0.0, variance)), _scaled(share)
        return exp(-exp(middle + reach)), exp(-exp(middle - reach))


@dataclass(frozen=True, slots=True)
class ProjectedShare:
    """The projected share of subjects who stay until the end of a period, with the band of the fitted curve.

    Periods are counted from 0.
    """

    period: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BackTest:
    """A test of the model on known data, fitted on the periods up to `until`.

    `share` is the share that it expects for the last known period, with a band from `low` to `high`. `known` is the
    actual share.
    """

    until: int
    period: int
    share: float
    low: float
    high: float
    known: float

    @property
    def is_inside(self) -> bool:
        """Whether the actual share is within the band."""
        return self.low <= self.known <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """The projection for the periods after the known ones.

    `tried` is None if too few periods are known for a back-test.
    """

    fit: Fit
    ahead: tuple[ProjectedShare, ...]
    tried: BackTest | None


def project(curve: Sequence[Waiting], ahead: int) -> Projection | None:
    """Return the projection after a curve of the share of subjects who stay. None if too little is known."""
    fit = fitted(curve)
    if fit is None:
        return None
    # The curve continues from the last known share, at the model's rates for later periods.
    last = curve[-1]
    known = fit.stay(last.period + 1)
    points: list[ProjectedShare] = []
    for period in range(last.period + 1, last.period + 1 + ahead):
        share, (low, high) = fit.stay(period + 1), fit.between(period + 1)
        factor = last.share / known if known else 0.0
        points.append(ProjectedShare(period, min(1.0, share * factor), min(1.0, low * factor), min(1.0, high * factor)))
    return Projection(fit=fit, ahead=tuple(points), tried=_tried(curve))


def _tried(curve: Sequence[Waiting]) -> BackTest | None:
    """Return the back-test, which fits the model without the last third of the periods. None if too few are known."""
    kept = curve[: len(curve) - max(1, len(curve) // 3)]
    fit, last = fitted(kept), curve[-1]
    if fit is None:
        return None
    low, high = fit.between(last.period + 1)
    return BackTest(
        until=kept[-1].period, period=last.period, share=fit.stay(last.period + 1), low=low, high=high, known=last.share
    )


def fitted(curve: Sequence[Waiting]) -> Fit | None:
    """Return the model with the highest likelihood, or None if too little is known.

    The curve has one item for each period, starting with 0. Subjects who were followed for only some periods count only
    in these.
    """
    left, lost = [each.at_risk for each in curve], [each.came for each in curve]
    if len(curve) < FEWEST_PERIODS or sum(lost) < FEWEST_LOST or sum(lost) == sum(left):
        return None
    rate = sum(lost) / sum(left)
    a, b = log(1.0), log(max(1e-3, 1.0 / rate - 1.0))
    best = _likelihood(left, lost, a, b)
    for _ in range(_STEPS):
        slopes, curvature = _derivatives(left, lost, a, b)
        step = _newton(slopes, curvature)
        size, value = 1.0, _likelihood(left, lost, a + step[0], b + step[1])
        while value < best and size > 1e-10:
            size /= 2
            value = _likelihood(left, lost, a + size * step[0], b + size * step[1])
        if value < best:
            break
        gain, best = value - best, value
        a, b = a + size * step[0], b + size * step[1]
        if max(a, b) > log(_MOST):
            return _same(left, lost, rate)
        if gain < _SAME and max(abs(each) for each in step) < 1e-9:
            break
    if (inverse := _inverse(_derivatives(left, lost, a, b)[1])) is None:
        return _same(left, lost, rate)
    return Fit(alpha=exp(a), beta=exp(b), rate=exp(a) / (exp(a) + exp(b)), log_likelihood=best, spread=inverse)


def _same(left: Sequence[int], lost: Sequence[int], rate: float) -> Fit:
    """Return the model in which everyone has the same probability of leaving."""
    value = sum(gone * log(rate) + (all_ - gone) * log(1 - rate) for all_, gone in zip(left, lost, strict=True))
    variance = 1 / (sum(left) * rate * (1 - rate))
    return Fit(alpha=inf, beta=inf, rate=rate, log_likelihood=value, spread=(variance, 0.0, 0.0))


def _likelihood(left: Sequence[int], lost: Sequence[int], a: float, b: float) -> float:
    alpha, beta = exp(a), exp(b)
    return sum(
        gone * log(alpha / (alpha + beta + period)) + (all_ - gone) * log((beta + period) / (alpha + beta + period))
        for period, (all_, gone) in enumerate(zip(left, lost, strict=True))
    )


def _derivatives(
    left: Sequence[int], lost: Sequence[int], a: float, b: float
) -> tuple[tuple[float, float], tuple[float, float, float]]:
    """Return the first and second derivatives of the log likelihood by the logarithms of alpha and beta."""
    alpha, beta = exp(a), exp(b)
    by_alpha = by_beta = twice_alpha = twice_beta = both = 0.0
    for period, (all_, gone) in enumerate(zip(left, lost, strict=True)):
        whole, mine = alpha + beta + period, beta + period
        by_alpha += gone / alpha - all_ / whole
        by_beta += (all_ - gone) / mine - all_ / whole
        twice_alpha += all_ / whole**2 - gone / alpha**2
        twice_beta += all_ / whole**2 - (all_ - gone) / mine**2
        both += all_ / whole**2
    slopes = alpha * by_alpha, beta * by_beta
    return slopes, (
        alpha**2 * twice_alpha + slopes[0],
        beta**2 * twice_beta + slopes[1],
        alpha * beta * both,
    )


def _newton(slopes: tuple[float, float], curvature: tuple[float, float, float]) -> tuple[float, float]:
    """Return the step towards the maximum.

    Where the likelihood isn't concave, the step goes uphill. Its length is at most 2.
    """
    inverse = _inverse(curvature)
    if inverse is None:
        size = max(1.0, *(abs(each) for each in slopes))
        return slopes[0] / size, slopes[1] / size
    first, second, both = inverse
    step = first * slopes[0] + both * slopes[1], both * slopes[0] + second * slopes[1]
    size = max(1.0, *(abs(each) / 2 for each in step))
    return step[0] / size, step[1] / size


def _inverse(curvature: tuple[float, float, float]) -> tuple[float, float, float] | None:
    """Return the negative inverse of the second derivatives. None if the likelihood isn't concave."""
    first, second, both = curvature
    determinant = first * second - both * both
    if first >= 0 or determinant <= 1e-12 * first * second:
        return None
    return -second / determinant, -first / determinant, both / determinant


def _stay(a: float, b: float, periods: int) -> float:
    alpha, beta = exp(a), exp(b)
    share = 1.0
    for period in range(periods):
        share *= (beta + period) / (alpha + beta + period)
    return share


def _scaled(share: float) -> float:
    return log(-log(share))


def _slope(value: Callable[[float], float], at: float) -> float:
    low, high = (value(at + step) for step in (-1e-5, 1e-5))
    return (high - low) / 2e-5


def survivors_as_curve(survivors: Sequence[int]) -> tuple[Waiting, ...]:
    """Return a curve based on the numbers of subjects who are left after 0, 1, 2… periods.

    All subjects must have been followed to the end.

    >>> [(each.at_risk, each.came) for each in survivors_as_curve([100, 80, 70])]
    [(100, 20), (80, 10)]
    """
    return tuple(
        Waiting(period, before, before - after, after / survivors[0], None, None)
        for period, (before, after) in enumerate(pairwise(survivors))
    )
