"""A small world of real programs for the tests of the import: a private PostgreSQL with legacy
databases, servers on either database, administrators, laptops. Everything lives in one temporary
folder and ends with it; nothing waits without a deadline."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
GENERATOR = HERE / "make_database.py"
ENVIRONMENT = {**os.environ, "AUTOCUSTO_PASSPHRASE": "uma senha de teste com girassol", "LC_ALL": "C.UTF-8",
               "LANGUAGE": ""}
PATIENCE = 1000  # seconds; a program that takes longer hangs


class Failed(AssertionError):
    """Something is not as it has to be; the message says what, without a patient's data."""


def require(holds, message):
    if not holds:
        raise Failed(message)


def run(arguments, exits=(0,), data=None):
    """Runs a program to its end; -> CompletedProcess, with texts."""
    done = subprocess.run([str(a) for a in arguments], input=data, env=ENVIRONMENT, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=PATIENCE)
    if exits is not None and done.returncode not in exits:
        words = " ".join(str(a) for a in arguments[:6])
        raise Failed(f"{words} … ended with {done.returncode}:\n"
                     f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done


def wait_until(condition, what, patience=600.0):
    """Polls with a deadline; -> the first answer that is true."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        answer = condition()
        if answer:
            return answer
        time.sleep(0.005)
    raise Failed(f"{what}: not within {patience} s")


class Cluster:
    """The private PostgreSQL."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / "pg"
        self.url = run([ROOT / "tools/pg-cluster", "start", self.folder,
                        "--while", os.getpid()]).stdout.strip()
        self.count = 0

    def stop(self):
        run([ROOT / "tools/pg-cluster", "stop", self.folder], exits=None)

    def create(self, name):
        """A fresh database; -> its URL."""
        self.count += 1
        name = f"{name}_{self.count}"
        self.sql(self.url, f'CREATE DATABASE "{name}"')
        return self.url.rsplit("/", 1)[0] + "/" + name

    @staticmethod
    def sql(url, text):
        return run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url],
                   data=text).stdout


def make_legacy(cluster, folder, *options, generator=GENERATOR):
    """-> URL of a new legacy database, and what an import of it has to give."""
    url = cluster.create("legado")
    script, truth = pathlib.Path(folder) / "legacy.sql", pathlib.Path(folder) / "truth.json"
    with open(script, "wb") as out:
        subprocess.run([sys.executable, str(generator), *map(str, options), "--expect", truth],
                       stdout=out, check=True)
    run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", script])
    with open(truth, encoding="utf-8") as file:
        return url, json.load(file)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Laptop:
    def __init__(self, world, home, link):
        self.world, self.home = world, home
        self("enroll", link, "--device-name", "laptop")

    def __call__(self, *words, exits=(0,)):
        """Runs `autocusto … --json`; -> what it printed."""
        done = run([self.world.program("autocusto"), "--home", self.home, "--json", *words], exits)
        return json.loads(done.stdout)

    def sync(self):
        return self("sync")

    def export(self):
        """Every version that the laptop can show, as the bytes of a file of JSON lines."""
        path = pathlib.Path(f"{self.home}.jsonl")
        path.unlink(missing_ok=True)
        self("export", path)
        data = path.read_bytes()
        path.unlink()
        return data


class World:
    """A server with its folder, served or not, and an administrator."""

    def __init__(self, programs, folder, database_url=None, reached_by=None):
        """`reached_by`: the port in links, where that is not the server's own."""
        self.programs, self.folder = pathlib.Path(programs), pathlib.Path(folder)
        self.folder.mkdir()
        self.data, self.url = self.folder / "server", database_url
        self.port, self.metrics, self.process, self.homes = free_port(), None, None, 0
        self.log = open(self.folder / "server.log", "ab")
        more = ["--database", database_url] if database_url else []
        made = self.server("init", "--admin", "admin@servidor.test", "--name",
                           f"localhost:{reached_by}" if reached_by else "localhost",
                           "--listen", f"127.0.0.1:{self.port}", *more, "--json")
        self.admin_link = json.loads(made.stdout)["enrollment_link"]

    def program(self, name):
        return self.programs / name

    def server(self, command, *words, exits=(0,)):
        return run([self.program("autocusto-server"), command, "--data", self.data, *words], exits)

    def start(self):
        self.metrics = free_port()
        self.process = subprocess.Popen(
            [self.program("autocusto-server"), "serve", "--data", str(self.data), "--metrics",
             f"127.0.0.1:{self.metrics}"], stdout=self.log, stderr=self.log, env=ENVIRONMENT)
        wait_until(self.listening, "the server starts")
        if self.admin_link:
            link, self.admin_link = self.admin_link, None
            self.admin("enroll", link)
        return self

    def listening(self):
        require(self.process.poll() is None, "the server ended at once")
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)
            self.process = None

    def remove(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def admin(self, *words, exits=(0,)):
        done = run([self.program("autocusto-admin"), "--home", self.folder / "admin", "--json",
                    *words], exits)
        return json.loads(done.stdout)

    def laptop(self, link):
        self.homes += 1
        return Laptop(self, self.folder / f"laptop-{self.homes}", link)

    # ---- the import
    def importer(self, command, *words, exits=(0,)):
        """Runs `autocusto-import COMMAND … --json`; -> what it printed."""
        done = run(self.import_words(command, *words), exits)
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def import_words(self, command, *words):
        data = [] if command == "check" else ["--data", self.data]
        return [self.program("autocusto-import"), command, *words, *data, "--json"]

    def import_from(self, url, *words):
        """A whole run; -> its report."""
        path = self.folder / "report.json"
        path.unlink(missing_ok=True)
        self.importer("run", "--from", url, "--report", path, *words)
        with open(path, encoding="utf-8") as file:
            return json.load(file)

    # ---- what stands in the server's database
    def rows(self, sql):
        """The rows of a query as dictionaries; `{hex X}` is X in hex digits on both databases."""
        if self.url:
            sql = sql.replace("{hex ", "encode(").replace("}", ", 'hex')")
            text = Cluster.sql(self.url, f"SELECT coalesce(json_agg(t), '[]') FROM ({sql}) t;")
            return json.loads(text)
        sql = sql.replace("{hex ", "lower(hex(").replace("}", "))")
        with sqlite3.connect(f"file:{self.data}/store.sqlite?mode=ro", uri=True) as database:
            found = database.execute(sql)
            names = [column[0] for column in found.description]
            return [dict(zip(names, row)) for row in found]

    def dump(self):
        """Everything in the database, as text."""
        if self.url:
            text = run(["pg_dump", "--data-only", "--inserts", "-d", self.url]).stdout
            return re.sub(r"^\\(un)?restrict .*$", "", text, flags=re.MULTILINE)  # random
        with sqlite3.connect(f"file:{self.data}/store.sqlite?mode=ro", uri=True) as database:
            return "\n".join(database.iterdump())


class Stage:
    """A temporary folder with a cluster, for as many worlds as one likes."""

    def __init__(self, programs):
        self.programs = programs
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="autocusto-import-"))
        self.folder.chmod(0o711)  # the cluster inside may run as another user
        self.count = 0

    def __enter__(self):
        self.cluster = Cluster(self.folder)
        return self

    def __exit__(self, *error):
        self.cluster.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def world(self, database):
        self.count += 1
        url = self.cluster.create("servidor") if database == "postgres" else None
        return World(self.programs, self.folder / f"world-{self.count}", url)
