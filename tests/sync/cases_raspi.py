# SPDX-License-Identifier: GPL-2.0-or-later
"""The raspi layout: a boot directory with config.txt, and what a simulated firmware loads from it."""

import os

from rig import Rig
from sim import boots

V = "6.12.25+rpt-rpi-v8"
V2712 = "6.12.25+rpt-rpi-2712"
NEXT = "6.12.34+rpt-rpi-v8"


def _rig(rig: Rig) -> None:
    rig.pi()
    rig.raspi(V)
    rig.put("root/proc/sys/kernel/osrelease", f"{V}\n")


def first_and_nothing_new(rig: Rig) -> None:
    _rig(rig)
    mine = rig.read("boot/config.txt")
    done = rig.sync()
    name = f"g000001-{V}"
    assert done.status == 0 and rig.active() == name, done
    assert rig.read("boot/config.txt").startswith(mine + "\n# pinet: begin"), rig.read("boot/config.txt")
    assert rig.read("boot/cmdline.txt") == "console=tty1 root=LABEL=writable pinet.server=10.0.0.1\n"
    assert "nothing to do" in rig.sync().err
    assert boots(rig) == {
        "kernel": f"pinet/{name}/kernel8.img",
        "initramfs": [f"pinet/{name}/initramfs8"],
        "device_tree": f"pinet/{name}/bcm2711-rpi-4-b.dtb",
        "overlays": [f"pinet/{name}/overlays/vc4.dtbo"],
        "cmdline": f"console=tty1 root=LABEL=writable pinet.server=10.0.0.1 pinet.generation={name}",
    }, boots(rig)


def overlays_without_a_readme(rig: Rig) -> None:
    """The firmware would take those that all generations share."""
    _rig(rig)
    rig.remove("boot/overlays/README")
    for config in ("", "overlay_prefix=mine/\n"):
        os.makedirs(rig.path("boot/mine"), exist_ok=True)
        rig.put("boot/mine/vc4.dtbo", "another")
        rig.put("boot/config.txt", f"auto_initramfs=1\ndtoverlay=vc4\n{config}")
        done = rig.sync()
        where = "mine" if config else "overlays"
        assert done.status == 0 and boots(rig)["overlays"] == [f"pinet/{rig.active()}/{where}/vc4.dtbo"], boots(rig)
        name = rig.active()
        assert "nothing to do" in rig.sync("--force").err and rig.active() == name
    assert not os.path.exists(rig.path("boot/overlays/README"))


def several_boards(rig: Rig) -> None:
    _rig(rig)
    rig.raspi(V2712, "_2712")
    rig.put("boot/bcm2712-rpi-5-b.dtb", os.urandom(100))
    rig.sync()
    name = f"g000001-{V}"
    assert rig.active() == name and "kernel=" not in rig.read("boot/config.txt")
    assert boots(rig)["kernel"] == f"pinet/{name}/kernel8.img"
    assert boots(rig, "pi5")["kernel"] == f"pinet/{name}/kernel_2712.img"
    assert boots(rig, "pi5")["initramfs"] == [f"pinet/{name}/initramfs_2712"]


def initramfs_of_another_board(rig: Rig) -> None:
    """One that cannot boot is left out with its kernel; this board's is refused."""
    _rig(rig)
    rig.raspi(V2712, "_2712")
    rig.initramfs("boot/initramfs_2712", V2712, agent=False)
    done = rig.sync()
    assert done.status == 0 and "kernel_2712.img is left out: initramfs_2712 has no pinet" in done.err, done
    assert "7 files" in done.err and boots(rig)["kernel"] == f"pinet/g000001-{V}/kernel8.img", done
    assert "nothing to do" in rig.sync().err
    rig.initramfs("boot/initramfs_2712", V2712)
    assert "9 files, 3 new" in rig.sync().err
    rig.initramfs("boot/initramfs8", V, agent=False)
    for _ in range(2):
        done = rig.sync()
        assert done.status == 1 and "initramfs8 has no pinet" in done.err and rig.active() == f"g000002-{V}", done
    assert len(rig.generations()) == 2


