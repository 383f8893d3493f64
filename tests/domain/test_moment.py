from datetime import UTC, datetime, timedelta, timezone

import pytest

from reseen.domain.moment import rfc3339

EAST = timezone(timedelta(hours=5, minutes=30))


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC), "2026-05-04T03:02:01.000Z"),
        (datetime(2026, 5, 4, 3, 2, 1, 999_999, UTC), "2026-05-04T03:02:01.999Z"),
        (datetime(2026, 1, 1, 0, 30, tzinfo=EAST), "2025-12-31T19:00:00.000Z"),
    ],
)
def test_a_time_is_told_in_utc_to_the_millisecond(moment: datetime, told: str) -> None:
    assert rfc3339(moment) == told
    assert datetime.fromisoformat(told) <= moment
