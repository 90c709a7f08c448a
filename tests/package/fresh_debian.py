#!/usr/bin/env python3
"""Installs the packages into a fresh Debian 12, made by debootstrap, and lives there as a clinic does: a server, an
administrator, two laptops of a doctor; then upgrade with a schema that is older, remove, purge.

First without a service manager: the lines of the units are run by hand, as the user that they name, and the socket of the
service manager is played here. Then, where systemd-nspawn can boot the tree, under its systemd (booted.sh).

    fresh_debian.py OLDER_PACKAGES PACKAGES CACHE
    fresh_debian.py --can       exit status 0, or a sentence why it cannot run here
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

MIRROR = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")
SUITE = "bookworm"
PASSPHRASE = "girassol e sanfona para experimentar"
DATA = "/var/lib/autocusto"
PATIENT = "11144477735"
PATIENCE = 120
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
BACKUPS = "/var/backups/autocusto"
UNIT = "lib/systemd/system/autocusto-server.service"


def reason_against():
    if os.geteuid() != 0:
        return "installing packages into a tree needs root"
    if shutil.which("debootstrap") is None:
        return "debootstrap is not installed (apt-get install debootstrap)"
    probe = subprocess.run(["unshare", "--mount", "true"], capture_output=True)
    if probe.returncode != 0:
        return "this machine forbids mounting"
    asked = subprocess.run([sys.executable, "-c", "import sys, urllib.request; "
                            "urllib.request.urlopen(sys.argv[1], timeout=20).read(1)",
                            f"{MIRROR}/dists/{SUITE}/Release"], capture_output=True)
    return "" if asked.returncode == 0 else f"Debian's mirror {MIRROR} cannot be reached"


class tree:
    """The fresh Debian; lives in a mount namespace of this process alone."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def make(self, cache):
        base = cache / f"{SUITE}.tar"
        if not base.exists():
            first = cache / "debootstrap"
            shutil.rmtree(first, ignore_errors=True)
            run(["debootstrap", "--variant=minbase", SUITE, str(first), MIRROR])
            run(["tar", "-C", str(first), "-cf", str(base) + ".new", "."])
            os.rename(str(base) + ".new", base)
            shutil.rmtree(first)
        run(["tar", "-C", str(self.folder), "-xf", str(base)])
        self.archives = cache / "archives"
        (self.archives / "partial").mkdir(parents=True, exist_ok=True)
        mount(self)
        shutil.copy("/etc/resolv.conf", self.folder / "etc/resolv.conf")
        (self.folder / "etc/hosts").write_text("127.0.0.1 localhost\n")
        # Services are not started in a tree without a service manager; minimal systems leave out documents.
        (self.folder / "etc/apt/apt.conf.d/90test").write_text(
            'APT::Install-Recommends "no"; APT::Sandbox::User "root"; Binary::apt::APT::Keep-Downloaded-Packages "1";\n'
            'APT::Keep-Downloaded-Packages "1";\n')
        self.must("apt-get", "update", "-qq")

    def command(self, arguments, user=""):
        as_user = ["runuser", "-u", user, "--"] if user else []
        return ["chroot", str(self.folder), *as_user, *arguments]

    def run(self, *arguments, user="", env=None):
        clean = {"PATH": PATH, "HOME": "/root", "LC_ALL": "C.UTF-8",
                 "DEBIAN_FRONTEND": "noninteractive", **(env or {})}
        return subprocess.run(self.command(arguments, user), env=clean, capture_output=True, text=True)

    def must(self, *arguments, user="", env=None):
        done = self.run(*arguments, user=user, env=env)
        assert done.returncode == 0, f"{arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def path(self, name):
        return self.folder / name.lstrip("/")

    def install(self, packages):
        names = sorted(p for p in packages.glob("*.deb") if "dbgsym" not in p.name)
        assert len(names) == 3, names
        shutil.rmtree(self.path("/tmp/debs"), ignore_errors=True)
        shutil.copytree(packages, self.path("/tmp/debs"))
        return self.must("apt-get", "install", "-y", *(f"/tmp/debs/{p.name}" for p in names))


