"""Where clup and torch 2.13.0 differ on purpose, each with its reason. Whatever has no name here is a defect."""

REASONS = {
    "antialias-one-column": "torch gives wrong numbers for contiguous inputs with antialias where the output is one column "
                            "wide, has several rows, and its height changes; it gets the same problem right in channels-last "
                            "memory, which is what clup is compared with",
}


def refusal(operator, details, theirs, ours, our_reason):
    """The name of the reason why one side alone takes the problem, or ""."""
    return ""
