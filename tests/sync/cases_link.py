# SPDX-License-Identifier: GPL-2.0-or-later
"""The link layout: a Debian kernel package, and a boot directory without config.txt."""

import fcntl
import json
import os

from rig import Rig, bzimage

V9, V10, V11, V12, V13 = (f"6.1.0-{n}-amd64" for n in (9, 10, 11, 12, 13))


def first_and_nothing_new(rig: Rig) -> None:
    rig.debian(V9)
    done = rig.sync()
    assert done.status == 0 and f"g000001-{V9} active, 2 files, 2 new" in done.err, done
    before = sorted(os.listdir(rig.path("boot/pinet")))
    assert before == ["active", f"g000001-{V9}", "owner"], before
    assert rig.state()["result"] == "ok" and rig.state()["generation"] == f"g000001-{V9}", rig.state()
    done = rig.sync()
    assert done.status == 0 and "nothing to do" in done.err, done
    assert rig.generations() == [f"g000001-{V9}"]


def new_kernel_links_what_is_the_same(rig: Rig) -> None:
    tree = "root/usr/lib/linux-image-{}/broadcom/bcm.dtb"
    rig.debian(V9)
    rig.put(tree.format(V9), "the same tree")
    rig.put("boot/cmdline.txt", "root=LABEL=writable\n")
    rig.sync()
    rig.debian(V10)
    rig.put(tree.format(V10), "the same tree")
    done = rig.sync()
    old, new = f"g000001-{V9}", f"g000002-{V10}"
    assert rig.active() == new and f"(was {old})" in done.err, done
    assert "5 files, 4 new" in done.err, done  # also a script for iPXE
    assert rig.inode(old, "dtb/broadcom/bcm.dtb") == rig.inode(new, "dtb/broadcom/bcm.dtb")
    assert rig.inode(old, "vmlinuz") != rig.inode(new, "vmlinuz")
    assert rig.inode(new, "vmlinuz") != os.stat(rig.path(f"root/boot/vmlinuz-{V10}")).st_ino
    assert rig.read(f"boot/pinet/{new}/cmdline.txt") == f"root=LABEL=writable pinet.generation={new}\n"
    assert f"previous {old}\n" in rig.read(f"boot/pinet/{new}/manifest")


def removal_goes_back_to_the_kernel_before(rig: Rig) -> None:
    rig.debian(V9)
    rig.debian(V10)
    rig.sync()
    for name in (f"boot/vmlinuz-{V10}", f"boot/initrd.img-{V10}", f"lib/modules/{V10}"):
        rig.remove(f"root/{name}")
    rig.sync()
    assert rig.active() == f"g000002-{V9}"


def kernel_without_initramfs_waits(rig: Rig) -> None:
    rig.put(f"root/boot/vmlinuz-{V9}", bzimage(V9))
    rig.modules(V9)
    done = rig.sync()
    assert done.status == 1 and "its initramfs is missing" in done.err, done
    state = rig.state()
    assert state["result"] == "pending" and "initramfs" in state["reason"], state
    # the first time counts; a trigger does not fail; a retry that changes nothing is silent
    since = state["since"]
    done = rig.sync("--defer")
    assert done.status == 0 and "it has to wait" in done.err, done
    done = rig.sync("--defer", "--retry")
    assert (done.status, done.err) == (0, ""), done
    assert rig.state()["since"] == since
    rig.initramfs(f"root/boot/initrd.img-{V9}", V9)
    done = rig.sync("--retry", "--defer")
    assert done.status == 0 and "active" in done.err, done
    assert rig.state() == {"result": "ok", "generation": f"g000001-{V9}", "time": rig.state()["time"]}
    # nothing is pending: nothing is looked at
    rig.debian(V10)
    done = rig.sync("--retry")
    assert (done.status, done.err, rig.active()) == (0, "", f"g000001-{V9}"), done