def update_in_steps(rig: Rig) -> None:
    _rig(rig)
    rig.sync()
    old = boots(rig)
    tree = os.stat(rig.path(f"boot/pinet/{rig.active()}/bcm2711-rpi-4-b.dtb")).st_ino
    # the package has its modules there, then the kernel, then the initramfs
    rig.modules(NEXT)
    assert "nothing to do" in rig.sync().err
    rig.raspi(NEXT)
    rig.initramfs("boot/initramfs8", V)
    done = rig.sync("--defer")
    assert done.status == 0 and "initramfs8 has the modules of kernel" in done.err and boots(rig) == old, done
    rig.initramfs("boot/initramfs8", NEXT)
    done = rig.sync("--retry")
    assert f"g000002-{NEXT} active, 7 files, 3 new" in done.err, done
    assert rig.inode(f"g000002-{NEXT}", "bcm2711-rpi-4-b.dtb") == tree
    assert boots(rig)["kernel"] == f"pinet/g000002-{NEXT}/kernel8.img"


def owner_changes_the_command_line(rig: Rig) -> None:
    _rig(rig)
    rig.sync()
    rig.put("boot/cmdline.txt", "root=LABEL=other pinet.server=10.0.0.2\r\n")
    assert "7 files, 1 new" in rig.sync().err
    assert boots(rig)["cmdline"] == f"root=LABEL=other pinet.server=10.0.0.2 pinet.generation=g000002-{V}"
    assert rig.read("boot/cmdline.txt") == "root=LABEL=other pinet.server=10.0.0.2\r\n"


def owner_changes_config_txt(rig: Rig) -> None:
    _rig(rig)
    rig.sync()
    text = rig.read("boot/config.txt")
    rig.put("boot/config.txt", text + "[pi4]\nhdmi_force_hotplug=1\n")
    assert rig.sync().status == 0 and rig.active() == f"g000002-{V}"
    assert "nothing to do" in rig.sync().err
    assert boots(rig)["kernel"] == f"pinet/g000002-{V}/kernel8.img"
    # the block is lost, as when a package makes the file anew
    rig.put("boot/config.txt", text.split("# pinet")[0])
    assert rig.sync().status == 0 and rig.active() == f"g000001-{V}", rig.active()
    rig.put("boot/config.txt", "kernel=vmlinuz-a\ninitramfs initrd.img-a followkernel\n")
    done = rig.sync()
    assert done.status == 1 and "names the kernel vmlinuz-a, which is missing" in done.err, done


def emptied_by_an_editor(rig: Rig) -> None:
    """One that writes in place has emptied the file, and writes to it a moment later."""
    _rig(rig)
    rig.sync()
    for name in ("config.txt", "cmdline.txt"):
        mine = rig.read(f"boot/{name}")
        with open(rig.path(f"boot/{name}"), "w", encoding="utf-8") as file:
            done = rig.sync("--defer")
            assert done.status == 0 and f"{name} is empty: somebody" in done.err and rig.state()["result"] == "pending"
            file.write("# more\n" + mine if name == "config.txt" else mine.replace("root=", "ro root="))
        done = rig.sync("--retry")
        assert done.status == 0 and "active, 7 files" in done.err and "lost" not in done.err, done
    assert "# more" in rig.read("boot/config.txt") and boots(rig)["cmdline"].startswith("console=tty1 ro root=")
    with open(rig.path("boot/config.txt"), "w", encoding="utf-8"):
        assert rig.sync("--force").status == 0 and rig.active() == f"g000004-{V}"


def config_txt_is_made_anew(rig: Rig) -> None:
    """As by a package: the block is gone, the rest is what it was."""
    _rig(rig)
    mine = rig.read("boot/config.txt")
    rig.sync()
    rig.put("boot/config.txt", mine)
    done = rig.sync()
    assert "config.txt had lost the block" in done.err, done
    assert done.status == 0 and rig.active() == f"g000001-{V}" and rig.generations() == [f"g000001-{V}"], done
    rig.put("boot/config.txt", mine + "\n[all]\nkernel=kernel8.img\ninitramfs initramfs8 followkernel\n")
    rig.sync()
    assert rig.active() == f"g000002-{V}"


def config_txt_is_gone(rig: Rig) -> None:
    """As for the moment in which an editor replaces it: it is no machine of another kind for that."""
    _rig(rig)
    rig.sync()
    mine = rig.read("boot/config.txt")
    rig.remove("boot/config.txt")
    done = rig.sync()
    assert done.status == 1 and "config.txt is gone" in done.err and len(rig.generations()) == 1, done
    rig.put("boot/config.txt", mine)
    assert rig.sync().status == 0 and rig.active() == f"g000001-{V}"
    rig.remove("boot/config.txt")
    rig.debian(V)
    assert rig.sync("--force").status == 0 and rig.active() == f"g000002-{V}"


