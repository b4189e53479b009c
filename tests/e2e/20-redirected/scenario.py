# SPDX-License-Identifier: GPL-2.0-or-later
import re

from lib import check
from lib.scenario import Scenario


def sent_on(run) -> str:
    """The session is with the server, and comes back to the address of the group."""
    said = run.facts["iscsiadm"]
    for pattern in (r"Current Portal: {server}:3260,1$", r"Persistent Portal: {group}:3260,1$"):
        if not re.search(run.text(pattern), said, re.M):
            return f"expected {run.text(pattern)} in {said}"
    return ""


scenario = Scenario(
    title="a group address, which sends each login on: pinet goes there, and iscsid asks the group again",
    suites=("bookworm",),
    group=True,
    cmdline="pinet.server={server} pinet.portal={group} pinet.target={target} pinet.login=native",
    console=(r"pinet: session 1: {target} at {group}:3260 \(native, ",),
    checks=check.BY_PINET + (sent_on,),
)
