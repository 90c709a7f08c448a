#!/usr/bin/env python3
"""Man pages and completions hold every command and option. What there is, is asked of `--help` of each command, which
is another way than the one by which the texts are made.

    command_texts_test.py SHARE_FOLDER PROGRAM...
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SHARE = pathlib.Path(sys.argv[1])
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", "TERM": "dumb"}


def helped(program, path):
    done = subprocess.run([program, *path, "--help"], capture_output=True, text=True, env=ENVIRONMENT, check=True)
    return done.stdout


def listed(text):
    """(options, commands) that a help page lists."""
    options = set()
    for line in re.findall(r"^  (-[^ ]*)", text, re.M):
        options |= set(line.split(","))
    below = re.search(r"^Subcommands:\n((?:  .*\n|\n)*)", text, re.M)
    commands = re.findall(r"^  ([a-z][\w-]*)", below.group(1), re.M) if below else []
    return options, commands


def walk(program, path=()):
    options, commands = listed(helped(program, path))
    yield path, options, commands
    for command in commands:
        yield from walk(program, path + (command,))


def plain(roff):
    text = re.sub(r"\\f[BIRP]", "", roff)
    for mark, letter in (("\\-", "-"), ("\\(aq", "'"), ("\\(ga", "`"), ("\\e", "\\"), ("\\&", "")):
        text = text.replace(mark, letter)
    return text


def check_man(program, page):
    text = plain(page.read_text(encoding="utf-8"))
    sections = dict(re.findall(r"^\.SS (.*)\n((?:(?!\.SS|\.SH).*\n)*)", text, re.M))
    everywhere = text.split(".SH")[4]
    for path, options, commands in walk(program):
        if not path or commands:
            continue
        words = " ".join(path)
        own = [body for head, body in sections.items() if head == words or head.startswith(words + " ")]
        assert own, f"{page}: no section {words}"
        for option in options:
            assert any(re.search(rf"(^|, ){re.escape(option)}\b", part, re.M) for part in [*own, everywhere]), \
                f"{page}: {words} {option}"


def bash(script, program, words):
    """What the shell would offer at the end of these words."""
    quoted = " ".join("'" + word + "'" for word in words)
    name = "_" + program.replace("-", "_")
    done = subprocess.run(["bash", "-c", f"source '{script}'; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; {name}; "
                           'printf "%s\\n" "${COMPREPLY[@]}"'], capture_output=True, text=True, env=ENVIRONMENT)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return {line for line in done.stdout.split("\n") if line}


def check_bash(program, script):
    name = pathlib.Path(program).name
    for path, options, commands in walk(program):
        offered = bash(script, name, [name, *path, ""])
        assert set(commands) <= offered, f"{name} {path}: {set(commands) - offered} not offered"
        offered = bash(script, name, [name, *path, "-"])
        missing = {option for option in options if option.startswith("--")} - offered
        assert not missing, f"{name} {path}: {missing} not offered"


def check_known_places(share):
    server = share / "bash-completion/completions/autocusto-server"
    admin = share / "bash-completion/completions/autocusto-admin"
    assert bash(server, "autocusto-server", ["autocusto-server", "rotate", ""]) == {"signing-key", "leaf", "root"}
    assert bash(admin, "autocusto-admin", ["autocusto-admin", "user", "add", "x", "--role", ""]) == {"doctor", "admin"}
    # A value is no command, and what it names may be a file.
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "bundle.sealed").touch()
        assert bash(server, "autocusto-server", ["autocusto-server", "init", "--join", folder + "/bun"]) == \
            {folder + "/bundle.sealed"}
        assert bash(server, "autocusto-server", ["autocusto-server", "restore", folder + "/bun"]) == \
            {folder + "/bundle.sealed"}
    assert bash(server, "autocusto-server", ["autocusto-server", "--data", "config", "confi"]) == {"config"}


def check_other_shells(program, share):
    """zsh and fish read them without a complaint, where they are installed; the names are there in any case."""
    name = pathlib.Path(program).name
    for shell, file in (("zsh", share / f"zsh/site-functions/_{name}"),
                        ("fish", share / f"fish/vendor_completions.d/{name}.fish")):
        text = file.read_text(encoding="utf-8")
        if shutil.which(shell):
            read = subprocess.run([shell, "-n", str(file)], capture_output=True, text=True)
            assert read.returncode == 0 and not read.stderr, read.stderr
        for path, options, commands in walk(program):
            for command in commands:
                assert re.search(rf"\b{re.escape(command)}\b", text), f"{file}: {command}"
            for option in options:
                word = option.lstrip("-")
                assert re.search(rf"(-l |-s |--?){re.escape(word)}\b", text), f"{file}: {option}"
    if shutil.which("fish"):
        check_fish(program, share / f"fish/vendor_completions.d/{name}.fish")


def check_fish(program, script):
    """As fish itself offers them; all questions in one run."""
    name = pathlib.Path(program).name
    asked = [(path, options, commands) for path, options, commands in walk(program)]
    lines = [f"source {script}"]
    for path, _, _ in asked:
        typed = " ".join([name, *path])
        lines += [f"complete -C '{typed} '", f"complete -C '{typed} --'", "echo ----"]
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(["fish", "--no-config", "-c", "\n".join(lines)], capture_output=True, text=True,
                              env={**ENVIRONMENT, "HOME": home})
    assert done.returncode == 0, done.stderr
    answers = done.stdout.split("----\n")
    for (path, options, commands), answer in zip(asked, answers):
        offered = {line.split("\t")[0] for line in answer.split("\n")}
        wanted = set(commands) | {option for option in options if option.startswith("--")}
        assert wanted <= offered, f"fish {name} {path}: {wanted - offered}"


def check_layout(page):
    """groff has nothing to complain of."""
    if shutil.which("groff") is None:
        return
    done = subprocess.run(["groff", "-man", "-Tutf8", "-k", "-wall", "-z", str(page)], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, f"{page}: {done.stderr[:500]}"


for program in sys.argv[2:]:
    name = pathlib.Path(program).name
    check_man(program, SHARE / f"man/man1/{name}.1")
    check_layout(SHARE / f"man/man1/{name}.1")
    check_bash(program, SHARE / f"bash-completion/completions/{name}")
    check_other_shells(program, SHARE)
check_known_places(SHARE)
portuguese = (SHARE / "man/pt_BR/man1/autocusto.1").read_text(encoding="utf-8")
assert ".SH COMANDOS" in portuguese and "Abre a página no navegador" in portuguese
check_layout(SHARE / "man/pt_BR/man1/autocusto.1")
print(f"man pages and completions of {len(sys.argv) - 2} programs hold all that they have")
