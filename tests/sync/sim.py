# SPDX-License-Identifier: GPL-2.0-or-later
"""What the simulated firmware of tests/sim loads from the boot directory of a rig."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "sim"))

from pi.boot import Machine, boot  # noqa: E402
from pi.source import Tree  # noqa: E402

PREFIX = "boot/"


def outcome(rig, model: str = "pi4", tryboot: bool = False):
    """What a board boots whose TFTP server has the rig's directory as its root."""
    return boot(Machine(model, serial="10000000abcd1234", prefix=PREFIX, tryboot=tryboot), Tree(rig.work))


def boots(rig, model: str = "pi4", tryboot: bool = False) -> dict:
    """The names of what boots, below the boot directory, and the command line."""
    got = outcome(rig, model, tryboot)
    assert got.boots, (got.reason, got.error, got.notes)
    return {
        "kernel": got.kernel.name.removeprefix(PREFIX),
        "initramfs": [file.name.removeprefix(PREFIX) for file in got.initramfs],
        "device_tree": got.device_tree.name.removeprefix(PREFIX),
        "overlays": [file.name.removeprefix(PREFIX) for file in got.overlays if file.name.endswith(".dtbo")],
        "cmdline": got.cmdline_text,
    }
