# SPDX-License-Identifier: GPL-2.0-or-later
"""The Raspberry Pi bootloader, simulated: see ../piboot for what it models. A test that boots many times uses

    from pi.boot import Machine, boot
    from pi.source import Tree

    outcome = boot(Machine("pi4", serial="10000000abcd1234"), Tree("/srv/tftp"))
    if not outcome.boots: print(outcome.reason)
"""
