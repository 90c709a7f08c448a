#!/usr/bin/env python3
"""Documents name what the programs offer: calls of the page's server in docs/local-interface.md, calls of the server in
docs/protocol.md, metrics in docs/operations.md; and name nothing of these that no program has.

`--self-test` shows the lint good and bad texts."""

import pathlib
import re
import sys

CALL = re.compile(r'\{\s*"(?:GET|POST)",\s*"(/(?:api|v1)/[\w/{}-]*[\w}])"')
ADMIN = re.compile(r'\b(?:get|post|history)\(in, "([\w/-]+)"')
METRIC = re.compile(r'"(autocusto_[a-z_]+)"')
TICKS = re.compile(r"`([^`\n]+)`")
# Paths that the page's server answers beside its table of calls.
BESIDE = {"/api/events"}


def named_calls(document: str, prefix: str) -> set:
    """Paths in backticks. In one row `/x` and `x` after a path stand for its last part."""
    found = set()
    for line in document.splitlines():
        last = ""
        for tick in TICKS.findall(line if line.startswith("|") else " ".join(re.findall(r"`[^`]*/(?:api|v1)/[^`]*`", line))):
            path = re.sub(r"^(?:GET|POST) ", "", tick).split("?")[0].split(" ")[0]
            if path.startswith(prefix):
                last = path
                found.add(path)
            elif last and line.startswith("|") and re.fullmatch(r"/?[a-z-]+(?:/\{id\})?", path):
                found.add(last.rsplit("/", 1)[0] + "/" + path.strip("/"))
    return found


def problems(page_code: str, page_doc: str, server_code: str, server_doc: str, metrics: set, operations: str) -> list:
    wrong = []
    made = set(CALL.findall(page_code))
    named = named_calls(page_doc, "/api/")
    wrong += [f"docs/local-interface.md lacks {call}" for call in sorted(made - named)]
    # What stands behind a path in a row may also be a member, so only full paths are judged here.
    full = {call for call in re.findall(r"`(?:GET |POST )?(/api/[\w/-]+)", page_doc)}
    wrong += [f"docs/local-interface.md: no program has {call}" for call in sorted(full - made - BESIDE)]
    calls = set(CALL.findall(server_code)) | {"/v1/admin/" + name for name in ADMIN.findall(server_code)}
    wrong += [f"docs/protocol.md lacks {call}" for call in sorted(calls - named_calls(server_doc, "/v1/"))]
    told = set(re.findall(r"autocusto_[a-z_]+", operations)) - {"autocusto_texts"}
    wrong += [f"docs/operations.md lacks {name}" for name in sorted(metrics - told)]
    wrong += [f"docs/operations.md: no program has {name}" for name in sorted(told - metrics)]
    return wrong


def self_test() -> int:
    code = '{"POST", "/api/lock", x}, {"POST", "/api/quit", x}'
    server = '{"POST", "/v1/push", y}; get(in, "users", z); {"GET", "/v1/admin/devices/{id}", z}'
    protocol = "| `POST /v1/push` | x |\n| `GET /v1/admin/users`, `devices/{id}` | x |\n"
    counts = [len(problems(code, "| `POST /api/lock`, `/quit` | x |", server, protocol, {"autocusto_a"}, "`autocusto_a`")),
              len(problems(code, "| `POST /api/lock` | x |", server, protocol, {"autocusto_a"}, "autocusto_a")),
              len(problems(code, "| `POST /api/lock`, `/quit` |\n| `POST /api/none` |", server, protocol, set(), "")),
              len(problems("", "", server, "| `POST /v1/push` |", {"autocusto_a"}, "autocusto_b"))]
    fine = counts == [0, 1, 1, 4]
    print("interface lint: knows its shapes" if fine else f"interface lint: judged wrongly: {counts}")
    return 0 if fine else 1


def main() -> int:
    if sys.argv[1] == "--self-test":
        return self_test()
    root = pathlib.Path(sys.argv[1]).resolve()

    def code(*folders):
        return "\n".join(path.read_text(encoding="utf-8") for folder in folders
                         for path in sorted((root / folder).rglob("*.cpp")))

    def document(name):
        return (root / "docs" / name).read_text(encoding="utf-8")

    wrong = problems(code("client/web"), document("local-interface.md"), code("server/api", "server/admin"),
                     document("protocol.md"), set(METRIC.findall(code("server"))), document("operations.md"))
    print("\n".join(wrong) if wrong else "interfaces: fine")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
