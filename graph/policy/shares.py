"""A part of a group as a coarse share: the only form in which owners learn how much of a group it is."""

from graph.policy.disclosure import Cell, DisclosureRules, Hidden

STEPS = 5


def share_in_steps(part: int, whole: int, rules: DisclosureRules) -> Cell:
    """The lower edge of the step that a share lies in: 0.6 says "from 60 % to below 80 %" of five steps.

    There are as many steps, at most five, as leave `min_group_size` people in each: whoever is told the step
    and knows the whole is left with so many possible counts. A group that leaves no two steps is hidden.

    Args:
        part, whole: people, 0 <= part <= whole.
    """
    if not 0 <= part <= whole:
        raise ValueError("a part is negative or larger than its whole")
    steps = min(STEPS, whole // rules.min_group_size)
    if steps < 2:
        return Cell(hidden=Hidden.MINIMUM)
    return Cell(min(part * steps // whole, steps - 1) / steps)
