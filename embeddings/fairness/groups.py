"""People by how much they pay and by city; nothing else about them is known, or asked for."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from embeddings.fairness.ratios import Grouping, Int64

QUARTILES = ("least active quarter", "second quarter", "third quarter", "most active quarter")
OTHERS = "all smaller cities"


def by_activity(payments: npt.NDArray[np.number]) -> Grouping:
    """Quarters by number of payments; people with equally many are in the same one."""
    edges = np.quantile(payments, (0.25, 0.5, 0.75)) if len(payments) else np.zeros(3)
    return Grouping("activity", QUARTILES, np.searchsorted(edges, payments, side="left").astype(np.int64))


def by_city(cities: Sequence[str | None], *, min_people: int) -> Grouping:
    """Cities; those with fewer people than the minimum are taken together and not named."""
    counts = Counter(city for city in cities if city)
    large = sorted(city for city, size in counts.items() if size >= min_people)
    place = {city: at for at, city in enumerate(large)}
    of: Int64 = np.array([-1 if not city else place.get(city, len(large)) for city in cities], dtype=np.int64)
    return Grouping("city", (*large, OTHERS), of)
