#!/usr/bin/env python3
"""Makes the man page of a program, and its completions for bash, zsh and fish, from the tree of commands and
options that the program itself tells (`PROGRAM --command-tree`). Nothing about a command is written here.

    command_texts.py TREE.json OUT --name PROGRAM                      man/man1, bash, zsh, fish
    command_texts.py TREE.json OUT --name PROGRAM --language pt_BR     man/pt_BR/man1 alone
"""
import argparse
import json
import pathlib
import re
import sys

HEADINGS = {
    "en": {"name": "NAME", "synopsis": "SYNOPSIS", "description": "DESCRIPTION", "commands": "COMMANDS",
           "options": "OPTIONS OF EVERY COMMAND", "default": "Default: {}.", "choices": "One of {}.",
           "many": "May be given several times.", "required": "Required.", "command": "COMMAND", "option": "OPTION",
           "also": "SEE ALSO"},
    "pt_BR": {"name": "NOME", "synopsis": "SINOPSE", "description": "DESCRIÇÃO", "commands": "COMANDOS",
              "options": "OPÇÕES DE TODOS OS COMANDOS", "default": "Padrão: {}.", "choices": "Um de {}.",
              "many": "Pode ser dada várias vezes.", "required": "Obrigatória.", "command": "COMANDO",
              "option": "OPÇÃO", "also": "VEJA TAMBÉM"},
}
PROGRAMS = ("autocusto", "autocusto-admin", "autocusto-import", "autocusto-server")
FILES = re.compile(r"FILE|FOLDER|ZIP|PDF|DIR", re.I)


# The tree ------------------------------------------------------------------------------------------------------

def walk(command, path=()):
    """(path, command) of each command, the program itself first."""
    yield path, command
    for below in command["commands"]:
        yield from walk(below, path + (below["name"],))


def named(command):
    return [option for option in command["options"] if not option["positional"]]


def places(command):
    return [option for option in command["options"] if option["positional"]]


def shared_options(tree):
    """Options of the program itself, and those that each of its last commands repeats with the same words."""
    last = [command for path, command in walk(tree) if path and not command["commands"]]
    common = list(named(tree))
    for option in named(last[0]) if last else []:
        known = {name for each in common for name in each["names"]}
        if not known & set(option["names"]) and all(option in named(command) for command in last):
            common.append(option)
    return common


def own_options(command, common):
    known = {name for option in common for name in option["names"]}
    return [option for option in named(command) if not set(option["names"]) <= known]


def sentence(option, words):
    text = option["help"]
    if text and not text.endswith((".", ")", "?")):
        text += "."
    parts = [text]
    if option["choices"] and not all(choice in option["help"] for choice in option["choices"]):
        parts.append(words["choices"].format(", ".join(option["choices"])))
    if option["default"] and option["default"] not in ("0", "false"):
        parts.append(words["default"].format(option["default"]))
    if option["many"] and not option["positional"]:
        parts.append(words["many"])
    if option["required"] and not option["positional"]:
        parts.append(words["required"])
    return " ".join(part for part in parts if part)


# The man page --------------------------------------------------------------------------------------------------

def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("^", "\\(ha").replace("~", "\\(ti")
    text = text.replace("`", "\\(ga").replace("'", "\\(aq")
    lines = [line.strip() for line in text.split("\n")]
    return "\n".join("\\&" + line if line.startswith(".") else line for line in lines if line)


def value_of(option):
    if not option["value"]:
        return ""
    return "|".join(option["choices"]) if option["choices"] else option["value"]


def place_text(option):
    name = f"\\fI{roff(option['names'][0])}\\fR" + (" ..." if option["many"] else "")
    return name if option["required"] else f"[{name}]"


def option_item(option, words):
    names = ", ".join(f"\\fB{roff(name)}\\fR" for name in option["names"])
    value = value_of(option)
    return [".TP", names + (f" \\fI{roff(value)}\\fR" if value else ""), roff(sentence(option, words)) or "\\&"]


def place_item(option, words):
    return [".TP", f"\\fI{roff(option['names'][0])}\\fR", roff(sentence(option, words)) or "\\&"]


def commands_text(tree, common, words):
    out = []
    for path, command in walk(tree):
        if not path or command["commands"]:
            continue
        own = own_options(command, common)
        head = " ".join(f"\\fB{roff(word)}\\fR" for word in path)
        more = [place_text(option) for option in places(command)] + ([f"[\\fI{words['option']}\\fR ...]"] if own else [])
        out += [f".SS {head} {' '.join(more)}".rstrip(), roff(command["help"]) or "\\&"]
        for option in places(command):
            if option["help"] or option["choices"]:
                out += place_item(option, words)
        for option in own:
            out += option_item(option, words)
    return out