def another_kernel_inside_its_file(rig: Rig) -> None:
    rig.debian(V9)
    rig.put(f"root/boot/vmlinuz-{V9}", bzimage(V10))
    done = rig.sync()
    assert done.status == 1 and f"is the kernel {V10}" in done.err, done
    rig.put(f"root/boot/vmlinuz-{V9}", "garbage")
    done = rig.sync()
    assert done.status == 1 and "it is no Linux kernel" in done.err, done
    assert rig.active() == "" and rig.generations() == []


def initramfs_of_any_packer(rig: Rig) -> None:
    rig.debian(V9)
    for pack in ("gzip -n", "xz", "zstd -q"):
        rig.initramfs(f"root/boot/initrd.img-{V9}", V9, salt=pack.split()[0], pack=pack)
        done = rig.sync()
        assert done.status == 0 and "active" in done.err, (pack, done)


def initramfs_that_cannot_boot(rig: Rig) -> None:
    rig.debian(V9)
    rig.nic()
    image = f"root/boot/initrd.img-{V9}"
    for build, sentence in (
        (lambda: rig.initramfs(image, V9, agent=False), "has no pinet in it"),
        (lambda: rig.initramfs(image, V9, driver=False), "lacks the module virtio_net, which drives eth0"),
        (lambda: rig.initramfs(image, V10), f"has the modules of kernel {V10}, but its kernel is {V9}"),
        (lambda: rig.put(image, "garbage"), "it is no initramfs"),
        (lambda: rig.put(image, ""), ""),
    ):
        build()
        done = rig.sync()
        assert done.status == 1 and sentence in done.err and rig.active() == "", done
    # also where many modules are
    modules = f"root/lib/modules/{V9}/modules.dep"
    rig.put(modules, "".join(f"kernel/drivers/{n}.ko:\n" for n in range(60000)) + rig.read(modules))
    rig.initramfs(image, V9, driver=False)
    done = rig.sync()
    assert done.status == 1 and "lacks the module virtio_net" in done.err, done
    # what is built in need not be inside
    rig.initramfs(image, V9, driver=False)
    rig.put(f"root/lib/modules/{V9}/modules.builtin", "kernel/drivers/net/virtio-net.ko\n")
    assert rig.sync().status == 0
    # the owner knows better
    rig.debian(V10)
    rig.initramfs(f"root/boot/initrd.img-{V10}", V10, agent=False)
    assert rig.sync().status == 1 and rig.active() == f"g000001-{V9}"
    done = rig.sync("--force")
    assert done.status == 0 and "has no pinet in it" in done.err and rig.active().endswith(V10), done


def initramfs_without_iscsi(rig: Rig) -> None:
    rig.debian(V9)
    rig.put("root/run/pinet/boot", "result=ok\nsession.target=iqn.x\n")
    assert "has no module iscsi_tcp, which carries the root now" in rig.sync().err
    rig.debian(V10)
    rig.put(f"root/lib/modules/{V10}/modules.dep", "kernel/drivers/scsi/iscsi_tcp.ko:\n")
    done = rig.sync()
    assert done.status == 1 and "lacks the module iscsi_tcp, which carries the root" in done.err, done
    assert rig.active() == f"g000001-{V9}" and "iscsi_tcp" in rig.state()["reason"], rig.state()


