# SPDX-License-Identifier: GPL-2.0-or-later
from lib import ends

scenario = ends.beside_local("a client ends as fast as a machine with a local root, which ends beside it")