def lost_words_come_back(rig: Rig) -> None:
    _rig(rig)
    rig.sync()
    rig.put("boot/cmdline.txt", "console=tty0 root=/dev/mmcblk0p2 rw\n")
    done = rig.sync()
    assert "cmdline.txt had lost root= pinet.server= and has it again" in done.err, done
    assert rig.read("boot/cmdline.txt") == "console=tty0 rw root=LABEL=writable pinet.server=10.0.0.1\n"
    assert boots(rig)["cmdline"].startswith("console=tty0 rw root=LABEL=writable pinet.server=10.0.0.1 pinet.gen")
    rig.put("root/etc/pinet/pinet.conf", "server = 10.0.0.1\n")
    rig.put("boot/cmdline.txt", "root=LABEL=writable\n")
    done = rig.sync()
    assert "lost" not in done.err and rig.read("boot/cmdline.txt") == "root=LABEL=writable\n", done


def lost_words_come_back_in_a_directory(rig: Rig) -> None:
    """The owner has a prefix of his own."""
    _rig(rig)
    os.mkdir(rig.path("boot/deb"))
    for name in ("kernel8.img", "initramfs8", "bcm2711-rpi-4-b.dtb"):
        os.rename(rig.path(f"boot/{name}"), rig.path(f"boot/deb/{name}"))
    rig.put("boot/config.txt", "auto_initramfs=1\nos_prefix=deb/\n")
    rig.put("boot/deb/cmdline.txt", "console=tty0 root=/dev/mmcblk0p2\n")
    done = rig.sync()
    assert done.status == 0 and "cmdline.txt had lost root= pinet.server= and has it again" in done.err, done
    assert rig.read("boot/deb/cmdline.txt") == "console=tty0 root=LABEL=writable pinet.server=10.0.0.1\n"
    assert boots(rig)["cmdline"].startswith("console=tty0 root=LABEL=writable pinet.server=10.0.0.1 pinet.gen")


def command_line_unreadable(rig: Rig) -> None:
    """Nobody knows then which words are lost: all stays as it is."""
    _rig(rig)
    rig.sync()
    old, booted = boots(rig), rig.read("root/proc/cmdline")
    rig.put("boot/cmdline.txt", "console=tty0\n")
    rig.remove("root/proc/cmdline")
    os.mkdir(rig.path("root/proc/cmdline"))
    done = rig.sync()
    assert done.status == 1 and "/proc/cmdline: Is a directory" in done.err and boots(rig) == old, done
    rig.remove("root/proc/cmdline")
    rig.put("root/proc/cmdline", booted)
    done = rig.sync()
    assert done.status == 0 and "has it again" in done.err and "pinet.server=" in boots(rig)["cmdline"], done


def root_of_another_machine(rig: Rig) -> None:
    """All else is in pinet.conf or comes by DHCP: a package writes what root= is on its boards."""
    _rig(rig)
    mine = "console=tty1 root=LABEL=writable\n"
    rig.put("boot/cmdline.txt", mine)
    rig.put("root/proc/cmdline", mine)
    for name in ("by-label/writable", "by-label/other", "by-uuid/1234-5678"):
        rig.put(f"root/dev/disk/{name}", "")
    rig.sync()
    for root in ("LABEL=RASPIROOT", "/dev/mmcblk0p2", "PARTUUID=0-2"):
        rig.put("boot/cmdline.txt", f"console=tty0 root={root} rw\n")
        done = rig.sync()
        assert "cmdline.txt had lost root= and has it again" in done.err, done
        assert rig.read("boot/cmdline.txt") == "console=tty0 rw root=LABEL=writable\n"
        assert " root=LABEL=writable pinet.generation=" in boots(rig)["cmdline"]
    # what is there may be meant, and so may what cannot be told
    for root in ("LABEL=other", "UUID=1234-5678", "LABEL=with%20blank", "ZFS=pool"):
        rig.put("boot/cmdline.txt", f"root={root}\n")
        assert "lost" not in rig.sync().err and rig.read("boot/cmdline.txt") == f"root={root}\n"
    rig.put("boot/cmdline.txt", "root=LABEL=tomorrow\n")
    assert "lost" not in rig.sync("--force").err and rig.read("boot/cmdline.txt") == "root=LABEL=tomorrow\n"


