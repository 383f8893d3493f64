"""Reasons come back from JSON as they were."""

import json

from hypothesis import given
from hypothesis import strategies as st

from reseen.domain.choices import Regime
from reseen.domain.fingerprint import Metric, Signal
from reseen.domain.match import Segment, Transform
from reseen.domain.media import Box, Channel, Span
from reseen.domain.policy import Basis, Reason
from reseen.store.review_json import reason_of, said_of

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
SPANS = st.just(Span.ALWAYS) | st.builds(Span, NUMBERS, NUMBERS)
BOXES = st.none() | st.builds(Box, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
SEGMENTS = st.builds(
    Segment,
    channel=st.sampled_from(Channel),
    query=SPANS,
    reference=SPANS,
    score=NUMBERS,
    support=st.integers(0, 1 << 31),
    offset=st.none() | NUMBERS,
    rate=NUMBERS,
    pitch=st.none() | NUMBERS,
    transform=st.none()
    | st.builds(Transform, st.booleans(), NUMBERS, st.booleans(), cropped=BOXES, inset=BOXES),
    signal=st.none()
    | st.builds(
        Signal,
        st.text(),
        st.integers(1, 9),
        st.sampled_from(Channel),
        st.sampled_from(Metric),
        st.none() | NUMBERS,
    ),
)
BASES = st.none() | st.builds(
    Basis,
    NUMBERS,
    st.sampled_from(Regime),
    st.none() | NUMBERS,
    st.none() | NUMBERS,
    st.booleans(),
)
REASONS = st.builds(
    Reason,
    score=NUMBERS,
    segments=st.lists(SEGMENTS, max_size=3).map(tuple),
    policy_id=st.none() | st.text(),
    decision_id=st.none() | st.text(),
    basis=BASES,
)


@given(reason=REASONS)
def test_a_reason_comes_back_as_it_was(reason: Reason) -> None:
    assert reason_of(json.loads(json.dumps(said_of(reason)))) == reason
