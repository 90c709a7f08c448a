#!/usr/bin/env python3
"""What strangers cost the server beside a TLS handshake, in processor time of the server.

    stranger_bench.py PROGRAMS [--count N]

PROGRAMS is a folder with release builds. Each kind of request is sent N times over kept
connections; connections that the server ends are opened anew, and their handshakes are taken off
the figure. Prints one JSON object; times are microseconds of processor time for one of each.
"""
import argparse
import http.client
import json
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "legacy"))
from world import World, require  # noqa: E402


def used(process):
    """Nanoseconds that all threads of the process have run."""
    tasks = pathlib.Path(f"/proc/{process.pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text(encoding="ascii").split()[0]) for task in tasks)


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


def handshakes(world, count):
    for _ in range(count):
        with socket.create_connection(("127.0.0.1", world.port), timeout=60) as plain:
            context().wrap_socket(plain).close()  # a context of its own: nothing is resumed


def bomb():
    """8 MiB of zeros, compressed."""
    program = shutil.which("zstd")
    if program is None:
        return None
    return subprocess.run([program, "-q", "-19", "-c"], input=bytes(8 << 20), check=True,
                          stdout=subprocess.PIPE).stdout


def requests(world, count, method, path, body, headers):
    """-> how many connections it took, and the status of the last answer."""
    opened, status, line = 0, 0, None
    for _ in range(count):
        if line is None or line.sock is None:
            line = http.client.HTTPSConnection("localhost", world.port, timeout=60, context=context())
            opened += 1
        line.request(method, path, body, headers)
        answer = line.getresponse()
        answer.read()
        status = answer.status
        if answer.will_close:
            line.close()
    line.close()
    return opened, status


def kinds():
    token = {"Authorization": "Bearer " + "x" * 43, "Content-Type": "application/json"}
    plain = {"Content-Type": "application/json"}
    device = str(uuid.uuid4())
    yield "page with an invented token", "GET", "/v1/changes", None, token
    yield "push with an invented token", "POST", "/v1/push", b"{}", token
    packed = bomb()
    if packed is not None:
        yield ("push of a compressed bomb, invented token", "POST", "/v1/push", packed,
               {**token, "Content-Encoding": "zstd"})
    yield "nothing there", "GET", "/v1/nothing", None, {}
    yield ("challenge", "POST", "/v1/session", json.dumps({"device": device}).encode(), plain)
    yield ("challenge, signed for a nonce", "POST", "/v1/session",
           json.dumps({"device": device, "nonce": "ab" * 32}).encode(), plain)
    yield ("enrollment with an invented code", "POST", "/v1/enroll",
           json.dumps({"code": "x" * 43, "public_key": "11" * 32, "device_name": "x"}).encode(), plain)


def measure(world, count):
    handshakes(world, count // 10)
    before = used(world.process)
    handshakes(world, count)
    handshake = (used(world.process) - before) / count / 1000
    out = {"handshake": round(handshake, 1), "requests": []}
    for name, method, path, body, headers in kinds():
        requests(world, count // 10, method, path, body, headers)
        before = used(world.process)
        opened, status = requests(world, count, method, path, body, headers)
        micros = (used(world.process) - before) / count / 1000 - handshake * opened / count
        out["requests"].append({"request": name, "status": status, "us": round(micros, 1),
                                "of_a_handshake": round(micros / handshake, 3),
                                "connections": opened})
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=1000)
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="autocusto-strangers-")
    world = World(options.programs, pathlib.Path(folder) / "world")
    try:
        config = world.data / "config.json"
        settings = json.loads(config.read_text(encoding="utf-8"))
        settings["limits"] = {"connections": {"address": 0}}
        config.write_text(json.dumps(settings), encoding="utf-8")
        world.start()
        print(json.dumps(measure(world, options.count), indent=1))
        require(world.process.poll() is None, "the server ended")
    finally:
        world.remove()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