def waits_for_dpkg(rig: Rig) -> None:
    """What runs by itself does nothing while dpkg is at work, unless dpkg has called it."""
    rig.debian(V9)
    rig.sync()
    rig.put(f"root/boot/vmlinuz-{V9}", bzimage(V9) + b"new")  # and the initramfs of it is not made yet
    apts = "root/var/lib/dpkg/lock-frontend"  # between its calls of dpkg it has this one alone
    rig.put(apts, "")
    with open(rig.path(apts), "r+b") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        done = rig.sync("--defer")
        assert done.status == 0 and rig.generations() == [f"g000001-{V9}"], done
        assert "apt or dpkg is at work" in rig.state()["reason"], rig.state()
    rig.put("root/var/lib/dpkg/lock", "")
    with open(rig.path("root/var/lib/dpkg/lock"), "r+b") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        for args in (("--defer",), ("--defer", "--retry")):
            done = rig.sync(*args)
            assert done.status == 0 and rig.generations() == [f"g000001-{V9}"], done
            assert "dpkg is at work" in rig.state()["reason"] and rig.state()["result"] == "pending", rig.state()
        done = rig.sync("--defer", prefix=("env", "DPKG_RUNNING_VERSION=1.21.22"))
        assert done.status == 0 and rig.active() == f"g000002-{V9}" and rig.state()["result"] == "ok", done
        rig.initramfs(f"root/boot/initrd.img-{V9}", V9, salt="b")
        done = rig.sync()
        assert done.status == 0 and rig.active() == f"g000003-{V9}", done
        rig.initramfs(f"root/boot/initrd.img-{V9}", V9, salt="c")
        rig.sync("--defer")
    done = rig.sync("--retry", "--defer")
    assert done.status == 0 and rig.active() == f"g000004-{V9}" and rig.state()["result"] == "ok", done


def old_ones_are_removed(rig: Rig) -> None:
    versions = (V9, V10, V11, V12, V13)
    for version in versions:
        rig.debian(version)
        rig.sync()
        if version == V9:
            rig.put("root/proc/cmdline", f"pinet.generation=g000001-{V9}\n")
            assert rig.run("mark-good").status == 0
    # three in all: the last good one is one of them
    assert rig.generations() == [f"g{n:06}-{versions[n - 1]}" for n in (1, 4, 5)], rig.generations()
    rig.debian("6.1.0-14-amd64")
    rig.sync("--keep", "1")
    # and the one that was active stays until the next, for whoever is just loading it
    last = [f"g000005-{V13}", "g000006-6.1.0-14-amd64"]
    assert rig.generations() == [f"g000001-{V9}", *last], rig.generations()
    # a run that activates nothing leaves it, too
    done = rig.sync("--keep", "1", "--force")
    assert "nothing to do" in done.err and rig.generations() == [f"g000001-{V9}", *last], done
    assert rig.read("boot/pinet/states").split("\n")[0].startswith(f"g000001-{V9} good 0 "), rig.read("boot/pinet/states")


def what_runs_stays(rig: Rig) -> None:
    """It came up, as far as anybody knows, though nobody has marked it."""
    for version in (V9, V10, V11, V12):
        rig.debian(version)
        rig.put("root/proc/cmdline", f"root=LABEL=x pinet.generation=g000001-{V9} quiet\n")
        rig.sync("--keep=1")
    assert rig.generations() == [f"g000001-{V9}", f"g000003-{V11}", f"g000004-{V12}"], rig.generations()
    # of another machine, or of before
    rig.put("root/proc/cmdline", f"root=LABEL=x pinet.generation={'x' * 500}\n")
    rig.debian(V13)
    rig.sync("--keep=1")
    assert rig.generations() == [f"g000004-{V12}", f"g000005-{V13}"], rig.generations()


def no_generations(rig: Rig) -> None:
    """There is no pinet/ yet."""
    rig.debian(V9)
    done = rig.run("rollback")
    assert done.status == 1 and "there are no generations in the boot directory" in done.err, done
    assert "nothing to mark" in rig.run("mark-good").err
    assert rig.run("generations").status == 0
    assert not os.path.exists(rig.path("boot/pinet"))


def state_of_a_name_that_is_taken_again(rig: Rig) -> None:
    rig.debian(V9)
    rig.put("boot/pinet/states", f"g000001-{V9} good 0 1\n")
    assert rig.sync().status == 0 and rig.active() == f"g000001-{V9}"
    assert f"g000001-{V9} new 0 " in rig.read("boot/pinet/states")


