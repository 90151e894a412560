"""When people pay: days by weekday, hours by the kind of merchant, in the local time of its city."""

from datetime import date

import numpy as np
import numpy.typing as npt

from loaders.synthetic.categories import CURRENCIES, HOURS, RETAIL_HOURS, SERVICES, WEEKDAYS
from loaders.synthetic.cells import Int
from loaders.synthetic.world import World

DAY = 86_400


class Calendar:
    """Draws moments inside the plan's period; seconds since 1970, UTC."""

    def __init__(self, world: World) -> None:
        plan = world.plan
        self.num_days = plan.days
        self.begin = (plan.start - date(1970, 1, 1)).days * DAY
        self.end = self.begin + plan.days * DAY
        weekday = (plan.start.weekday() + np.arange(plan.days)) % 7
        self._days = np.cumsum(np.array(WEEKDAYS, dtype=np.float64)[weekday])
        names = list(HOURS)
        shares = np.array([HOURS[name] for name in names], dtype=np.float64)
        # Profile p's cumulative shares lie in (p, p + 1]: one search finds the hour for any profile.
        self._hours = (np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)).clip(max=1.0)
        self._hours = (self._hours + np.arange(len(names))[:, None]).ravel()
        of_service = np.array([names.index(service.hours) for service in SERVICES])
        self._profile = np.concatenate(
            [
                np.full(len(world.stores), names.index(RETAIL_HOURS)),
                of_service[world.services.category],
            ]
        )
        ahead = np.array([currency[4] for currency in CURRENCIES]) * 3600
        self._ahead = ahead[world.currency]

    def sorted_days(self, rng: np.random.Generator, person: Int) -> Int:
        """A day for each item, ascending within each person; `person` is ascending."""
        day = np.searchsorted(self._days, rng.random(len(person)) * self._days[-1], side="right")
        day = np.minimum(day, self.num_days - 1)
        return np.sort(person << 16 | day) & 0xFFFF

    def moments(self, rng: np.random.Generator, day: Int, merchant: Int) -> Int:
        """A moment of the day at each merchant."""
        wanted = self._profile[merchant] + rng.random(len(day))
        hour = np.minimum(np.searchsorted(self._hours, wanted, side="right"), len(self._hours) - 1) % 24
        local = day * DAY + hour * 3600 + rng.integers(0, 3600, len(day))
        # The first and last hours of the period belong to other days elsewhere: wrap around.
        moment: Int = self.begin + (local - self._ahead[merchant]) % (self.num_days * DAY)
        return moment

    def no_later(self, moment: Int) -> npt.NDArray[np.int64]:
        """The moment, or the last second of the period."""
        return np.minimum(moment, self.end - 1)

    def date_codes(self) -> Int:
        """20250131 for each day of the period."""
        first = np.datetime64(self.begin // DAY, "D")
        days = first + np.arange(self.num_days)
        text = np.datetime_as_string(days).astype("U10")
        return np.array([int(value.replace("-", "")) for value in text], dtype=np.int64)