def mount(where):
    for kind, source, target in (("proc", "proc", "proc"), ("", "/dev", "dev"), ("tmpfs", "tmpfs", "run"),
                                 ("", str(where.archives), "var/cache/apt/archives")):
        how = ["-t", kind] if kind else ["--rbind"]
        run(["mount", *how, source, str(where.folder / target)])


def unmount(where):
    for name in ("var/cache/apt/archives", "run", "dev", "proc"):
        subprocess.run(["umount", "-R", "-l", str(where.folder / name)], capture_output=True)


def run(arguments):
    done = subprocess.run(arguments, capture_output=True, text=True)
    assert done.returncode == 0, f"{arguments}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def setting(unit, name):
    return re.findall(rf"^{name}=(.*)$", unit, re.M)


class service:
    """The line of the unit, run as the unit's user; READY=1 is awaited and STOPPING=1 expected."""

    def __init__(self, where):
        self.where = where
        self.unit = where.path("/" + UNIT).read_text()
        self.words = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)

    def start(self):
        name = self.where.path("/run/notify")
        name.unlink(missing_ok=True)
        self.words.close()
        self.words = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.words.bind(str(name))
        name.chmod(0o777)
        self.words.settimeout(PATIENCE)
        (line,) = setting(self.unit, "ExecStart")
        (user,) = setting(self.unit, "User")
        # What systemd does with $SERVE_OPTIONS and %: nothing else is in that line.
        arguments = [word for word in line.split() if word != "$SERVE_OPTIONS"] + ["--metrics", "127.0.0.1:0"]
        env = {"PATH": PATH, "NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "60000000", "LC_ALL": "C.UTF-8"}
        log = open(self.where.path("/tmp/serve.log"), "ab")
        self.process = subprocess.Popen(self.where.command(arguments, user), env=env, stdout=log, stderr=log,
                                        start_new_session=True)
        self.hear("READY=1")
        self.hear("WATCHDOG=1")

    def hear(self, word):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                said = self.words.recv(4096).decode()
            except TimeoutError:
                break
            if word in said.split("\n"):
                return
        raise AssertionError(f"no {word}; log:\n{self.where.path('/tmp/serve.log').read_text()[-3000:]}")

    def stop(self):
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        for child in children or [self.process.pid]:
            os.kill(int(child), signal.SIGTERM)
        self.hear("STOPPING=1")
        assert self.process.wait(PATIENCE) == 0


def link_in(text):
    return re.search(r"https://\S+[0-9a-f]", text).group(0)


class clinic:
    def __init__(self, where):
        self.where = where
        self.serve = service(where)

    def server(self, *arguments, env=None):
        return self.where.must("autocusto-server", *arguments, "--data", DATA, user="autocusto", env=env)

    def admin(self, *arguments):
        return self.where.must("autocusto-admin", "--home", "/root/admin", *arguments,
                               env={"AUTOCUSTO_PASSPHRASE": PASSPHRASE})

    def laptop(self, home, *arguments):
        return self.where.must("autocusto", "--home", f"/root/{home}", *arguments,
                               env={"AUTOCUSTO_PASSPHRASE": PASSPHRASE})


def check_fresh(where):
    entry = where.must("getent", "passwd", "autocusto")
    assert entry.startswith("autocusto:x:"), entry
    for folder, mode, owner in ((DATA, 0o700, "autocusto"), (BACKUPS, 0o700, "autocusto"), ("/etc/autocusto", 0o700, "root")):
        said = where.must("stat", "-c", "%a %U", folder).split()
        assert said == [f"{mode:o}", owner], f"{folder}: {said}"
    secret = where.path("/etc/autocusto/backup.passphrase")
    assert secret.stat().st_mode & 0o777 == 0o600 and len(secret.read_text().strip()) >= 32
    for program in ("autocusto", "autocusto-server", "autocusto-admin", "autocusto-import"):
        assert where.must(program, "--version").startswith(program + " ")
        for name in (f"share/bash-completion/completions/{program}", f"share/zsh/vendor-completions/_{program}",
                     f"share/fish/vendor_completions.d/{program}.fish"):
            assert where.path("/usr/" + name).exists(), name
    # minbase keeps man pages.
    assert where.path("/usr/share/man/man1/autocusto-server.1.gz").exists()
    assert where.path("/usr/share/man/pt_BR/man1/autocusto.1.gz").exists()


def set_up(here, port):
    said = here.server("init", "--name", "localhost", "--listen", f"127.0.0.1:{port}", "--admin", "adm@clinica.test")
    here.serve.start()
    here.admin("enroll", link_in(said), "--device-name", "office")
    link = link_in(here.admin("user", "add", "ana@clinica.test", "--role", "doctor"))
    here.laptop("home", "enroll", link, "--device-name", "home")
    here.laptop("home", "patient", "save", PATIENT, "--set", "nome_paciente=João da Conceição", "--set", "nome_mae=Maria",
                "--set", "end_paciente=Rua das Flores, 12", "--set", "peso=70")
    assert "Sent 1" in here.laptop("home", "sync")


def second_laptop(here):
    link = link_in(here.admin("enrollment", "new", "ana@clinica.test"))
    here.laptop("clinic", "enroll", link, "--device-name", "clinic")
    here.laptop("clinic", "sync")
    shown = json.loads(here.laptop("clinic", "patient", "show", PATIENT, "--json"))
    assert "João da Conceição" in json.dumps(shown, ensure_ascii=False)


def daily_backups(here):
    """As the unit runs it, three times with two to be kept."""
    unit = here.where.path("/lib/systemd/system/autocusto-server-backup.service").read_text()
    (line,), (credential,) = setting(unit, "ExecStart"), setting(unit, "LoadCredential")
    name, source = credential.split(":")
    folder = here.where.path("/run/credentials")
    folder.mkdir()
    shutil.copy(here.where.path(source), folder / name)
    here.where.must("chown", "-R", "autocusto", "/run/credentials")
    env = {"CREDENTIALS_DIRECTORY": "/run/credentials", "BACKUP_KEEP": "2"}
    made = []
    for _ in range(3):
        here.where.must(line, user="autocusto", env=env)
        made.append(max(p.name for p in here.where.path(BACKUPS).glob("daily-*.backup")))
    assert len(set(made)) == 3, made
    assert sorted(p.name for p in here.where.path(BACKUPS).iterdir()) == made[1:], made
    here.where.must("autocusto-server", "verify", "--data", DATA, user="autocusto")


def upgrade(here, packages):
    here.serve.stop()
    here.server("migrate", "--to", "10", "--destroy-data")
    assert "[ ]" in here.server("showmigrations"), "the schema is not older"
    before = here.where.must("dpkg-query", "-W", "-f", "${Version}", "autocusto-server")
    here.where.install(packages)
    after = here.where.must("dpkg-query", "-W", "-f", "${Version}", "autocusto-server")
    here.where.must("dpkg", "--compare-versions", before, "lt", after)
    assert "[ ]" not in here.server("showmigrations"), "the package did not migrate"
    (kept,) = here.where.path(BACKUPS).glob("before-*.backup")
    # What was made before is of the older schema, and the passphrase of the package opens it.
    secret = here.where.path("/etc/autocusto/backup.passphrase").read_text().strip()
    here.where.must("autocusto-server", "restore", "--data", "/root/restored", f"{BACKUPS}/{kept.name}",
                    env={"AUTOCUSTO_PASSPHRASE": secret})
    assert "[ ]" in here.where.must("autocusto-server", "showmigrations", "--data", "/root/restored")
    here.serve.start()
    here.laptop("clinic", "patient", "save", PATIENT, "--set", "peso=71")
    assert "Sent 1" in here.laptop("clinic", "sync")
    assert "71" in here.laptop("home", "sync") + here.laptop("home", "patient", "show", PATIENT)
    assert "all as it should be" in here.server("verify")


def booted(here):
    """What booted.sh says, under the systemd of the tree; a sentence where none can be booted."""
    here.serve.stop()
    if shutil.which("systemd-nspawn") is None:
        return "not booted: systemd-nspawn is not installed (apt-get install systemd-container)"
    # A container brings mounts of its own.
    unmount(here.where)
    script = pathlib.Path(__file__).with_name("booted.sh")
    shutil.copy(script, here.where.path("/root/booted.sh"))
    (here.where.path("/etc/systemd/system") / "booted.service").write_text(
        "[Unit]\nAfter=multi-user.target timers.target\n[Service]\nType=oneshot\nTimeoutStartSec=240\n"
        "ExecStart=-/bin/sh -eux /root/booted.sh\nExecStopPost=/bin/systemctl --no-block poweroff\n"
        "StandardOutput=file:/root/booted.log\nStandardError=file:/root/booted.log\n"
        "[Install]\nWantedBy=default.target\n")
    wants = here.where.path("/etc/systemd/system/default.target.wants")
    wants.mkdir(exist_ok=True)
    (wants / "booted.service").symlink_to("/etc/systemd/system/booted.service")
    log = here.where.path("/root/booted.log")
    try:
        ran = subprocess.run(["systemd-nspawn", "--register=no", "--keep-unit", "--quiet", "--console=pipe", "--boot",
                              "-D", str(here.where.folder)], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                             timeout=300)
    finally:
        mount(here.where)
    (wants / "booted.service").unlink()
    if not log.exists():
        return f"not booted: {ran.stderr.strip().splitlines()[-1:] or ran.returncode}"
    said = log.read_text(errors="replace")
    assert "all as it should be under systemd" in said.splitlines(), said[-4000:]
    return "booted: service, watchdog, timers, credential, upgrade while serving"


def remove_and_purge(here):
    names = ("autocusto", "autocusto-server", "autocusto-admin")
    here.where.must("apt-get", "remove", "-y", *names)
    assert not here.where.path("/usr/bin/autocusto-server").exists()
    assert here.where.path(f"{DATA}/store.sqlite").exists(), "removing took data away"
    here.where.must("apt-get", "purge", "-y", *names)
    assert not here.where.path(DATA).exists() and not here.where.path("/etc/autocusto").exists()
    assert not here.where.path("/etc/default/autocusto-server").exists()
    assert list(here.where.path(BACKUPS).glob("*.backup")), "sealed backups stay"
    assert here.where.path("/root/home").exists(), "a doctor's profile is no matter of packages"


def main():
    older, newer, cache = (pathlib.Path(name).resolve() for name in sys.argv[1:4])
    cache.mkdir(parents=True, exist_ok=True)
    begun = last = time.monotonic()

    def tell(what):
        nonlocal last
        now = time.monotonic()
        print(f"{now - last:6.1f} s  {what}", flush=True)
        last = now

    with tempfile.TemporaryDirectory(dir=cache, prefix="debian-") as folder, contextlib.ExitStack() as at_end:
        where = tree(folder)
        at_end.callback(lambda: unmount(where))
        where.make(cache)
        tell("a fresh Debian")
        where.install(older)
        tell("packages installed")
        check_fresh(where)
        here = clinic(where)
        at_end.callback(lambda: end(here.serve))
        set_up(here, free_port())
        second_laptop(here)
        tell("server set up and running, administrator, doctor, two laptops, a patient synced")
        daily_backups(here)
        tell("three daily backups, of which two are kept")
        upgrade(here, newer)
        tell("upgraded: backup, schema, sync, verify")
        tell(booted(here))
        remove_and_purge(here)
        tell("removed and purged")
    print(f"{time.monotonic() - begun:6.1f} s  in all")


def end(serve):
    process = getattr(serve, "process", None)
    if process is not None and process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


if __name__ == "__main__":
    if sys.argv[1:] == ["--can"]:
        reason = reason_against()
        print(reason or "it can run here")
        sys.exit(1 if reason else 0)
    if os.environ.get("FRESH_DEBIAN_INSIDE") != "1":
        os.execvpe("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv],
                   {**os.environ, "FRESH_DEBIAN_INSIDE": "1"})
    main()
