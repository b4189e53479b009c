# SPDX-License-Identifier: GPL-2.0-or-later
"""A bad cable between a guest and a network: one frame in so many is lost, in each direction."""

import fcntl
import os
import random
import select
import socket
import struct
import threading

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
FRAME_MAX = 65536
SEED = 77  # the same losses in each run, as far as the frames are the same


class Wire:
    """Carries frames between the tap device @guest, which has a guest on it, and a new one, @name, for a bridge.

    A kernel that is given frames by a program does checksums and segments itself, so each frame here is one of the
    network; the guest's adapter must be one that leaves nothing to the host either (e1000)."""

    def __init__(self, guest: str, name: str, loss_percent: int):
        self.chance = loss_percent / 100
        self.random = random.Random(SEED)
        self.carried = self.lost = 0
        self.network = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
        fcntl.ioctl(self.network, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TAP | IFF_NO_PI))
        self.guest = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))  # ETH_P_ALL
        self.guest.bind((guest, 0))
        self.ends, self.stop = os.pipe()
        self.thread = threading.Thread(target=self._carry, daemon=True)

    def start(self) -> None:
        """Both devices are up by now."""
        self.thread.start()

    def close(self) -> None:
        """Ends the wire; its device goes with it."""
        os.close(self.stop)
        self.thread.join()
        self.guest.close()
        for fd in (self.network, self.ends):
            os.close(fd)

    def _carry(self) -> None:
        while True:
            ready, _, _ = select.select([self.network, self.guest, self.ends], [], [])
            if self.ends in ready:
                return
            if self.network in ready:
                self._pass(os.read(self.network, FRAME_MAX), self.guest.send)
            if self.guest in ready:
                frame, address = self.guest.recvfrom(FRAME_MAX)
                if address[2] != socket.PACKET_OUTGOING:
                    self._pass(frame, lambda data: os.write(self.network, data))

    def _pass(self, frame: bytes, send) -> None:
        if self.random.random() < self.chance:
            self.lost += 1
            return
        self.carried += 1
        try:
            send(frame)
        except OSError:
            self.lost += 1  # the device at the other end is down
