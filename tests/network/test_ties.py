"""Peer ties of generated networks: who is picked is decided by the numbers at their addresses."""

from __future__ import annotations

import numpy as np

from spreadsim import draws
from tests.addresses import SEED, UID, N, u
from tests.verification.limiting_cases import document, generated


def test_peers_are_picked_at_their_addresses() -> None:
    """Two picks in one's own team of ten, one in all, and a third of one anywhere: which, and whether, by address."""
    doc = document(services=N, source="nested-hierarchy")
    doc["run"]["seed"] = SEED
    doc["network"]["hierarchy"] = [{"level": "team", "count": 6}]
    expected = set()
    for number, (size, chance) in enumerate([(10, 1.0), (10, 1.0), (10, 1.0), (N, 0.3)]):
        word = UID * np.uint64(64) + np.uint64(number)
        kept, which = u(0, draws.PICK_KEPT, word) < chance, u(0, draws.PICK, word)
        for i in range(N):
            first = i // size * size
            other = first + int(which[i] * (size - 1))
            other += other >= i
            if kept[i]:
                expected |= {(i, other), (other, i)}
    ties = generated(doc).ties
    assert set(zip(ties.listener.tolist(), ties.peer.tolist(), strict=True)) == expected
