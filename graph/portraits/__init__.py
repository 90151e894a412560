"""Portraits of a merchant's fans: what is counted, how it is kept by the week; noise is added above."""
