"""Proxies that the environment names, and traffic that must not go through them.

Belongs here: whether one of them would catch what never leaves this machine (the twin, Dagster's
own servers), and what to set so that none does.
Does not belong here: sending (wire.py); to the vendors a proxy is the user's own choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from stock_assets.errors import ConfigError

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_CHECKED: Final = LOOPBACK[:2]
_GRPC: Final = "no_grpc_proxy"
_EXCEPTIONS: Final = (
    ("NO_PROXY", "no_proxy"),
    ("no_proxy", "NO_PROXY"),
    (_GRPC, "no_proxy", "NO_PROXY"),
)
"""Each variable, and those that count where it is not set."""
_SCHEMES: Final = ("http", "https", "all", "grpc")
"""Of proxies that catch plain HTTP, or gRPC, somewhere: libraries do not agree."""


def check_loopback_is_direct(proxies: Mapping[str, str] | None = None) -> None:
    """Refuse an environment of which a proxy would catch what is meant for this machine.

    ``proxies``: scheme to address, and ``no`` for the exceptions, as
    ``urllib.request.getproxies_environment`` tells them; by default those of this process.

    Raises:
        ConfigError: names the variable, and says what to add to NO_PROXY.
    """
    from urllib.request import (  # type: ignore[attr-defined]
        getproxies_environment,
        proxy_bypass_environment,
    )

    found = getproxies_environment() if proxies is None else dict(proxies)
    named = next((scheme for scheme in _SCHEMES if found.get(scheme)), None)
    caught = [host for host in _CHECKED if not proxy_bypass_environment(host, found)]
    if named is None or not caught:
        return
    variable = f"{named.upper()}_PROXY"
    raise ConfigError(
        variable,
        reason=f"names a proxy that would catch what is meant for {' and '.join(caught)}, which "
        "is this machine",
        next_action=f"add {','.join(_CHECKED)} to NO_PROXY",
    )


def with_loopback_direct(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables to set so that no proxy catches loopback traffic; none where there is no proxy.

    All spellings get these names beside those that were there: programs read one or the other.
    gRPC, which Dagster's servers speak, does not know that an asterisk excepts everything.
    """
    variables = {f"{scheme}_proxy" for scheme in _SCHEMES}
    if not any(value for name, value in environment.items() if name.lower() in variables):
        return {}
    found = {}
    for names in _EXCEPTIONS:
        given = next((value for name in names if (value := environment.get(name))), "")
        hosts = [host for part in given.split(",") if (host := part.strip())]
        if hosts == ["*"]:
            if names[0] != _GRPC:
                continue
            hosts = []
        found[names[0]] = ",".join([*hosts, *(host for host in LOOPBACK if host not in hosts)])
    return found
