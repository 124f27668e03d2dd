"""Whose word is taken for where a visitor comes from: nobody's, unless a setting names a proxy.

What belongs here: the setting, and the address by which visitors are told apart. What does not: what is limited by
address (``app.classroom.rooms``, ``places``, ``connections``).
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence

from spreadsim.errors import InputError

PROXIES_VARIABLE = "SPREADSIM_PROXIES"  # addresses of proxies in front of the app, divided by commas
IPV6_HOME = 64  # bits that tell one IPv6 subscriber from another: whoever has an address has all that begin alike


def trusted_proxies() -> list[str]:
    """Return the proxies whose X-Forwarded-For is believed, as the server's settings say.

    Returns
    -------
    Addresses and networks; none where the setting is not made.

    Raises
    ------
    InputError : the setting names something else.

    Examples
    --------
    >>> trusted_proxies()
    []
    """
    names = [name.strip() for name in os.environ.get(PROXIES_VARIABLE, "").split(",") if name.strip()]
    for name in names:
        try:
            ipaddress.ip_network(name)
        except ValueError:
            raise InputError(
                PROXIES_VARIABLE, "", f"{name[:60]!r} is no address",
                "give the addresses of your proxies, such as 127.0.0.1 or 10.0.0.0/8, divided by commas",
            ) from None  # fmt: skip
    return names


def is_among(host: str, names: Sequence[str]) -> bool:
    """Return whether an address is one of the proxies, or in one of their networks.

    Parameters
    ----------
    host : address.
    names : addresses and networks.

    Returns
    -------
    False for what is no address.

    Examples
    --------
    >>> is_among("10.1.2.3", ["127.0.0.1", "10.0.0.0/8"]), is_among("testclient", ["127.0.0.1"])
    (True, False)
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(name) for name in names)


def address_group(host: str) -> str:
    """Return that by which visitors are told apart: an IPv4 address, or the network of an IPv6 one.

    Parameters
    ----------
    host : address of a visitor.

    Returns
    -------
    The same for all the addresses that one IPv6 subscriber may choose from.

    Examples
    --------
    >>> address_group("192.0.2.7"), address_group("::ffff:192.0.2.7"), address_group("2001:db8::1:2")
    ('192.0.2.7', '192.0.2.7', '2001:db8::/64')
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host[:60]
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), IPV6_HOME), strict=False))
