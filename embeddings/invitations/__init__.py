"""Who fits the theme of a circle, how surely, and what may be promised of an audience."""
