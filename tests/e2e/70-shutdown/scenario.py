# SPDX-License-Identifier: GPL-2.0-or-later
from lib import ends

scenario = ends.all_ends("reboot, kexec, soft-reboot and power-off lose nothing that was written at their end")
