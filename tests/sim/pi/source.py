# SPDX-License-Identifier: GPL-2.0-or-later
"""Where boot files come from. The bootloader sees names and answers, never directories."""

import os
import stat


class TransportError(Exception):
    """The way to the files is in trouble: nobody knows whether the file is there.

    It is an error here, and never the answer "absent". A real bootloader may take a transfer that timed out for a file
    that is absent, ignore os_prefix and start another kernel (a guess of raspberrypi/firmware#1292, never confirmed),
    or give up and begin again with DHCP. A test that sees this error has proved nothing about the boot files."""


class Source:
    """Answers requests for files by name. @why says of the last request that was not granted what was wrong, in words
    that name no path of the server."""

    why = "absent"

    def read(self, name: str) -> bytes | None:
        """The whole file @name, or None when the server has none to give. Raises TransportError."""
        raise NotImplementedError

    def exists(self, name: str) -> bool:
        """Whether @name would be given, without getting it. Raises TransportError."""
        return self.read(name) is not None


class Tree(Source):
    """A directory as a TFTP server with that root shows it: links are followed, ".." is refused, and so is a file that
    others may not read, unless @permissive: dnsmasq as root does so, and in.tftpd without --permissive. Like theirs, a
    probe finds a directory, and only reading it fails."""

    def __init__(self, root: str, permissive: bool = False):
        self.root = root
        self.permissive = permissive

    def _open(self, name: str) -> int | None:
        self.why = "absent"
        if ".." in name.split("/"):
            self.why = "refused"
            return None
        path = os.path.join(os.fsencode(self.root), os.fsencode(name.lstrip("/")))
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except PermissionError:
            self.why = "refused"
            return None
        except OSError as error:
            raise TransportError(f"{name}: {error.strerror}") from error
        mode = os.fstat(file).st_mode
        known = stat.S_ISREG(mode) or stat.S_ISDIR(mode)
        if not known or not (self.permissive or mode & stat.S_IROTH):
            os.close(file)
            self.why = "refused"
            return None
        return file

    def read(self, name: str) -> bytes | None:
        file = self._open(name)
        if file is None:
            return None
        try:
            if stat.S_ISDIR(os.fstat(file).st_mode):
                self.why = "refused"
                return None
            with os.fdopen(os.dup(file), "rb") as stream:
                return stream.read()
        except OSError as error:
            raise TransportError(f"{name}: {error.strerror}") from error
        finally:
            os.close(file)

    def exists(self, name: str) -> bool:
        file = self._open(name)
        if file is None:
            return False
        os.close(file)
        return True