def rollback_lasts(rig: Rig) -> None:
    first, second = f"g000001-{V9}", f"g000002-{V10}"
    rig.debian(V9)
    rig.sync()
    assert rig.run("rollback").status == 1  # to nowhere
    rig.put("root/proc/cmdline", f"pinet.generation={first}\n")
    rig.run("mark-good")
    rig.debian(V10)
    rig.sync()
    done = rig.run("rollback")
    assert done.status == 0 and f"{first} is active (was {second})" in done.err, done
    for args in ((), ("--defer",)):
        done = rig.sync(*args)
        assert done.status == 0 and rig.active() == first and "nothing new" in done.err, done
    # what is no change of boot files changes nothing
    rig.put("root/boot/System.map", "")
    rig.modules("0.0-other")
    assert rig.sync().status == 0 and rig.active() == first
    assert rig.run("rollback", second).status == 0 and rig.active() == second
    assert "is active already" in rig.run("rollback", second).err
    assert rig.run("rollback", "g000009-6.1").status == 1
    rig.run("rollback")
    rig.sync("--force")
    assert rig.active() == second
    rig.run("rollback")
    rig.initramfs(f"root/boot/initrd.img-{V10}", V10, salt="new")
    rig.sync()
    assert rig.active() == f"g000003-{V10}"


def rollback_needs_modules_and_files(rig: Rig) -> None:
    rig.debian(V9)
    rig.sync()
    rig.debian(V10)
    rig.sync()
    rig.remove(f"root/lib/modules/{V9}")
    done = rig.run("rollback", f"g000001-{V9}")
    assert done.status == 1 and "has no modules for the kernel" in done.err, done
    rig.modules(V9)
    rig.remove(f"boot/pinet/g000001-{V9}/initrd.img")
    done = rig.run("rollback", f"g000001-{V9}")
    assert done.status == 1 and "initrd.img" in done.err, done
    assert rig.active() == f"g000002-{V10}"


def bad_is_not_activated_again(rig: Rig) -> None:
    first, second = f"g000001-{V9}", f"g000002-{V10}"
    rig.debian(V9)
    rig.sync()
    rig.debian(V10)
    rig.sync()
    # as the agent in the initramfs does after three boots
    rig.put("boot/pinet/states", f"{first} good 0 1000\n{second} bad 3 2000\n")
    rig.run("rollback")
    for _ in range(2):
        done = rig.sync()
        assert done.status == 1 and "did not come up" in done.err and rig.active() == first, done
    rig.remove("root/var/lib/pinet/stamp")
    assert rig.sync().status == 1 and rig.active() == first
    assert rig.generations() == [first, second]
    rig.sync("--force")
    assert rig.active() == second and f"{second} new 0" in rig.read("boot/pinet/states")


def generations_for_programs(rig: Rig) -> None:
    done = rig.run("generations")
    assert done.status == 0 and "no generations yet" in done.out, done
    assert json.loads(rig.run("generations", "--json").out) == []
    assert rig.run("generations", "--needs", V9).status == 3
    # The first sync has to wait, or failed: what runs was loaded from beside the generations, and will be.
    rig.put("root/proc/sys/kernel/osrelease", f"{V9}\n")
    for version, status in ((V9, 0), (V10, 3)):
        assert rig.run("generations", "--needs", version).status == status, version
    for version in (V9, V10, V11):
        rig.debian(version)
        rig.sync()
        if version == V9:
            rig.put("root/proc/cmdline", f"pinet.generation=g000001-{V9}\n")
            rig.run("mark-good")
    shown = json.loads(rig.run("generations", "--json").out)
    assert [one["name"] for one in shown] == [f"g000001-{V9}", f"g000002-{V10}", f"g000003-{V11}"], shown
    assert [one["active"] for one in shown] == [False, False, True], shown
    assert [one["last_good"] for one in shown] == [True, False, False], shown
    assert [one["running"] for one in shown] == [True, False, False], shown
    assert [one["state"] for one in shown] == ["good", "new", "new"], shown
    assert [one["kernel"] for one in shown] == [V9, V10, V11] and shown[0]["files"] == 2, shown
    for version, status in ((V9, 0), (V10, 3), (V11, 0), ("6.1", 3)):
        assert rig.run("generations", "--needs", version).status == status, version
    # What is active came up: nobody needs a way back.
    rig.put("root/proc/cmdline", f"pinet.generation=g000003-{V11}\n")
    rig.run("mark-good")
    for version, status in ((V9, 3), (V11, 0)):
        assert rig.run("generations", "--needs", version).status == status, version
    assert rig.run("generations", "extra").status == 2


