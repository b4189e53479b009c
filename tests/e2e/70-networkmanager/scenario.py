# SPDX-License-Identifier: GPL-2.0-or-later
from lib.manager import undisturbed
from lib.managers import NETWORKMANAGER

scenario = undisturbed("NetworkManager, which manages every wired interface, leaves the root's address alone", NETWORKMANAGER)
