# SPDX-License-Identifier: GPL-2.0-or-later
"""A TFTP client that asks as the bootloader does: read requests in octet mode (RFC 1350) with the options blksize and
tsize (RFC 2347 to 2349), never a window. Memory and time of a transfer are bounded."""

import socket
import struct
import time
from dataclasses import dataclass, field

from .source import Source, TransportError

RRQ, DATA, ACK, ERROR, OACK = 1, 3, 4, 5, 6
UNDEFINED, NOT_FOUND, NO_SPACE, ILLEGAL, UNKNOWN_TID, BAD_OPTIONS = 0, 1, 3, 4, 5, 8

DEFAULT_BLOCK = 512
# What boards of any age ask for (firmware from October 2022 on may ask for 1468).
BLOCK_SIZE = 1024
# TFTP_FILE_TIMEOUT of the EEPROM.
FILE_TIMEOUT_S = 30.0
RESEND_S = 1.0
MAX_BYTES = 256 << 20
MAX_PACKET = 65535


@dataclass
class Transfer:
    """One transfer. @answered once the server has shown that it has the file."""

    name: str
    block_size: int = DEFAULT_BLOCK
    size: int | None = None
    answered: bool = False
    expected: int = 1
    data: bytearray = field(default_factory=bytearray)


class Refused(Exception):
    """The server sent an error and no data: (code)."""


def _error(code: int, text: str) -> bytes:
    return struct.pack("!HH", ERROR, code) + text.encode() + b"\0"


def _options(body: bytes) -> dict[str, str]:
    """The names, in lower case, and values of an OACK (RFC 2347). Raises ValueError when it is malformed."""
    words = body.split(b"\0")
    if words.pop() or len(words) % 2 or not all(words):
        raise ValueError("malformed option acknowledgement")
    texts = [word.decode("ascii") for word in words]
    return {name.lower(): value for name, value in zip(texts[::2], texts[1::2])}