def man_page(tree, language="en"):
    words = HEADINGS[language]
    name = tree["name"]
    version = re.search(r" (\d+\.\d+\.\d+)", tree["version"])
    date = re.search(r"\d{4}-\d{2}-\d{2}", tree["version"])
    common = shared_options(tree)
    summary = tree["help"].rstrip(".")
    out = [f'.TH "{name.upper()}" "1" "{date.group(0) if date else ""}" "AutoCusto Sync '
           f'{version.group(1) if version else ""}" ""', ".nh", ".ad l",
           f".SH {words['name']}", f"{roff(name)} \\- {roff(summary)}",
           f".SH {words['synopsis']}", f"\\fB{roff(name)}\\fR \\fI{words['command']}\\fR [\\fI{words['option']}\\fR ...]",
           f".SH {words['description']}", roff(tree["help"])]
    if common:
        out.append(f".SH {words['options']}")
        for option in common:
            out += option_item(option, words)
    out += [f".SH {words['commands']}", *commands_text(tree, common, words)]
    others = [f"\\fB{roff(other)}\\fR(1)" for other in PROGRAMS if other != name]
    out += [f".SH {words['also']}", ", ".join(others)]
    return "\n".join(out) + "\n"


# Completions ---------------------------------------------------------------------------------------------------

def function_name(program):
    return "_" + program.replace("-", "_")


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def valued_names(tree):
    return sorted({name for _, command in walk(tree) for option in named(command) if option["value"]
                   for name in option["names"]})


def offered(tree, command):
    """Options that may stand after this command: its own, and those of the program."""
    names = [name for option in named(command) for name in option["names"]]
    return names + [name for option in named(tree) for name in option["names"] if name not in names]


def choices_of(command):
    return [(name, option["choices"]) for option in named(command) if option["choices"] for name in option["names"]]


def words_after(command):
    return [choice for option in places(command) for choice in option["choices"]]


def takes_file(command):
    return any(FILES.search(option["names"][0]) and not option["choices"] for option in places(command))


def known_paths(tree):
    return ["/" + "/".join(path) for path, _ in walk(tree) if path]


def bash(tree):
    name, function = tree["name"], function_name(tree["name"])
    out = [f"# bash completion for {name}; made by tools/command_texts.py",
           f"{function}() {{",
           "  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}",
           "  local at='' skip='' commands='' options='' files='' word i",
           "  for ((i = 1; i < COMP_CWORD; i++)); do",
           "    word=${COMP_WORDS[i]}",
           "    if [[ $skip ]]; then skip=; continue; fi",
           "    case $word in",
           f"      {'|'.join(valued_names(tree))}) skip=1 ;;",
           "      -*) ;;",
           "      *) case $at/$word in",
           f"        {'|'.join(known_paths(tree))}) at+=/$word ;;",
           "      esac ;;",
           "    esac",
           "  done",
           "  case \"$at $before\" in"]
    for path, command in walk(tree):
        for option, choices in choices_of(command):
            where = quoted("".join("/" + word for word in path) + " " + option)
            out.append(f"    {where}) mapfile -t COMPREPLY < <(compgen -W {quoted(' '.join(choices))} -- \"$current\"); return ;;")
    out += ["  esac",
            "  if [[ $skip ]]; then mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); return; fi",
            "  case $at in"]
    for path, command in walk(tree):
        where = quoted("".join("/" + word for word in path))
        below = [each["name"] for each in command["commands"]] + words_after(command)
        files = " files=1" if takes_file(command) else ""
        out.append(f"    {where}) commands={quoted(' '.join(below))} options={quoted(' '.join(offered(tree, command)))}{files} ;;")
    out += ["  esac",
            "  if [[ $current == -* ]]; then",
            "    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\")",
            "  elif [[ $files ]]; then",
            "    mapfile -t COMPREPLY < <(compgen -f -- \"$current\")",
            "  else",
            "    mapfile -t COMPREPLY < <(compgen -W \"$commands\" -- \"$current\")",
            "  fi",
            "}",
            f"complete -F {function} {name}"]
    return "\n".join(out) + "\n"


def described(name, text):
    """For zsh's _describe: `name:text`."""
    return quoted(name.replace(":", "\\:") + ":" + " ".join(text.split()))


