"""What fits on a node, and the words for what does not."""

from __future__ import annotations

import pytest

from automl.errors import AutoMLError
from automl_ray.placement import Demand

SMALL = {"CPU": 4.0, "memory": 8e9, "object_store_memory": 2e9}
LARGE = {"CPU": 16.0, "GPU": 2.0, "memory": 64e9}


@pytest.mark.parametrize(
    ("demand", "node", "workers"),
    [
        (Demand(1), SMALL, 4),
        (Demand(3), SMALL, 1),
        (Demand(5), SMALL, 0),
        (Demand(1, memory=3 * 10**9), SMALL, 2),
        (Demand(1, gpu=0.5), SMALL, 0),
        (Demand(1, gpu=0.5), LARGE, 4),
        (Demand(1, gpu=0.4), LARGE, 4),
        (Demand(1, gpu=0.1), LARGE, 16),
        (Demand(1, gpu=1), LARGE, 2),
        (Demand(1, gpu=2), LARGE, 1),
        (Demand(1), {}, 0),
    ],
)
def test_a_node_holds_so_many_workers(demand: Demand, node: dict[str, float], workers: int) -> None:
    assert demand.fits(node) == workers


def test_what_no_node_has_is_refused_with_what_the_biggest_has() -> None:
    demand = Demand(2, gpu=4, memory=2 * 10**9)
    with pytest.raises(AutoMLError) as refused:
        demand.check([SMALL, LARGE, SMALL])
    assert str(refused.value) == (
        "no node of the Ray cluster can hold a trial that asks for 2 CPUs, 4 GPUs and 2 GB of memory; the biggest of "
        "its 3 nodes has 16 CPUs, 2 GPUs and 64 GB of memory; mend: ask for less under the stage's resources, or add "
        "such a node to the cluster"
    )


def test_a_demand_is_not_met_by_two_nodes_together() -> None:
    with pytest.raises(AutoMLError, match=r"8 CPUs.*the biggest of its 2 nodes has 4 CPUs"):
        Demand(8).check([SMALL, SMALL])


def test_the_node_that_meets_more_of_the_demands_is_named() -> None:
    with pytest.raises(AutoMLError, match=r"its 2 nodes has 2 CPUs, 1 GPUs"):
        Demand(2, gpu=2, memory=10**9).check([{"CPU": 2.0, "GPU": 1.0, "memory": 2e9}, {"CPU": 1.0, "GPU": 1.0}])


def test_a_cluster_without_nodes_says_so() -> None:
    with pytest.raises(AutoMLError, match=r"it has no node; mend"):
        Demand(1).check([])


def test_one_gpu_and_a_half_is_refused() -> None:
    with pytest.raises(AutoMLError, match=r"asks for 1.5 GPUs; expected a whole number, or a share of one .*gpu: 1"):
        Demand(1, gpu=1.5).check([LARGE])
