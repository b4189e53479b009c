# SPDX-License-Identifier: GPL-2.0-or-later
"""The tests of the iSCSI client: against a real target, and against one that is made up."""