class Tftp(Source):
    """The files of a TFTP server. @resend_s is the pause before a packet is repeated, @file_timeout_s what one file may
    take, @max_bytes what it may have."""

    def __init__(
        self,
        server: str,
        port: int = 69,
        file_timeout_s: float = FILE_TIMEOUT_S,
        resend_s: float = RESEND_S,
        block_size: int = BLOCK_SIZE,
        max_bytes: int = MAX_BYTES,
    ):
        self.file_timeout_s = file_timeout_s
        self.resend_s = resend_s
        self.block_size = block_size
        self.max_bytes = max_bytes
        try:
            found = socket.getaddrinfo(server, port, type=socket.SOCK_DGRAM)
        except OSError as error:
            raise TransportError(f"{server}: {error.strerror}") from error
        self.family, _, _, _, self.address = found[0]

    def read(self, name: str) -> bytes | None:
        transfer = self._ask(name, whole=True)
        return None if transfer is None else bytes(transfer.data)

    def exists(self, name: str) -> bool:
        """As the bootloader does it: begins a transfer and ends it by an error packet after the first answer."""
        return self._ask(name, whole=False) is not None

    def _ask(self, name: str, whole: bool) -> Transfer | None:
        try:
            try:
                return self._transfer(name, whole, options=True)
            except Refused as refused:
                if refused.args[0] != BAD_OPTIONS:
                    raise
                return self._transfer(name, whole, options=False)
        except Refused as refused:
            self.why = "absent" if refused.args[0] == NOT_FOUND else "refused"
            return None
        except OSError as error:
            raise TransportError(f"{name}: {error.strerror or error}") from error

    def _request(self, name: str, options: bool) -> bytes:
        packet = struct.pack("!H", RRQ) + name.encode("utf-8", "surrogateescape") + b"\0octet\0"
        if options:
            packet += b"tsize\0" + b"0\0" + b"blksize\0" + str(self.block_size).encode() + b"\0"
        return packet

    def _transfer(self, name: str, whole: bool, options: bool) -> Transfer:
        """Returns the transfer, complete if @whole, else begun. Raises Refused, TransportError, OSError."""
        transfer = Transfer(name)
        deadline = time.monotonic() + self.file_timeout_s
        peer = None
        with socket.socket(self.family, socket.SOCK_DGRAM) as sock:
            last, to = self._request(name, options), self.address
            sock.sendto(last, to)
            while True:
                answer = self._receive(sock, peer, deadline)
                if answer is None:
                    if time.monotonic() >= deadline:
                        got = f" after {len(transfer.data)} bytes" if transfer.answered else ""
                        raise TransportError(f"{name}: no answer in {self.file_timeout_s:g} s{got}")
                    sock.sendto(last, to)
                    continue
                packet, peer = answer
                to = peer
                try:
                    reply, done = self._handle(transfer, packet, whole, options)
                except ValueError as error:
                    sock.sendto(_error(ILLEGAL, str(error)), peer)
                    raise TransportError(f"{name}: {error}") from error
                if reply:
                    last = reply
                    sock.sendto(last, peer)
                if done:
                    return transfer

    def _receive(self, sock: socket.socket, peer, deadline: float):
        """The next packet of this transfer and its sender, or None when it is time to repeat. The server chooses its
        port by its first packet (RFC 1350 section 4); packets from elsewhere are sent back."""
        until = min(deadline, time.monotonic() + self.resend_s)
        while True:
            left = until - time.monotonic()
            if left <= 0:
                return None
            sock.settimeout(left)
            try:
                packet, sender = sock.recvfrom(MAX_PACKET)
            except TimeoutError:
                return None
            if sender[0] != self.address[0]:
                continue
            if peer is not None and sender != peer:
                sock.sendto(_error(UNKNOWN_TID, "not your transfer"), sender)
                continue
            return packet, sender

    def _handle(self, transfer: Transfer, packet: bytes, whole: bool, options: bool) -> tuple[bytes | None, bool]:
        """Takes one packet: what to send in return, and whether the transfer is over. Raises Refused, TransportError,
        and ValueError for a packet that no server should send."""
        if len(packet) < 4:
            raise ValueError("packet of less than four bytes")
        kind, number = struct.unpack("!HH", packet[:4])
        if kind == ERROR:
            if not transfer.data:
                raise Refused(number)  # perhaps after an OACK: that of a directory ends so
            text = packet[4:].split(b"\0")[0].decode("ascii", "replace")
            raise TransportError(f"{transfer.name}: the server gave up after {len(transfer.data)} bytes: {text!r}")
        if kind == OACK and options and not transfer.data and transfer.expected == 1:
            self._agree(transfer, _options(packet[2:]))
        elif kind != DATA:
            raise ValueError(f"packet of type {kind} is no answer to a read request")
        transfer.answered = True
        if not whole:
            return _error(UNDEFINED, "probe"), True
        if kind == OACK:
            return struct.pack("!HH", ACK, 0), False
        return self._take(transfer, number, packet[4:])

    def _agree(self, transfer: Transfer, options: dict[str, str]) -> None:
        """Takes what the server says of the options. Raises ValueError, TransportError."""
        for name, value in options.items():
            if not value.isdigit() or len(value) > 15:
                raise ValueError(f"option {name} has no number")
            if name == "blksize":
                if not 8 <= int(value) <= self.block_size:
                    raise ValueError(f"blocks of {value} bytes were not asked for")
                transfer.block_size = int(value)
            elif name == "tsize":
                transfer.size = int(value)
                if transfer.size > self.max_bytes:
                    raise TransportError(f"{transfer.name}: {value} bytes, more than {self.max_bytes}")
            else:
                raise ValueError(f"option {name} was not asked for")

    def _take(self, transfer: Transfer, number: int, data: bytes) -> tuple[bytes | None, bool]:
        """Takes block @number. Block numbers go on with 0 after 65535, as the bootloader has it since September 2025:
        an older one cannot get such a file."""
        ack = struct.pack("!HH", ACK, number)
        if number == (transfer.expected - 1) & 0xFFFF and transfer.expected > 1:
            return ack, False  # its acknowledgement was lost
        if number != transfer.expected & 0xFFFF:
            return None, False
        if len(data) > transfer.block_size:
            raise ValueError(f"block of {len(data)} bytes where {transfer.block_size} were agreed")
        transfer.data += data
        transfer.expected += 1
        if len(transfer.data) > self.max_bytes:
            raise TransportError(f"{transfer.name}: more than {self.max_bytes} bytes")
        if len(data) == transfer.block_size:
            return ack, False
        if transfer.size not in (None, len(transfer.data)):
            raise TransportError(f"{transfer.name}: {len(transfer.data)} of the promised {transfer.size} bytes")
        return ack, True