def for_one_boot(rig: Rig) -> None:
    _rig(rig)
    rig.sync()
    old = boots(rig)
    rig.raspi(NEXT)
    name = f"g000002-{NEXT}"
    done = rig.sync("--try")
    assert done.status == 0 and f"{name} for one boot" in done.err, done
    assert boots(rig) == old and boots(rig, tryboot=True)["kernel"] == f"pinet/{name}/kernel8.img"
    # what runs by itself does not decide about it
    assert rig.sync("--defer").status == 0 and boots(rig) == old
    # a boot of it that comes up does
    rig.put("root/proc/cmdline", f"pinet.generation={name}\n")
    done = rig.run("mark-good")
    assert f"{name} is active" in done.err and boots(rig)["kernel"] == f"pinet/{name}/kernel8.img", done
    assert f"{name} good" in rig.read("boot/pinet/states")
    # and who goes back afterwards is not overruled
    assert rig.run("rollback", f"g000001-{V}").status == 0 and boots(rig) == old
    assert rig.sync().status == 0 and boots(rig) == old


def for_one_boot_then_for_all(rig: Rig) -> None:
    _rig(rig)
    rig.sync()
    rig.raspi(NEXT)
    rig.sync("--try")
    rig.sync()
    assert rig.active() == f"g000002-{NEXT}"


def _change(rig: Rig, n: int) -> None:
    """The boot files are others than before."""
    rig.put("boot/cmdline.txt", f"root=LABEL=writable pinet.server=10.0.0.1 x={n}\n")


def trial_outlives_later_syncs(rig: Rig) -> None:
    _rig(rig)
    rig.sync()
    rig.raspi(NEXT)
    rig.sync("--try")
    trial = boots(rig, tryboot=True)
    for n in range(5):
        _change(rig, n)
        rig.sync("--defer")
    assert rig.generations() == [f"g{n:06}-{NEXT}" for n in (2, 6, 7)], rig.generations()
    assert boots(rig, tryboot=True) == trial and f"pinet/g000002-{NEXT}/" in trial["kernel"], trial
    # what is gone cannot be tried
    rig.remove(f"boot/pinet/g000002-{NEXT}")
    _change(rig, 5)
    rig.sync("--defer")
    assert boots(rig, tryboot=True) == boots(rig) and rig.active() == f"g000008-{NEXT}", boots(rig)


def trial_of_what_is_active(rig: Rig) -> None:
    """No earlier trial is in its place."""
    _rig(rig)
    rig.sync()
    rig.raspi(NEXT)
    rig.sync("--try")
    rig.raspi(V)
    rig.sync()
    name = f"g000003-{V}"
    assert f"pinet/g000002-{NEXT}/" in boots(rig, tryboot=True)["kernel"] and rig.active() == name
    done = rig.sync("--try")
    assert "nothing to do" in done.err and boots(rig, tryboot=True) == boots(rig), done
    # a trial that has become the active one goes with that
    for n in range(4):
        _change(rig, n)
        rig.sync()
        assert boots(rig, tryboot=True) == boots(rig) and rig.active() == f"g{n + 4:06}-{V}", boots(rig)
    assert rig.generations() == [f"g{n:06}-{V}" for n in (5, 6, 7)], rig.generations()


def trials_do_not_pile_up(rig: Rig) -> None:
    """Those that never booted go; one that did may be what a rollback left."""
    _rig(rig)
    rig.sync()
    for n in range(8):
        _change(rig, n)
        assert "for one boot" in rig.sync("--try").err
        if n == 1:
            rig.put("boot/pinet/states", f"g000003-{V} trying 1 1000\n")
    assert rig.generations() == [f"g{n:06}-{V}" for n in (1, 3, 9)], rig.generations()
    assert rig.active() == f"g000001-{V}" and f"pinet/g000009-{V}/" in boots(rig, tryboot=True)["kernel"]


def no_device_tree(rig: Rig) -> None:
    _rig(rig)
    rig.remove("boot/bcm2711-rpi-4-b.dtb")
    done = rig.sync()
    assert done.status == 1 and "no device tree" in done.err and rig.active() == "", done
