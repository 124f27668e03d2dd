"""Circles of any size, packed side by side within a circle.

What belongs here: geometry alone. What does not: what the circles stand for (``layout``).
"""

from __future__ import annotations

import math

import numpy as np

MAX_RING = 7


def pack(radii: np.ndarray) -> tuple[np.ndarray, float]:
    """Return circles side by side without overlap, about the origin.

    Each circle is set against two on the rim of those placed (the front-chain packing of Wang et al., CHI 2006).

    Parameters
    ----------
    radii : positive, shape (n,).

    Returns
    -------
    Centres, shape (n, 2), and the radius of a circle around them all.

    Examples
    --------
    >>> centres, radius = pack(np.array([1.0, 1.0]))
    >>> centres.round(2).tolist(), round(radius, 2)
    ([[-1.0, 0.0], [1.01, 0.0]], 2.0)
    """
    n = len(radii)
    r = [float(v) for v in radii]
    if 3 <= n <= MAX_RING and max(r) - min(r) <= 1e-9 * max(r):
        return _ring(n, r[0])
    xy: list[tuple[float, float]] = [(0.0, 0.0)] * n
    if n == 2:
        xy = [(-r[1], 0.0), (r[0], 0.0)]
    if n > 2:
        xy[0], xy[1] = (-r[1], 0.0), (r[0], 0.0)
        xy[2] = _tangent_centre(xy[1], r[1], xy[0], r[0], r[2])
        after, before = {0: 1, 1: 2, 2: 0}, {1: 0, 2: 1, 0: 2}
        a, b, i = 0, 1, 3
        a, b = _nearest_link(a, after, xy, r)
        while i < n:
            xy[i] = _tangent_centre(xy[a], r[a], xy[b], r[b], r[i])
            j, k, sj, sk, overlaps = after[b], before[a], r[b], r[a], False
            while True:
                if sj <= sk:
                    if _overlap(xy[j], r[j], xy[i], r[i]):
                        b, overlaps = j, True
                        break
                    sj, j = sj + r[j], after[j]
                else:
                    if _overlap(xy[k], r[k], xy[i], r[i]):
                        a, overlaps = k, True
                        break
                    sk, k = sk + r[k], before[k]
                if j == after[k]:
                    break
            if overlaps:
                after[a], before[b] = b, a
                continue
            before[i], after[i] = a, b
            after[a] = before[b] = i
            a, b = _nearest_link(i, after, xy, r)
            i += 1
    points = np.array(xy).reshape(n, 2)
    return _centre_on_origin(points, np.asarray(radii, dtype=np.float64))


def _ring(n: int, r: float) -> tuple[np.ndarray, float]:
    """Return a few equal circles in a ring, from six on with one in the middle."""
    inside = 1 if n >= 6 else 0
    around = n - inside
    out = max(r / math.sin(math.pi / around), 2.0 * r * inside)
    angle = math.pi / 2 - 2.0 * math.pi * np.arange(around) / around + (math.pi / 4 if n == 4 else 0.0)
    ring = out * np.column_stack([np.cos(angle), np.sin(angle)])
    return np.vstack([np.zeros((inside, 2)), ring]), out + r


def _tangent_centre(
    p: tuple[float, float], rp: float, q: tuple[float, float], rq: float, r: float
) -> tuple[float, float]:
    """Return the centre of a circle of radius r that touches two circles, on the outer side of the chain p, q."""
    dx, dy = p[0] - q[0], p[1] - q[1]
    d2 = dx * dx + dy * dy
    if d2 == 0.0:
        return q[0] + r, q[1]
    a2, b2 = (rq + r) ** 2, (rp + r) ** 2
    if a2 > b2:
        x = (d2 + b2 - a2) / (2.0 * d2)
        y = math.sqrt(max(0.0, b2 / d2 - x * x))
        return p[0] - x * dx - y * dy, p[1] - x * dy + y * dx
    x = (d2 + a2 - b2) / (2.0 * d2)
    y = math.sqrt(max(0.0, a2 / d2 - x * x))
    return q[0] + x * dx - y * dy, q[1] + x * dy + y * dx


def _overlap(p: tuple[float, float], rp: float, q: tuple[float, float], rq: float) -> bool:
    reach = (rp + rq) * (1.0 - 1e-9)
    dx, dy = p[0] - q[0], p[1] - q[1]
    return reach * reach > dx * dx + dy * dy


def _nearest_link(start: int, after: dict[int, int], xy: list[tuple[float, float]], r: list[float]) -> tuple[int, int]:
    """Return the link of the rim that lies nearest the origin."""

    def distance(a: int) -> float:
        b = after[a]
        total = r[a] + r[b]
        x, y = (xy[a][0] * r[b] + xy[b][0] * r[a]) / total, (xy[a][1] * r[b] + xy[b][1] * r[a]) / total
        return x * x + y * y

    best, least, walk = start, distance(start), after[start]
    while walk != start:
        here = distance(walk)
        if here < least:
            best, least = walk, here
        walk = after[walk]
    return best, after[best]


def _centre_on_origin(points: np.ndarray, radii: np.ndarray) -> tuple[np.ndarray, float]:
    """Return circles moved so that a small circle around them all is centred on the origin, and its radius."""
    if len(points) == 0:
        return points, 1.0
    centre = points.mean(axis=0)
    for step in range(1, 400):  # towards the farthest, ever less: Badoiu, Clarkson 2003
        out = points - centre
        length = np.hypot(out[:, 0], out[:, 1])
        far = int(np.argmax(length + radii))
        if length[far] > 0:
            centre = centre + out[far] / length[far] * (length[far] + radii[far]) / (step + 1)
    offset = points - centre
    around = float(np.max(np.hypot(offset[:, 0], offset[:, 1]) + radii))
    return offset, max(around, 1e-12)
