# SPDX-License-Identifier: GPL-2.0-or-later
"""Against a made-up target: redirections, lists that come in pieces, and everything that a target should not do."""

import os
import socket
import struct
import tempfile
import threading

from lib.proc import run

from .client import LOGIN_S, Client, Failure, expect

HOST = "127.0.0.1"
NAME = "iqn.2025-02.dev.example:fake"
LOGIN, TEXT, LOGOUT, NOP_IN = 0x23, 0x24, 0x26, 0x20
TO_OPERATIONAL, TO_FULL = 0x81, 0x87
NO_TAG = 0xFFFFFFFF


class Gone(Exception):
    """The client has closed the connection."""


class Conversation:
    """One connection, from the target's side."""

    def __init__(self, sock: socket.socket):
        self.sock = sock
        self.header = b""
        self.stat_sn = 0

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self.sock.recv(size - len(data))
            if not piece:
                raise Gone
            data += piece
        return data

    def hear(self) -> bytes:
        """The data of the next PDU; its header is in self.header."""
        self.header = self._exactly(48)
        size = int.from_bytes(self.header[5:8], "big")
        return self._exactly(-(-size // 4) * 4)[:size]

    def say(self, opcode: int, flags: int, data: bytes = b"", status: int = 0, ttt: int = 0, **odd: int) -> None:
        """An answer to what was heard last. @odd: itt or length, if they are to be others than is right."""
        header = bytearray(48)
        header[0:2] = opcode, flags
        header[5:8] = odd.get("length", len(data)).to_bytes(3, "big")
        header[14:16] = b"\0\7"
        header[16:20] = struct.pack(">I", odd["itt"]) if "itt" in odd else self.header[16:20]
        header[20:24] = struct.pack(">I", ttt)
        self.stat_sn += 1
        header[24:28] = struct.pack(">I", self.stat_sn)
        header[36:38] = struct.pack(">H", status)
        self.sock.sendall(bytes(header) + data + bytes(-len(data) % 4))

    def log_in(self) -> None:
        """An ordinary login."""
        self.hear()
        self.say(LOGIN, TO_OPERATIONAL, b"AuthMethod=None\0TargetPortalGroupTag=3\0")
        self.hear()
        self.say(LOGIN, TO_FULL, b"HeaderDigest=None\0DataDigest=None\0")

    def log_out(self) -> None:
        """An ordinary end."""
        self.hear()
        self.say(LOGOUT, 0x80)


class Fake:
    """Listens on a port of its own and answers each connection by @script, in a thread."""

    def __init__(self, script):
        self.script = script
        self.connections = 0
        self.listener = socket.create_server((HOST, 0))
        self.portal = f"{HOST}:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            with sock:
                sock.settimeout(LOGIN_S)
                try:
                    self.script(Conversation(sock))
                except (Gone, OSError):
                    pass

    def __enter__(self) -> "Fake":
        return self

    def __exit__(self, *_) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


def good(talk: Conversation) -> None:
    """A target as it should be."""
    talk.log_in()
    talk.log_out()


def moved(portal: str, detail: int):
    """A target that is somewhere else."""

    def script(talk: Conversation) -> None:
        talk.hear()
        talk.say(LOGIN, 0, f"TargetAddress={portal},3\0".encode(), status=0x0100 + detail)

    return script


def redirection(client: Client) -> None:
    with Fake(good) as there:
        with Fake(moved(there.portal, 1)) as group:
            expect(client.login(group.portal, NAME), f"^at {there.portal}, then {group.portal}, tpgt 3")
        with Fake(moved(there.portal, 2)) as old:
            expect(client.login(old.portal, NAME), f"^at {there.portal}, then {there.portal}, tpgt 3")
            with Fake(moved(old.portal, 1)) as older:
                expect(client.login(older.portal, NAME), f"^at {there.portal}, then {there.portal}, tpgt 3")


def redirection_fails(client: Client) -> None:
    with Fake(lambda talk: None) as loop:
        loop.script = moved(loop.portal, 1)
        expect(client.login(loop.portal, NAME), "sent on more than 4 times")
        if loop.connections != 5:
            raise Failure(f"{loop.connections} connections for 4 redirections")
    with Fake(moved("127.0.0.1:9", 1)) as group:
        expect(client.login(group.portal, NAME), f"^{group.portal} sent us on: 127.0.0.1 refuses connections to port 9")
    with Fake(moved("", 1)) as group:
        expect(client.login(group.portal, NAME), f"^{group.portal} sends us on: portal ,3: no address")


def list_in_pieces(client: Client) -> None:
    whole = b"".join(b"TargetName=%s:%d\0TargetAddress=127.0.0.1:3260,1\0" % (NAME.encode(), n) for n in range(900))

    def script(talk: Conversation) -> None:
        talk.log_in()
        if talk.hear() != b"SendTargets=All\0":
            raise Failure("that is no SendTargets")
        for at in range(0, len(whole), 8001):
            if at + 8001 >= len(whole):
                talk.say(TEXT, 0x80, whole[at:], ttt=NO_TAG)
                break
            talk.say(TEXT, 0x40, whole[at : at + 8001], ttt=17)
            if talk.hear() or talk.header[20:24] != struct.pack(">I", 17):
                raise Failure("the list is not asked for as it should")
        talk.log_out()

    with Fake(script) as fake:
        text = client.discover(fake.portal)
        expect(text, f"{fake.portal} shows", "shows 900 targets, and none has")
        if text.count("127.0.0.1:3260,1") != 900:
            raise Failure(f"{text.count('127.0.0.1:3260,1')} targets of 900")


def pings(client: Client) -> None:
    def script(talk: Conversation) -> None:
        talk.log_in()
        talk.hear()
        asked = talk.header
        talk.header = asked[:16] + struct.pack(">I", NO_TAG) + asked[20:]
        talk.say(NOP_IN, 0x80, ttt=5)
        talk.hear()
        if talk.header[0] != 0x40 or talk.header[20:24] != struct.pack(">I", 5):
            raise Failure("a ping is not answered")
        talk.header = asked
        talk.say(TEXT, 0x80, b"TargetName=" + NAME.encode() + b"\0", ttt=NO_TAG)
        talk.log_out()

    with Fake(script) as fake:
        expect(client.discover(fake.portal), f"^  {NAME}$", f"A boot without target= takes {NAME}")


def endless(talk: Conversation) -> None:
    talk.log_in()
    while True:
        talk.hear()
        talk.say(TEXT, 0x40, b"TargetName=" + b"x" * 20 + b"\0" * 30000, ttt=1)


def half_way(talk: Conversation) -> None:
    talk.hear()
    talk.say(LOGIN, TO_OPERATIONAL, b"AuthMethod=None\0")
    talk.hear()


def endless_login(talk: Conversation) -> None:
    while True:
        talk.hear()
        talk.say(LOGIN, 0x40, b"TargetAlias=" + b"x" * 8000)


def never(talk: Conversation) -> None:
    talk.hear()
    talk.sock.recv(1)


def slowly(talk: Conversation) -> None:
    talk.hear()
    talk.sock.sendall(bytes([LOGIN, TO_OPERATIONAL]) + bytes(20))
    talk.sock.recv(1)


def hostile(client: Client) -> None:
    def once(*args, **named):
        def script(talk: Conversation) -> None:
            talk.hear()
            talk.say(*args, **named)
            talk.sock.recv(1)

        return script

    for script, want in (
        (once(LOGIN, TO_OPERATIONAL, b"", length=0xFFFFFF), "sends 16777215 bytes of data in a PDU where 8192"),
        (once(LOGIN, TO_OPERATIONAL, b"AuthMethod=None\0", itt=99), "answers a request 0x00000063"),
        (once(0x3F, 0x80), "rejects the login"),
        (once(LOGIN, TO_OPERATIONAL, b"AuthMethod"), 'sends text that ends within "AuthMethod"'),
        (once(LOGIN, TO_OPERATIONAL, b"\x1b[2J=\0"), r"sends \"\\x1b\[2J=\""),
        (once(LOGIN, 0x83), "goes to stage 3"),
        (endless_login, "more than 65536 bytes of text"),
        (never, "does not answer any more"),
        (half_way, "closes the connection in the middle of the exchange"),
        (slowly, "does not answer any more"),
        (lambda talk: talk.hear(), "closes the connection at a login without CHAP: it may want"),
        (lambda talk: talk.sock.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" * 20), "(additional header|bytes of data|something else)"),
    ):
        with Fake(script) as fake:
            seconds = 2 if script in (never, slowly) else LOGIN_S
            expect(client.login(fake.portal, NAME, seconds=seconds), f"^{fake.portal}.*{want}")
    with Fake(endless) as fake:
        expect(client.discover(fake.portal), "sends more than 262144 bytes of text in one answer")


def damaged(client: Client) -> None:
    """Lengths and ends that are not where they should be, at each stage."""

    def header(**fields: int) -> bytes:
        at = {"opcode": 0, "flags": 1, "ahs": 4, "length": 7}
        text = bytearray(48)
        text[0:2] = LOGIN, TO_OPERATIONAL
        for name, value in fields.items():
            text[at[name]] = value
        return bytes(text)

    def raw(*pieces: bytes):
        def script(talk: Conversation) -> None:
            talk.hear()
            for piece in pieces:
                talk.sock.sendall(piece)

        return script

    def second(*args, **named):
        def script(talk: Conversation) -> None:
            talk.hear()
            talk.say(LOGIN, TO_OPERATIONAL, b"AuthMethod=None\0")
            talk.hear()
            talk.say(*args, **named)
            talk.sock.recv(1)

        return script

    gone = "closes the connection in the middle of the exchange"
    for script, want in (
        (raw(header()[:47]), gone),
        (raw(header(length=20), b"AuthMethod=None"), gone),
        (raw(header(ahs=255)), "additional header"),
        (raw(header(opcode=0x21)), "answers the login with something else .PDU 0x21"),
        (second(LOGIN, TO_FULL, b"HeaderDigest=CRC32C\0"), "HeaderDigest=CRC32C, which it cannot be"),
        (second(LOGIN, TO_FULL, b"HeaderDigest=None\0HeaderDigest=None\0"), "HeaderDigest a second time"),
        (second(LOGIN, TO_FULL, b"MaxBurstLength=" + b"9" * 4000 + b"\0"), "MaxBurstLength=9+\\.\\.\\., which it cannot"),
        (second(LOGIN, TO_FULL, b"=None\0"), "whose key is no name"),
        (second(LOGIN, TO_FULL, b"X" * 70 + b"=1\0"), "whose key is no name"),
        (second(LOGIN, TO_FULL, b"", status=0x0301), "cannot serve the login now"),
    ):
        with Fake(script) as fake:
            expect(client.login(fake.portal, NAME), f"({fake.portal}|the target).*({want})")


def never_ends(client: Client) -> None:
    """Exchanges that go on and on: none is taken part in for ever."""

    def undecided(talk: Conversation) -> None:
        while True:
            talk.hear()
            talk.say(LOGIN, 0)

    def pinging(talk: Conversation) -> None:
        talk.log_in()
        talk.hear()
        while True:
            talk.say(NOP_IN, 0x80, itt=NO_TAG, ttt=NO_TAG)

    def listing(*args, **named):
        def script(talk: Conversation) -> None:
            talk.log_in()
            while True:
                talk.hear()
                talk.say(TEXT, *args, **named)

        return script

    with Fake(undecided) as fake:
        expect(client.login(fake.portal, NAME), f"^{fake.portal} has not finished the login after 32 requests")
    for script, want in (
        (pinging, "does nothing but ping"),
        (listing(0x40, b"", ttt=1), "does not come to an end of its list"),
        (listing(0x80, b"TargetName=x\0", ttt=NO_TAG, itt=7), "SendTargets"),
        (listing(0x80, b"", ttt=NO_TAG, length=0xFFFFFF), "sends 16777215 bytes of data in a PDU where"),
        (listing(0x80, b"TargetAddress=10.0.0.1\0", ttt=NO_TAG), "of no target"),
    ):
        with Fake(script) as fake:
            expect(client.discover(fake.portal), f"{fake.portal}.*{want}")


def refused(client: Client) -> None:
    def script(talk: Conversation) -> None:
        talk.hear()
        talk.say(LOGIN, 0, status=0x0202)

    with Fake(script) as fake:
        expect(
            client.login(fake.portal, NAME),
            f"^the target {fake.portal} does not accept initiator iqn.2025-02.dev.example:client for {NAME}: its access",
        )


def lossy_names(queries: list[int], sock: socket.socket) -> None:
    """A name server for every name, whose first answer for IPv4 gets lost; notes the types it was asked for."""
    while True:
        try:
            query, client = sock.recvfrom(512)
        except OSError:
            return
        kind = query[-3]
        queries.append(kind)
        if kind == 28:  # AAAA: there is none
            sock.sendto(query[:2] + b"\x81\x80" + query[4:], client)
        elif queries.count(kind) > 1:
            answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(HOST)
            sock.sendto(query[:2] + b"\x81\x80\0\1\0\1" + query[8:] + answer, client)


def lost_answer(client: Client) -> None:
    """That there is no IPv6 address says nothing of the other answer, which did not come."""
    queries: list[int] = []
    with (
        tempfile.NamedTemporaryFile("w") as conf,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock,
        Fake(good) as fake,
    ):
        conf.write(f"nameserver {HOST}\n")
        conf.flush()
        run("mount", "--bind", conf.name, os.path.realpath("/etc/resolv.conf"))
        try:
            sock.bind((HOST, 53))
            threading.Thread(target=lossy_names, args=(queries, sock), daemon=True).start()
            expect(client.login(fake.portal.replace(HOST, "nas.example.org"), NAME), f"^at {fake.portal},")
        finally:
            run("umount", os.path.realpath("/etc/resolv.conf"))
    if queries.count(1) != 2:
        raise Failure(f"the name server was asked for {queries}")


TESTS = {
    "redirection": redirection,
    "redirection-fails": redirection_fails,
    "list-in-pieces": list_in_pieces,
    "pings": pings,
    "hostile": hostile,
    "damaged": damaged,
    "never-ends": never_ends,
    "access-list": refused,
    "lost-answer": lost_answer,
}
