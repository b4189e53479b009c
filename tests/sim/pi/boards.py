# SPDX-License-Identifier: GPL-2.0-or-later
"""What differs from board to board."""

from dataclasses import dataclass

# The order in which the operating system's files are asked for. Pi 4: server logs in rpi-eeprom#87; Pi 5: the log in
# raspberrypi/linux#7319 up to the command line; on a Pi 3 the initramfs follows the kernel.
INITRAMFS_FIRST = ("initramfs", "device_tree", "overlays", "cmdline", "kernel")
KERNEL_FIRST = ("device_tree", "overlays", "cmdline", "kernel", "initramfs")


@dataclass(frozen=True)
class Board:
    """@filters are the model sections of config.txt that it sees, @type its number in [board-type=]. @kernels64 and
    @kernels32 are the kernels it looks for when none is named. @trees are its device trees, the better first, as
    Raspberry Pi calls them, @upstream as kernel.org does."""

    family: int
    filters: tuple[str, ...]
    type: int
    kernels64: tuple[str, ...]
    kernels32: tuple[str, ...]
    default_64bit: bool
    trees: tuple[str, ...]
    upstream: tuple[str, ...]
    order: tuple[str, ...]


def _pi3(filters: tuple[str, ...], number: int, *names: str) -> Board:
    return Board(
        3,
        filters,
        number,
        ("kernel8.img",),
        ("kernel7.img",),
        False,
        tuple(f"bcm2710-rpi-{name}.dtb" for name in names),
        tuple(f"bcm2837-rpi-{name}.dtb" for name in names),
        KERNEL_FIRST,
    )


def _pi4(filters: tuple[str, ...], number: int, trees: tuple[str, ...], upstream: tuple[str, ...]) -> Board:
    return Board(4, filters, number, ("kernel8.img",), ("kernel7l.img",), True, trees, upstream, INITRAMFS_FIRST)


def _pi5(filters: tuple[str, ...], number: int, tree: str) -> Board:
    kernels = ("kernel_2712.img", "kernel8.img")
    return Board(5, filters, number, kernels, kernels, True, (tree,), (tree,), KERNEL_FIRST)


PI4_TREE = "bcm2711-rpi-4-b.dtb"

# A board falls back to the tree of its plainer relative (firmware#1660, #1720).
BOARDS = {
    "pi3": _pi3(("pi3",), 0x08, "3-b"),
    "pi3+": _pi3(("pi3", "pi3+"), 0x0D, "3-b-plus", "3-b"),
    "pi4": _pi4(("pi4",), 0x11, (PI4_TREE,), (PI4_TREE,)),
    "pi400": _pi4(("pi4", "pi400"), 0x13, ("bcm2711-rpi-400.dtb", PI4_TREE), ("bcm2711-rpi-400.dtb", PI4_TREE)),
    "cm4": _pi4(("pi4", "cm4"), 0x14, ("bcm2711-rpi-cm4.dtb", PI4_TREE), ("bcm2711-rpi-cm4-io.dtb", PI4_TREE)),
    "pi5": _pi5(("pi5",), 0x17, "bcm2712-rpi-5-b.dtb"),
    "cm5": _pi5(("pi5", "cm5"), 0x18, "bcm2712-rpi-cm5-cm5io.dtb"),
    "pi500": _pi5(("pi5", "pi500"), 0x19, "bcm2712-rpi-500.dtb"),
}

KERNELS_64 = {name for board in BOARDS.values() for name in board.kernels64}
KERNELS_32 = {"kernel.img", "kernel7.img", "kernel7l.img"}
