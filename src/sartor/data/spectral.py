"""Groups of similar rows, as many as the rows themselves show.

Spectral clustering (Ng, Jordan and Weiss 2001) of the graph of nearest neighbours, regularised so that a few
rows apart do not take an eigenvector (Amini et al. 2013).

Shape letters: N rows, D features, K neighbours or clusters, V eigenvectors.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
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
"""Clusters before any are joined."""
FEWEST_ROWS_EACH = 5
"""No more clusters than rows over this."""
RESOLUTIONS = (2.25, 1.5, 1.0)
"""How many times the links that chance makes likely two clusters have between them when they are joined."""
_SAMPLE_ROWS = 1_500
_SHARE_DIGITS = 9
_DIGITS = 4


def clusters_of(features_ND: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """Cluster rows; the number is found.

    Rows are first cut into more clusters than are wanted. Then the two are joined that gain most in
    modularity, as long as any do (Clauset, Newman and Moore 2004), so that clusters may be of very unequal
    size, as intents are. Modularity does not see small clusters, and at a higher resolution (Reichardt and
    Bornholdt 2006) cuts large ones: of several resolutions the one with the best silhouette is taken.

    Args:
        features_ND: Features of different rows, at most some ten thousand.
        seed: For k-means.

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
    most = min(MAX_CLUSTERS, len(unit_ND) // FEWEST_ROWS_EACH)
    if most < 2:
        return np.zeros(len(unit_ND), np.int64)
    links = _links(unit_ND)
    cluster_N = _kmeans(_eigenvectors(links, most), most, seed=seed)
    found = []
    for resolution in RESOLUTIONS:
        cluster_N = _joined(links, cluster_N, resolution=resolution)
        found.append(cluster_N)
    silhouettes = _silhouettes(unit_ND, found, seed=seed)
    return _largest_first(found[int(np.argmax(silhouettes))])


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
    with warnings.catch_warnings():  # fewer different rows than clusters: there are fewer then
        warnings.simplefilter("ignore", ConvergenceWarning)
        found_N = model.fit(unit_rows(walk_NV)).labels_
    return np.unique(found_N, return_inverse=True)[1]


def _joined(links: Any, cluster_N: np.ndarray, *, resolution: float) -> np.ndarray:
    """Clusters after all joins that pay."""
    num_clusters = int(cluster_N.max()) + 1
    ends = links.tocoo()
    share_KK = np.zeros((num_clusters, num_clusters))
    np.add.at(share_KK, (cluster_N[ends.row], cluster_N[ends.col]), ends.data)
    share_KK /= share_KK.sum()
    share_K = share_KK.sum(1)
    new_K = np.arange(num_clusters)
    while True:
        gain_KK = np.round(share_KK - resolution * np.outer(share_K, share_K), _SHARE_DIGITS)
        gain_KK[share_K == 0] = gain_KK[:, share_K == 0] = -1
        np.fill_diagonal(gain_KK, -1)
        kept, gone = sorted(map(int, np.unravel_index(gain_KK.argmax(), gain_KK.shape)))
        if gain_KK[kept, gone] <= 0:
            return np.unique(new_K[cluster_N], return_inverse=True)[1]
        new_K[new_K == gone] = kept
        for shares in (share_KK, share_KK.T, share_K):
            shares[kept] += shares[gone]
            shares[gone] = 0


def _silhouettes(unit_ND: np.ndarray, found: Sequence[np.ndarray], *, seed: int) -> list[float]:
    """Rousseeuw 1987, on a sample, of each way to cluster; -1 where nothing is apart."""
    from sklearn.metrics import silhouette_score

    rng = np.random.default_rng(seed)
    sample = np.sort(rng.permutation(len(unit_ND))[:_SAMPLE_ROWS])
    distances = np.sqrt(np.maximum(2 - 2 * unit_ND[sample] @ unit_ND[sample].T, 0))
    np.fill_diagonal(distances, 0)
    scores = []
    for cluster_N in found:
        num_seen = len(np.unique(cluster_N[sample]))
        can_be = 2 <= num_seen < len(sample)
        score = (
            silhouette_score(distances, cluster_N[sample], metric="precomputed") if can_be else -1
        )
        scores.append(round(float(score), _DIGITS))
    return scores


def _largest_first(cluster_N: np.ndarray) -> np.ndarray:
    """Numbered by size, then by first row."""
    _, first, inverse_N, sizes = np.unique(
        cluster_N, return_index=True, return_inverse=True, return_counts=True
    )
    rank = np.empty(len(sizes), np.int64)
    rank[np.lexsort((first, -sizes))] = np.arange(len(sizes))
    return rank[inverse_N]
