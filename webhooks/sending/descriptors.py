"""Lets the process open as many connections as it may."""

from __future__ import annotations

import resource

_ENOUGH = 65_536


def raise_limit() -> None:
    """Raises the soft limit of open files to the hard one: service managers give 1024, fewer than a thousand receivers
    that say nothing take."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