def mark_good_of_what_runs(rig: Rig) -> None:
    rig.debian(V9)
    rig.sync()
    # the boot loader passed no word: by the kernel
    rig.put("root/proc/sys/kernel/osrelease", f"{V10}\n")
    assert "nothing to mark" in rig.run("mark-good").err
    rig.put("root/proc/sys/kernel/osrelease", f"{V9}\n")
    assert f"g000001-{V9} is good" in rig.run("mark-good").err
    assert f"g000001-{V9} good 0" in rig.read("boot/pinet/states")
    before = os.stat(rig.path("boot/pinet/states")).st_ino
    assert "is known to be good" in rig.run("mark-good").err
    assert os.stat(rig.path("boot/pinet/states")).st_ino == before
    rig.put("root/proc/cmdline", "pinet.generation=g000007-6.1\n")
    assert "nothing to mark" in rig.run("mark-good").err


def what_came_up_is_good(rig: Rig) -> None:
    """From a root that nothing can be written to, with a machine id of this boot, after a clock that was wrong."""
    rig.debian(V9)
    rig.sync()
    rig.put("root/proc/cmdline", f"pinet.generation=g000001-{V9}\n")
    rig.run("mark-good")
    rig.put("boot/pinet/states", f"g000001-{V9} good 0 4000000000\n")
    rig.debian(V10)
    rig.sync()
    rig.put("root/proc/cmdline", f"pinet.generation=g000002-{V10}\n")
    rig.put("root/etc/machine-id", "ffffffffffffffffffffffffffffffff\n")
    rig.remove("root/var/lib/pinet")
    rig.put("root/var/lib/pinet", "no directory")
    done = rig.run("mark-good")
    assert done.status == 0 and f"g000002-{V10} is good" in done.err, done
    assert f"g000002-{V10} good 0 4000000001" in rig.read("boot/pinet/states")


def arguments(rig: Rig) -> None:
    for args in (("--verify=all",), ("--keep", "0"), ("--keep", "x"), ("--keep", "101"), ("extra",), ("--nothing",)):
        assert rig.sync(*args).status == 2, args
    assert rig.run("rollback", "a", "b").status == 2
    assert rig.run("mark-good", "a").status == 2


def script_for_ipxe(rig: Rig) -> None:
    """There is none where iPXE would understand something else than the kernel."""
    rig.debian(V9)
    for words in ("quiet", "a#b a;b a|b & $x"):
        rig.put("boot/cmdline.txt", f"{words} root=LABEL=writable\n")
        assert rig.sync().status == 0
        script = rig.read(f"boot/pinet/{rig.active()}/boot.ipxe")
        assert f" initrd=initrd.img {words} root=LABEL=writable pinet.generation={rig.active()}\n" in script, script
    for words in ("a || b", "a && b", "a ; b", "a #b", "a # b", 'a="b c"', "a='b'", "a\\b", "a=${b}"):
        rig.put("boot/cmdline.txt", f"{words} root=LABEL=writable\n")
        assert rig.sync().status == 0
        assert not os.path.exists(rig.path(f"boot/pinet/{rig.active()}/boot.ipxe")), words
