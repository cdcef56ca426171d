"""Which addresses may be connected to: public ones, and those that the operator has listed."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, Self

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# ipaddress.is_global is not enough: it calls multicast global, and what it says of addresses that hold another one
# differs between releases of Python. So the lists are here, as IANA's registries of special addresses have them.
_CLOSED_V4: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # "this" network: 0.0.0.0 is this machine
        "10.0.0.0/8",
        "100.64.0.0/10",  # behind a carrier's NAT; a cloud's metadata at 100.100.100.200
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's metadata and control, among public addresses
        "169.254.0.0/16",  # link-local; metadata at 169.254.169.254
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
)
_OPEN_V6: Final = IPv6Network("2000::/3")
"""All that is given out to the public; mapped, compatible, local, private and multicast addresses lie outside."""

_CLOSED_V6: Final = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocols, Teredo among them: tunnels to an IPv4 address within
        "2001:db8::/32",
        "2002::/16",  # 6to4: another such tunnel
        "3fff::/20",
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")
"""How an IPv6-only network reaches IPv4: the last four bytes are where the connection really goes."""

_HOST: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")


def is_public(address: Address) -> bool:
    """Whether this is an address of the public internet, to be reached as what it says it is."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    if address in _NAT64:
        return is_public(IPv4Address(address.packed[-4:]))
    return address in _OPEN_V6 and not any(address in network for network in _CLOSED_V6)


def literal(host: str) -> Address | None:
    """The address that ``host`` spells, in any way a resolver would take (``127.1``, ``0x7f.1``); None for a name."""
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of the operator's list: a network or a host by name, on one port or, with None, on any."""

    network: Network | None
    host: str | None
    port: int | None

    @classmethod
    def parse(cls, entry: str) -> Self:
        """Read ``10.1.0.0/16``, ``10.1.2.3:8080``, ``[fd00::1]:8080``, ``archive.example``, ``archive.example:8080``.

        Raises ValueError for anything else.
        """
        entry = entry.strip().lower()
        try:
            return cls(ip_network(entry.strip("[]")), None, None)
        except ValueError:
            pass
        place, colon, digits = entry.rpartition(":")
        if not colon:
            place, port = entry, None
        elif digits.isascii() and digits.isdigit() and 0 < int(digits[:6]) < 65_536:
            port = int(digits)
        else:
            raise ValueError("must be networks and hosts, with commas between them: 10.1.0.0/16, archive.example:8080")
        try:
            return cls(ip_network(place.strip("[]")), None, port)
        except ValueError:
            if not _HOST.fullmatch(place):
                raise ValueError(
                    "must be networks and hosts, with commas between them: 10.1.0.0/16, archive.example:8080"
                ) from None
        return cls(None, place, port)

    def covers(self, host: str, port: int, address: Address) -> bool:
        """Whether a connection to ``address``, for the sake of ``host``, is what this entry is there for."""
        if self.port not in {None, port}:
            return False
        if self.network is None:
            return self.host == host.rstrip(".").lower()
        return address.version == self.network.version and address in self.network


@dataclass(frozen=True, slots=True)
class Borders:
    """What may be connected to: whatever is public, and what is listed."""

    listed: tuple[Listed, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[str]) -> Self:
        """From the entries of FACTCHECK_OUTBOUND_ALLOW. Raises ValueError for one that is none."""
        return cls(tuple(Listed.parse(entry) for entry in entries))

    def admit(self, host: str, port: int, address: Address) -> bool:
        """Whether ``address``, which ``host`` stands for, may be connected to."""
        return is_public(address) or any(entry.covers(host, port, address) for entry in self.listed)
