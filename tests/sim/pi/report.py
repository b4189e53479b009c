# SPDX-License-Identifier: GPL-2.0-or-later
"""An outcome for people, for programs and for QEMU."""

import json
import os

from .outcome import File, Outcome


def _clean(text: str) -> str:
    """Names may be of any bytes: none of them acts on a terminal."""
    return "".join(char if char.isprintable() else f"\\x{ord(char) & 0xFF:02x}" for char in text)


def as_text(outcome: Outcome) -> str:
    """One fact a line: what was asked for, then what boots. It has no times and no path of the server in it."""
    out = outcome
    lines = [f"{request.kind:5} {request.name}: {request.result}" for request in out.requests]
    lines += [f"note: {note}" for note in out.notes]
    lines.append(f"prefix: {out.tftp_prefix or 'none'}")
    ignored = f" (set: {out.os_prefix_wanted})" if out.os_prefix != out.os_prefix_wanted else ""
    lines.append(f"os_prefix: {out.os_prefix or 'none'}{ignored}")
    for what, file in (("config", out.config), ("kernel", out.kernel), ("device tree", out.device_tree)):
        lines.append(f"{what}: {file.name if file else 'none'}")
    for what, files in (("initramfs", out.initramfs), ("overlays", out.overlays)):
        lines.append(f"{what}: {' '.join(file.name for file in files) or 'none'}")
    lines.append(f"cmdline: {out.cmdline.name if out.cmdline else 'none'}")
    if out.cmdline_text:
        lines.append(f"cmdline text: {out.cmdline_text}")
    if out.error:
        lines.append(f"not known: {out.error}")
    elif out.boots:
        lines.append(f"boots a {64 if out.arm_64bit else 32}-bit kernel")
    else:
        lines.append(f"does not boot: {out.reason}")
    return "\n".join(map(_clean, lines)) + "\n"


def _file(file: File | None) -> dict | None:
    return {"name": file.name, "size": len(file.data), "sha256": file.sha256()} if file else None


def as_json(outcome: Outcome) -> str:
    """The same as an object; files have name, size and sha256."""
    out = outcome
    whole = {
        "boots": out.boots,
        "reason": out.reason,
        "error": out.error,
        "model": out.machine.model,
        "tryboot": out.machine.tryboot,
        "tftp_prefix": out.tftp_prefix,
        "os_prefix": out.os_prefix,
        "os_prefix_wanted": out.os_prefix_wanted,
        "arm_64bit": out.arm_64bit,
        "config": _file(out.config),
        "kernel": _file(out.kernel),
        "initramfs": [_file(file) for file in out.initramfs],
        "device_tree": _file(out.device_tree),
        "overlays": [_file(file) for file in out.overlays],
        "cmdline": _file(out.cmdline),
        "cmdline_text": out.cmdline_text,
        "notes": out.notes,
        "requests": [vars(request) for request in out.requests],
    }
    return json.dumps(whole, indent=2) + "\n"


def save(outcome: Outcome, directory: str) -> None:
    """Writes kernel, initramfs, dtb and cmdline of a boot into @directory, for -kernel, -initrd, -dtb and -append of
    QEMU; what the boot does not have is not there afterwards. Raises OSError."""
    os.makedirs(directory, exist_ok=True)
    wanted = {
        "kernel": outcome.kernel.data if outcome.kernel else b"",
        "initramfs": outcome.initramfs_data(),
        "dtb": outcome.device_tree.data if outcome.device_tree else b"",
        "cmdline": outcome.cmdline_text.encode("utf-8", "surrogateescape"),
    }
    for name, data in wanted.items():
        path = os.path.join(directory, name)
        if os.path.lexists(path):
            os.unlink(path)
        if data:
            with open(path, "xb") as file:
                file.write(data)
