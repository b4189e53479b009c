# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line of piboot."""

import argparse
import sys

from . import report
from .boards import BOARDS
from .boot import boot
from .outcome import Machine, Outcome
from .source import Source, TransportError, Tree
from .tftp import FILE_TIMEOUT_S, Tftp

BOOTS, BOOTS_NOT, USAGE, TRANSPORT = range(4)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="piboot", description="Says what a Raspberry Pi would boot.")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--server", metavar="ADDRESS", help="the TFTP server")
    where.add_argument("--tree", metavar="DIRECTORY", help="the root of a TFTP server, read without one")
    parser.add_argument("--port", type=int, default=69, help="of the TFTP server")
    parser.add_argument("--file-timeout", type=float, default=FILE_TIMEOUT_S, metavar="SECONDS", help="for one file")
    parser.add_argument("--model", required=True, choices=BOARDS)
    parser.add_argument("--serial", required=True, metavar="HEX")
    parser.add_argument("--mac", default="", metavar="MAC")
    parser.add_argument("--prefix", default="serial", metavar="serial|mac|STRING", help="a string ends in '/'")
    parser.add_argument("--tryboot", action="store_true", help="after reboot '0 tryboot'")
    parser.add_argument("--save", metavar="DIRECTORY", help="where kernel, initramfs, dtb and cmdline go")
    parser.add_argument("--json", action="store_true")
    return parser


def _print(outcome: Outcome, json: bool) -> None:
    sys.stdout.write(report.as_json(outcome) if json else report.as_text(outcome))
    sys.stdout.flush()


def main(argv: list[str]) -> int:
    """The program: returns its exit status."""
    parser = _parser()
    args = parser.parse_args(argv)
    machine = Machine(args.model, args.serial, args.mac, args.prefix, args.tryboot)
    try:
        machine.check()
    except ValueError as error:
        parser.error(str(error))
    if not 0 < args.port < 65536 or args.file_timeout <= 0:
        parser.error("port or timeout out of range")
    try:
        source: Source = Tree(args.tree) if args.tree else Tftp(args.server, args.port, args.file_timeout)
    except TransportError as error:
        print(f"piboot: {error}", file=sys.stderr)
        return TRANSPORT
    outcome = boot(machine, source)
    _print(outcome, args.json)
    if outcome.error:
        print(f"piboot: {outcome.error}", file=sys.stderr)
        return TRANSPORT
    if not outcome.boots:
        return BOOTS_NOT
    if args.save:
        try:
            report.save(outcome, args.save)
        except OSError as error:
            parser.error(f"cannot save to {args.save}: {error.strerror}")
    return BOOTS