def zsh(tree):
    name, function = tree["name"], function_name(tree["name"])
    out = [f"#compdef {name}", "# Made by tools/command_texts.py.",
           f"{function}() {{",
           "  local at='' skip='' files='' word i",
           "  local -a commands options",
           "  for ((i = 2; i < CURRENT; i++)); do",
           "    word=$words[i]",
           "    if [[ -n $skip ]]; then skip=; continue; fi",
           "    case $word in",
           f"      ({'|'.join(valued_names(tree))}) skip=1 ;;",
           "      (-*) ;;",
           "      (*) case $at/$word in",
           f"        ({'|'.join(known_paths(tree))}) at+=/$word ;;",
           "      esac ;;",
           "    esac",
           "  done",
           "  case \"$at $words[CURRENT-1]\" in"]
    for path, command in walk(tree):
        for option, choices in choices_of(command):
            where = quoted("".join("/" + word for word in path) + " " + option)
            out.append(f"    ({where}) compadd -- {' '.join(map(quoted, choices))}; return ;;")
    out += ["  esac", "  if [[ -n $skip ]]; then _files; return; fi", "  case $at in"]
    for path, command in walk(tree):
        where = quoted("".join("/" + word for word in path))
        below = [described(each["name"], each["help"]) for each in command["commands"]]
        below += [quoted(word) for word in words_after(command)]
        helps = {n: o["help"] for o in named(command) + named(tree) for n in o["names"]}
        options = [described(option, helps[option]) for option in offered(tree, command)]
        out += [f"    ({where})", f"      commands=({' '.join(below)})", f"      options=({' '.join(options)})"]
        out += ["      files=1" if takes_file(command) else "      ", "      ;;"]
    out += ["  esac",
            "  if [[ $words[CURRENT] == -* ]]; then _describe -o option options",
            "  elif [[ -n $files ]]; then _files",
            "  else _describe command commands; fi",
            "}",
            f"{function} \"$@\""]
    return "\n".join(line for line in out if line.strip()) + "\n"


def fish(tree):
    name = tree["name"]
    where = "__fish_" + name.replace("-", "_") + "_at"
    out = [f"# fish completion for {name}; made by tools/command_texts.py",
           f"function {where}",
           "  set -l words (commandline -opc)", "  set -l at ''", "  set -l skip 0",
           "  for word in $words[2..-1]",
           "    if test $skip = 1; set skip 0; continue; end",
           f"    if contains -- $word {' '.join(valued_names(tree))}; set skip 1; continue; end",
           "    if string match -q -- '-*' $word; continue; end",
           f"    if contains -- $at/$word {' '.join(known_paths(tree))}; set at $at/$word; end",
           "  end",
           "  test \"$at\" = \"$argv[1]\"",
           "end",
           f"complete -c {name} -f"]
    for path, command in walk(tree):
        at = "".join("/" + word for word in path)
        condition = f'"{where} \'{at}\'"'
        for below in command["commands"]:
            out.append(f"complete -c {name} -n {condition} -a {below['name']} -d {quoted(' '.join(below['help'].split()))}")
        for word in words_after(command):
            out.append(f"complete -c {name} -n {condition} -a {quoted(word)}")
        if takes_file(command):
            out.append(f"complete -c {name} -n {condition} -F")
        names = set()
        for option in named(command) + ([] if not path else named(tree)):
            if names & set(option["names"]):
                continue
            names |= set(option["names"])
            flags = " ".join(f"-l {n[2:]}" if n.startswith("--") else f"-s {n[1:]}" for n in option["names"])
            value = ""
            if option["choices"]:
                value = f" -x -a {quoted(' '.join(option['choices']))}"
            elif option["value"]:
                value = " -r -F"
            out.append(f"complete -c {name} -n {condition} {flags}{value} -d {quoted(' '.join(option['help'].split()))}")
    return "\n".join(out) + "\n"


# -------------------------------------------------------------------------------------------------------------

def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def make(tree, out, language):
    name = tree["name"]
    if language != "en":
        write(out / f"man/{language}/man1/{name}.1", man_page(tree, language))
        return
    write(out / f"man/man1/{name}.1", man_page(tree))
    write(out / f"bash-completion/completions/{name}", bash(tree))
    write(out / f"zsh/site-functions/_{name}", zsh(tree))
    write(out / f"fish/vendor_completions.d/{name}.fish", fish(tree))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tree", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--language", default="en", choices=sorted(HEADINGS))
    given = parser.parse_args()
    tree = json.loads(given.tree.read_text(encoding="utf-8"))
    tree["name"] = given.name
    make(tree, given.out, given.language)
    return 0


if __name__ == "__main__":
    sys.exit(main())
