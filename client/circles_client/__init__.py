"""A typed client of the Circles service: `Client(base, key)`, `ProblemError`, `every`.

`client.py` is made from the contract by `client/make_client.py`; the rest is written by hand.
"""

from circles_client.client import Client
from circles_client.paging import every
from circles_client.transport import ProblemError, Retries, Unanswered

__all__ = ["Client", "ProblemError", "Retries", "Unanswered", "every"]
