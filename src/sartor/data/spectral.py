"""Groups of similar rows, as many as the rows themselves show.

Spectral clustering (Ng, Jordan and Weiss 2001) of the graph of nearest neighbours, regularised so that a few
rows apart do not take an eigenvector (Amini et al. 2013).

Shape letters: N rows, D features, K neighbours or clusters, V eigenvectors.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from sartor.data.neighbours import nearest_rows, unit_rows

NUM_NEIGHBOURS = 12
SHARPNESS = 4
"""A neighbour counts as its cosine to this power: near ones more."""
NUM_WALK_STEPS = 4
"""Eigenvectors count as their eigenvalue to this power, as after so many steps of a walk on the graph."""
TELEPORT_SHARE = 0.01
"""Of a mean row's links so much is spread over all rows."""
MAX_CLUSTERS = 160
FEWEST_ROWS_EACH = 5
"""No more clusters than rows over this."""
_GRID_STEP = 1.19
_SAMPLE_ROWS = 1_500
_DIGITS = 4


def clusters_of(features_ND: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """Cluster rows; the number is found.

    Modularity of the graph does not see small clusters (its resolution limit, Fortunato and Barthélemy 2007),
    the silhouette among noisy features asks for too many: the number lies in the geometric middle of both.

    Args:
        features_ND: Features of different rows, at most some ten thousand.
        seed: For k-means and the silhouette's sample.

    Returns:
        (N,) the cluster of each row, from 0, the largest first.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # sums of several threads differ in their last bits
        return _clusters_of(centred(features_ND), seed=seed)


def centred(features_ND: np.ndarray) -> np.ndarray:
    """Directions from the mean row: what all rows share says nothing of their differences."""
    unit_ND = unit_rows(features_ND)
    return unit_rows(unit_ND - unit_ND.mean(0))


def _clusters_of(unit_ND: np.ndarray, *, seed: int) -> np.ndarray:
    grid = _grid(len(unit_ND))
    if not grid:
        return np.zeros(len(unit_ND), np.int64)
    links = _links(unit_ND)
    walk_NV = _eigenvectors(links, grid[-1])
    labels = {k: _kmeans(walk_NV[:, :k], k, seed=seed) for k in grid}
    is_linked = (links > 0).astype(float)
    coarse = max(grid, key=lambda k: (round(_modularity(is_linked, labels[k]), _DIGITS), -k))
    silhouette = _silhouettes(unit_ND, labels, seed=seed)
    fine = max(grid, key=lambda k: (silhouette[k], -k))
    middle = round(math.sqrt(coarse * fine))
    found_N = labels.get(middle)
    if found_N is None:
        found_N = _kmeans(walk_NV[:, :middle], middle, seed=seed)
    return _largest_first(found_N)


def _grid(num_rows: int) -> list[int]:
    """Numbers of clusters to try: 2, 3 and on, each about a fifth more than the last."""
    most = min(MAX_CLUSTERS, num_rows // FEWEST_ROWS_EACH)
    grid = [2]
    while (following := max(grid[-1] + 1, round(grid[-1] * _GRID_STEP))) <= most:
        grid.append(following)
    return grid if most >= 2 else []


def _links(unit_ND: np.ndarray) -> Any:
    """Neighbours of each row, or of which it is one: a symmetric sparse matrix."""
    from scipy.sparse import csr_matrix

    rows_NK, cosines_NK = nearest_rows(unit_ND, NUM_NEIGHBOURS)
    num_rows, k = rows_NK.shape
    weight = np.maximum(cosines_NK, 1e-3).ravel() ** SHARPNESS
    ends = (np.repeat(np.arange(num_rows), k), rows_NK.ravel())
    directed = csr_matrix((weight, ends), shape=(num_rows, num_rows))
    return directed.maximum(directed.T).tocsr()


def _eigenvectors(links: Any, num_vectors: int) -> np.ndarray:
    """Of the normalised graph, the largest first, weighted by their eigenvalues."""
    from scipy.sparse import diags
    from scipy.sparse.linalg import LinearOperator, eigsh

    num_rows = links.shape[0]
    degree_N = np.asarray(links.sum(1)).ravel()
    teleport = TELEPORT_SHARE * degree_N.mean()
    scale_N = 1 / np.sqrt(degree_N + teleport)
    near = (diags(scale_N) @ links @ diags(scale_N)).tocsr()

    def step(vector_N: np.ndarray) -> np.ndarray:
        flat_N = vector_N.ravel()
        return near @ flat_N + scale_N * (teleport / num_rows * (scale_N @ flat_N))

    graph = LinearOperator((num_rows, num_rows), matvec=step, dtype=float)
    values_V, vectors_NV = eigsh(
        graph, num_vectors, which="LA", v0=np.ones(num_rows), tol=1e-4, maxiter=50 * num_vectors
    )
    order_V = np.argsort(-values_V)
    weight_V = np.maximum(values_V[order_V], 0) ** NUM_WALK_STEPS
    return vectors_NV[:, order_V] * weight_V


def _kmeans(walk_NV: np.ndarray, num_clusters: int, *, seed: int) -> np.ndarray:
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    model = KMeans(num_clusters, n_init=3, random_state=seed)
    with (
        warnings.catch_warnings()
    ):  # fewer different rows than clusters: then there are fewer clusters
        warnings.simplefilter("ignore", ConvergenceWarning)
        found_N = model.fit(unit_rows(walk_NV)).labels_
    return np.unique(found_N, return_inverse=True)[1]


def _modularity(is_linked: Any, cluster_N: np.ndarray) -> float:
    """Newman 2004: links within clusters beyond what their rows' links make likely."""
    degree_N = np.asarray(is_linked.sum(1)).ravel()
    ends = is_linked.tocoo()
    within = ends.data[cluster_N[ends.row] == cluster_N[ends.col]].sum() / degree_N.sum()
    return float(within - ((np.bincount(cluster_N, degree_N) / degree_N.sum()) ** 2).sum())


def _silhouettes(
    unit_ND: np.ndarray, labels: dict[int, np.ndarray], *, seed: int
) -> dict[int, float]:
    """Rousseeuw 1987, on a sample; by number of clusters."""
    from sklearn.metrics import silhouette_score

    rng = np.random.default_rng(seed)
    sample = np.sort(rng.permutation(len(unit_ND))[:_SAMPLE_ROWS])
    distances = np.sqrt(np.maximum(2 - 2 * unit_ND[sample] @ unit_ND[sample].T, 0))
    np.fill_diagonal(distances, 0)
    found = {}
    for k, cluster_N in labels.items():
        num_seen = len(np.unique(cluster_N[sample]))
        can_be = 2 <= num_seen < len(sample)
        score = (
            silhouette_score(distances, cluster_N[sample], metric="precomputed") if can_be else -1
        )
        found[k] = round(float(score), _DIGITS)
    return found


def _largest_first(cluster_N: np.ndarray) -> np.ndarray:
    """Numbered by size, then by first row."""
    _, first, inverse_N, sizes = np.unique(
        cluster_N, return_index=True, return_inverse=True, return_counts=True
    )
    rank = np.empty(len(sizes), np.int64)
    rank[np.lexsort((first, -sizes))] = np.arange(len(sizes))
    return rank[inverse_N]
