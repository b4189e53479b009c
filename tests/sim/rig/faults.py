# SPDX-License-Identifier: GPL-2.0-or-later
"""The TFTP client against servers that misbehave. Each server is a function that is given a request and a socket of its
own and answers as it likes."""

import socket
import struct
import threading
from collections.abc import Callable

from pi.source import TransportError
from pi.tftp import Tftp, Transfer

NAME = "tftp"
LIMIT_S = 0.4
RESEND_S = 0.1
CONTENT = bytes(range(256)) * 10  # two blocks of 1024 and a part of one


def _packet(kind: int, number: int, data: bytes = b"") -> bytes:
    return struct.pack("!HH", kind, number) + data


def _oack(**options: int) -> bytes:
    body = b"".join(f"{name}\0{value}\0".encode() for name, value in options.items())
    return struct.pack("!H", 6) + body


def _block(number: int, size: int = 1024) -> bytes:
    return _packet(3, number, CONTENT[(number - 1) * size : number * size])


class Wire:
    """What a misbehaving server has in hand: the request, and a socket towards the client."""

    def __init__(self, request: bytes, client: tuple[str, int], count: int, address: str = "127.0.0.1"):
        self.request = request
        self.client = client
        self.count = count
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((address, 0))
        self.sock.settimeout(0.25)

    def send(self, packet: bytes) -> None:
        self.sock.sendto(packet, self.client)

    def receive(self) -> bytes:
        """The client's next packet, or nothing."""
        try:
            return self.sock.recvfrom(65535)[0]
        except TimeoutError:
            return b""

    def expect(self, packet: bytes) -> None:
        if self.receive() != packet:
            self.send(_packet(5, 0, b"the test expected another packet\0"))

    def rest(self, first: int = 1, size: int = 1024) -> None:
        """Sends block @first and all behind it, properly."""
        for number in range(first, len(CONTENT) // size + 2):
            self.send(_block(number, size))
            self.expect(_packet(4, number))


def proper(wire: Wire) -> None:
    wire.send(_oack(tsize=len(CONTENT), blksize=1024))
    wire.expect(_packet(4, 0))
    wire.rest()


def silent(wire: Wire) -> None:
    del wire


def stops(wire: Wire) -> None:
    wire.send(_oack(blksize=1024))
    wire.send(_block(1))


def fails_midway(wire: Wire) -> None:
    wire.send(_block(1, 512))
    wire.send(_packet(5, 0, b"disk is gone\0"))


def fails_after_oack(wire: Wire) -> None:
    wire.send(_oack(tsize=4096, blksize=1024))
    wire.expect(_packet(4, 0))
    wire.send(_packet(5, 0, b"is a directory\0"))


def not_found(wire: Wire) -> None:
    wire.send(_packet(5, 1, b"not found\0"))


def forbidden(wire: Wire) -> None:
    wire.send(_packet(5, 2, b"no\0"))


def without_options(wire: Wire) -> None:
    wire.rest(size=512)


def refuses_options(wire: Wire) -> None:
    if b"blksize" in wire.request:
        wire.send(_packet(5, 8, b"no options\0"))
    else:
        wire.rest(size=512)


def deaf_once(wire: Wire) -> None:
    if wire.count > 1:
        proper(wire)


def says_all_twice(wire: Wire) -> None:
    wire.send(_oack(blksize=1024))
    wire.send(_oack(blksize=1024))
    wire.expect(_packet(4, 0))
    wire.expect(_packet(4, 0))
    for number in (1, 2, 3):
        wire.send(_block(number))
        wire.send(_block(number))
        wire.expect(_packet(4, number))
        if number < 3:  # after the last block nobody listens
            wire.expect(_packet(4, number))


def loses_a_block(wire: Wire) -> None:
    wire.send(_oack(blksize=1024))
    wire.expect(_packet(4, 0))
    wire.expect(_packet(4, 0))  # the client asks again for what it did not get
    wire.rest()


def intruded(wire: Wire) -> None:
    wire.send(_oack(blksize=1024))
    wire.expect(_packet(4, 0))
    other = Wire(wire.request, wire.client, 0)
    other.send(_packet(3, 1, b"forged"))
    if other.receive()[:4] != _packet(5, 5):
        wire.send(_packet(5, 0, b"the stranger was not sent away\0"))
    other.sock.close()
    wire.rest()


def forestalled(wire: Wire) -> None:
    """A stranger answers before the server does."""
    other = Wire(wire.request, wire.client, 0, "127.0.0.2")
    other.send(_packet(5, 1, b"not found\0"))
    other.sock.close()
    proper(wire)


def large_blocks(wire: Wire) -> None:
    wire.send(_oack(blksize=1428))


def no_blocks(wire: Wire) -> None:
    wire.send(_oack(blksize=0))


def other_option(wire: Wire) -> None:
    wire.send(_oack(windowsize=4))


def broken_oack(wire: Wire) -> None:
    wire.send(struct.pack("!H", 6) + b"blksize\0")


def option_without_number(wire: Wire) -> None:
    wire.send(struct.pack("!H", 6) + b"tsize\0-1\0")


def block_too_long(wire: Wire) -> None:
    wire.send(_packet(3, 1, bytes(513)))


def short_packet(wire: Wire) -> None:
    wire.send(b"\0\3\0")


def ack_for_data(wire: Wire) -> None:
    wire.send(_packet(4, 1))


def shorter_than_promised(wire: Wire) -> None:
    wire.send(_oack(tsize=len(CONTENT) + 1, blksize=1024))
    wire.expect(_packet(4, 0))
    wire.rest()


def promises_too_much(wire: Wire) -> None:
    wire.send(_oack(tsize=1 << 20, blksize=1024))


def sends_too_much(wire: Wire) -> None:
    for number in range(1, 200):
        wire.send(_packet(3, number, bytes(512)))
        if wire.receive() != _packet(4, number):
            return


def _ask(server: Callable[[Wire], None], whole: bool) -> str:
    """What the client says of a file that @server serves: "2560 bytes", "there", why it is not, or the error."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(0.05)
        over = threading.Event()

        def serve() -> None:
            count = 0
            while not over.is_set():
                try:
                    request, client = sock.recvfrom(65535)
                except TimeoutError:
                    continue
                count += 1
                wire = Wire(request, client, count)
                server(wire)
                wire.sock.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        source = Tftp("127.0.0.1", sock.getsockname()[1], LIMIT_S, RESEND_S, 1024, 65536)
        try:
            if not whole:
                return "there" if source.exists("file") else source.why
            data = source.read("file")
            if data is None:
                return source.why
            return f"{len(data)} bytes" if data == CONTENT else "other data"
        except TransportError as error:
            return f"error: {error}"
        finally:
            over.set()
            thread.join()


READS = [
    (proper, "2560 bytes"),
    (silent, "error: file: no answer in 0.4 s"),
    (stops, "error: file: no answer in 0.4 s after 1024 bytes"),
    (fails_midway, "error: file: the server gave up after 512 bytes: 'disk is gone'"),
    (fails_after_oack, "refused"),
    (not_found, "absent"),
    (forbidden, "refused"),
    (without_options, "2560 bytes"),
    (refuses_options, "2560 bytes"),
    (deaf_once, "2560 bytes"),
    (says_all_twice, "2560 bytes"),
    (loses_a_block, "2560 bytes"),
    (intruded, "2560 bytes"),
    (forestalled, "2560 bytes"),
    (large_blocks, "error: file: blocks of 1428 bytes were not asked for"),
    (no_blocks, "error: file: blocks of 0 bytes were not asked for"),
    (other_option, "error: file: option windowsize was not asked for"),
    (broken_oack, "error: file: malformed option acknowledgement"),
    (option_without_number, "error: file: option tsize has no number"),
    (block_too_long, "error: file: block of 513 bytes where 512 were agreed"),
    (short_packet, "error: file: packet of less than four bytes"),
    (ack_for_data, "error: file: packet of type 4 is no answer to a read request"),
    (shorter_than_promised, "error: file: 2560 of the promised 2561 bytes"),
    (promises_too_much, "error: file: 1048576 bytes, more than 65536"),
    (sends_too_much, "error: file: more than 65536 bytes"),
]
PROBES = [
    (proper, "there"),
    (without_options, "there"),
    (not_found, "absent"),
    (forbidden, "refused"),
    (silent, "error: file: no answer in 0.4 s"),
]


def _test(server: Callable[[Wire], None], wanted: str, whole: bool) -> Callable[[str], list[str]]:
    def test(_work: str) -> list[str]:
        got = _ask(server, whole)
        return [] if got == wanted else [f"got {got!r}", f"wanted {wanted!r}"]

    return test


def _rollover(_work: str) -> list[str]:
    """Block 65535 is followed by block 0, and that one's repetition is known for one."""
    client = Tftp("127.0.0.1")
    transfer = Transfer("file", block_size=8, answered=True, expected=65535)
    steps = [(65535, b"a" * 8), (0, b"b" * 8), (0, b"b" * 8), (2, b"d" * 8), (1, b"c")]
    got = [client._take(transfer, number, data) for number, data in steps]
    zero = _packet(4, 0)
    wanted = [(_packet(4, 65535), False), (zero, False), (zero, False), (None, False), (_packet(4, 1), True)]
    if got == wanted and bytes(transfer.data) == b"a" * 8 + b"b" * 8 + b"c":
        return []
    return [f"{got}", f"{bytes(transfer.data)}"]


TESTS = {f"read-{server.__name__}".replace("_", "-"): _test(server, wanted, True) for server, wanted in READS}
TESTS |= {f"probe-{server.__name__}".replace("_", "-"): _test(server, wanted, False) for server, wanted in PROBES}
TESTS["block-number-rollover"] = _rollover
