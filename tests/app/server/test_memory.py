"""Memory goes back to the system after pages were closed; what sessions share is kept, within its bound."""

from __future__ import annotations

import pytest

pytest.importorskip("solara", reason="the app's packages are not installed")

from tests.app.memory import N_SESSIONS, measure


@pytest.mark.verification
def test_memory_is_given_back_after_sessions_end() -> None:
    _, (_, before), (_, during), (_, after), (_, during_again), (_, after_again) = measure(N_SESSIONS)
    taken = during - before
    assert taken > 1000, "too little was asked for: this measures nothing"
    assert after - before < 0.4 * taken  # results that are kept, and what the interpreter's own allocator holds on to
    assert after_again - after < 0.1 * taken  # the next sessions use the same memory
    assert during_again < 1.1 * during
