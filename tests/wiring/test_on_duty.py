"""What a server does beside its requests, wired as it does."""

import time
from datetime import timedelta
from pathlib import Path

from reseen.domain.access import DEFAULT_PROJECT as PROJECT
from reseen.domain.cluster import Node
from reseen.domain.media import Medium
from reseen.flows.alarms import WINDOW
from reseen.flows.search import now
from reseen.ports import Regrouped
from reseen.settings import Settings
from reseen.wiring.banks import open_banks
from reseen.wiring.moderation import make_moderation, on_duty
from reseen.wiring.truth import open_truth


def test_a_burst_ends_once_nothing_came_for_a_while(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, workers=1)
    with open_truth(settings) as truth, open_banks(settings, truth) as banks:
        clusters = truth.review.clusters
        over, goes_on = now() - WINDOW - timedelta(minutes=1), now()
        for number, at in ((1, over), (2, goes_on)):
            clusters.add_nodes(PROJECT, [Node(number, Medium.IMAGE, number)])
            group = Regrouped(None, number, (number,), {})
            (made,) = clusters.regroup(PROJECT, [group], at)
            clusters.set_burst(PROJECT, made.id, at)
        with on_duty(make_moderation(settings, banks)):
            for _ in range(200):
                bursting = clusters.list(PROJECT, bursting=True).items
                if len(bursting) == 1:
                    break
                time.sleep(0.05)
    assert [one.representative for one in bursting] == [2]
