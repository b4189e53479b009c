# SPDX-License-Identifier: GPL-2.0-or-later
from lib import ends

scenario = ends.with_exitrd("the root is unmounted at reboot and power-off, when the machine has gone back to an initramfs")
