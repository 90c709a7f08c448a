#!/usr/bin/env python3
"""The tour of README.md, typed into a shell with the real programs; what they print is what stands there.

    readme_test.py README.md PROGRAMS

Ids, codes, times and the port differ in each run and are compared as placeholders. Which version of the tour's conflict is
shown depends on their random ids, so the tour starts anew, up to ATTEMPTS times, until it is the one of README.md. Each command of a `console` block is
run in one shell, in a folder of its own; a server that a command starts with `&` is awaited by its output. Nothing waits
without a deadline."""

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

DEADLINE = 120
ATTEMPTS = 20
PLACEHOLDERS = [
    (re.compile(r"#[\w-]{32}\.ca:[0-9a-f]{64}\.key:[0-9a-f]{64}"), "#CODE.ca:PIN.key:PIN"),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d"), "TIME"),
    (re.compile(r"\b[0-9a-f]{10}\b(?!\.)"), "ID"),
    (re.compile(r"\b\d+ sealed cells"), "N sealed cells"),
    (re.compile(r"[ \t]+$", re.M), ""),
]


def plain(text: str) -> str:
    for pattern, placeholder in PLACEHOLDERS:
        text = pattern.sub(placeholder, text)
    return text.strip("\n")


def steps(readme: str):
    """(command, expected output) of each `$ ` line, with the lines that a backslash continues."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", readme, re.S | re.M):
        continued = False
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append([line[2:], []])
            elif continued:
                found[-1][0] += "\n" + line
            else:
                found[-1][1].append(line)
                continue
            continued = line.endswith("\\")
    return [(command, "\n".join(lines)) for command, lines in found]


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class shell:
    """One bash whose output goes to a file."""

    def __init__(self, folder: pathlib.Path, environment: dict):
        self.output = folder / "output"
        self.file = self.output.open("wb")
        self.bash = subprocess.Popen(["bash", "--norc"], stdin=subprocess.PIPE, stdout=self.file, stderr=subprocess.STDOUT,
                                     cwd=folder, env=environment, start_new_session=True)
        self.read = 0
        self.count = 0

    def wait_for(self, text: str) -> str:
        end = time.monotonic() + DEADLINE
        while True:
            fresh = self.output.read_bytes()[self.read:].decode("utf-8", "replace")
            if text in fresh:
                return fresh
            if time.monotonic() > end or self.bash.poll() is not None:
                sys.exit(f"did not print {text!r} in time, but:\n{fresh}")
            time.sleep(0.02)

    def run(self, command: str, awaited: str) -> str:
        self.count += 1
        mark = f"--- end of step {self.count} ---"
        if command.startswith("kill "):
            command += "; wait $! 2>/dev/null"
        self.bash.stdin.write(f"{command}\necho '{mark}'\n".encode())
        self.bash.stdin.flush()
        self.wait_for(mark)
        if awaited:
            self.wait_for(awaited)
        text = self.wait_for(mark)
        self.read = self.output.stat().st_size
        return text.replace(mark + "\n", "")

    def close(self):
        os.killpg(self.bash.pid, signal.SIGKILL)
        self.bash.wait()
        self.file.close()


def walk(tour, programs: pathlib.Path) -> list:
    """What the programs print that README.md does not say, command by command."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="autocusto-readme-"))
    environment = {**{k: v for k, v in os.environ.items() if not k.startswith("AUTOCUSTO_")},
                   "HOME": str(folder), "LC_ALL": "C.UTF-8", "TMPDIR": str(folder), "TZ": "UTC"}
    wrong = []
    terminal = shell(folder, environment)
    try:
        for command, expected in tour:
            command = command.replace("$PWD/build/release/bin", str(programs))
            awaited = expected.split("\n")[0] if command.endswith("&") else ""
            got = plain(terminal.run(command, awaited))
            if got != plain(expected):
                wrong.append(f"$ {command}\n--- README.md says\n{plain(expected)}\n--- the program says\n{got}\n")
    finally:
        terminal.close()
        shutil.rmtree(folder, ignore_errors=True)
    return wrong


def main() -> int:
    readme = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
    programs = pathlib.Path(sys.argv[2]).resolve()
    for attempt in range(ATTEMPTS):
        port = free_port()
        tour = steps(readme.replace("127.0.0.1:8443", f"127.0.0.1:{port}").replace("localhost:8443", f"localhost:{port}")
                     .replace("localhost port 8443", f"localhost port {port}"))
        wrong = walk(tour, programs)
        if not wrong and len(tour) >= 10:
            print(f"tour: {len(tour)} commands, as written; attempt {attempt + 1}")
            return 0
        if len(tour) < 10:
            break
    print("\n".join(wrong))
    print(f"{len(wrong)} of {len(tour)} commands print something else")
    return 1


if __name__ == "__main__":
    sys.exit(main())
