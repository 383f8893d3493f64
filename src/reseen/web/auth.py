"""Who calls: a key in ``Authorization: Bearer`` or in ``x-rapidapi-key``.

``x-rapidapi-host`` is accepted and ignored, so that a client of the RapidAPI listing changes only
its host.
"""
