#!/usr/bin/env python3
"""Breaks the product on purpose, one line at a time, and sees that the simulation finds out.

    mutations.py check                  each mutation still fits the code (a test does this)
    mutations.py run [NAME…]            applies, builds, simulates until the first failing seed
      --tree FOLDER   where a copy of the last commit is made to work in (build/mutants)
      --seeds N       gives up after so many (2,000; of the rules alone ten times as many)

Prints a row of docs/testing.md for each. `invariant` is what must be broken; another one may be
found first.
"""
import argparse
import collections
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
Mutation = collections.namedtuple("Mutation", "name invariant mode file edits what")


def one(name, invariant, mode, file, old, new, what):
    return Mutation(name, invariant, mode, file, [(old, new)], what)


MUTATIONS = [
    Mutation("unflushed", 1, "", "shared/sqlite/database.cpp",
             [('execute("PRAGMA synchronous=FULL");', 'execute("PRAGMA synchronous=OFF");'),
              ('"PRAGMA synchronous") != k_synchronous_full', '"PRAGMA synchronous") != 0')],
             "SQLite files are not flushed"),
    one("erased-early", 1, "", "client/replica/access/erase.cpp",
        "    if (meta->to_be_pushed()) return false;\n", "",
        "a removed record is erased before its edits were handed over"),
    one("word-of-nothing", 1, "", "client/replica/access/erase.cpp",
        "  empty_tables(file.db());\n", "",
        "a laptop signs a receipt that everything is erased, and keeps it"),
    one("any-cursor", 4, "--recovery", "server/sync/changes_service.cpp",
        "return feed.chain_at(user, at.seq) == at.chain;",
        "return feed.chain_at(user, at.seq) == at.chain || at.seq > 0;",
        "a cursor of before a restore is taken"),
    one("journal-unread", 10, "--recovery", "server/sync/journal.cpp",
        "if (done.contains(entry.id)) continue;",
        "if (done.contains(entry.id) || count == 0) continue;",
        "a restored server does not read its journal"),
    one("number-skipped", 2, "", "server/sync/settle.cpp", "++work.last_number, author",
        "work.last_number += 2, author", "an automatic merge skips a number"),
    one("foreign-heads", 3, "", "server/sync/acts.cpp",
        "  domain::assign_version(view.state, version);\n",
        "  domain::assign_version(view.state, version);\n"
        "  for (const auto& n : graph) {\n"
        "    if (n.id != version) view.state.heads.push_back(n.id);\n  }\n"
        "  std::sort(view.state.heads.begin(), view.state.heads.end());\n",
        "an assignment brings the record's other versions, too"),
    one("drafts-forgotten", 4, "", "client/replica/sync/pull.cpp", ".drafts = what.drafts,",
        ".drafts = {},", "a laptop forgets the drafts of pages"),
    one("removal-untold", 4, "", "server/sync/acts.cpp",
        "  append_events(tx, owner.key, owner.id, events);\n",
        "  if (kind != store::feed_kind::removed) append_events(tx, owner.key, owner.id, events);\n",
        "an unassignment is not in the feed"),
    one("overwritten", 5, "--light", "shared/domain/view_lineage.cpp",
        "        view.pinned == head ? continues(dag, dag.find(v)->parents, head) : "
        "among(replaced, head);\n",
        "        view.pinned == head || !among(view.heads, v) || among(replaced, head);\n",
        "a new head replaces all heads"),
    one("receipt-lost", 6, "", "server/sync/push_transaction.cpp",
        "auto stored = pushes.push(push.object.id);",
        "auto stored = pushes.push(push.object.id);\n  stored.reset();",
        "a stored receipt is not found"),
    one("generation", 7, "--light", "shared/domain/merge.cpp", "head->header.generation + 1",
        "head->header.generation + 2", "a merge has a wrong generation"),
    one("half-migrated", 7, "", "shared/sqlite/migrator.cpp", "    transaction scope(on);\n",
        "    struct {\n      void commit() {}\n    } scope;\n",
        "a migration is not one transaction"),
    one("every-feed", 8, "", "server/sync/push_transaction.cpp",
        "append_events(tx_, feeds_);",
        "for (const auto& user : store::people::reads(tx_).all_users()) {\n"
        "    for (const auto& [owner, feed] : feeds_) "
        "append_events(tx_, user.key, user.id, feed.events);\n  }",
        "a push writes into every doctor's feed"),
    one("first-field", 9, "--light", "shared/domain/merge.cpp",
        "for (std::size_t i = 0; i < fields.size(); ++i)", "for (std::size_t i = 0; i < 1; ++i)",
        "a merge takes only the first field of a group"),
    one("one-wins", 9, "--light", "shared/domain/merge.cpp", "if (!clashing.empty())",
        "if (clashing.size() > 99)", "of two changes of one group, one wins"),
    one("no-timer", 10, "--light", "client/engine/machine_transfer.cpp",
        "  do_next(wait_for{millis});\n", "", "no timer after a failure"),
    one("halved-unasked", 10, "--light", "client/engine/machine_size.cpp",
        "  if (!size_.oversized->not_taken) return ask_for_receipt();\n", "",
        "a push that is too large is halved though the server has it"),
    one("receipt-unasked", 10, "--light", "client/engine/machine_size.cpp",
        "  if (!size_.oversized->not_taken) return ask_for_receipt();\n",
        "  if (!size_.oversized->not_taken) {\n"
        "    back_off_.pushing = std::exchange(size_.oversized, std::nullopt)->why;\n    return decide();\n  }\n",
        "a push that the server has, and that does not get through, is not settled"),
    one("other-version", 10, "", "server/sync/acts.cpp",
        "store::feed_kind::assigned, &*node, env.now)",
        "store::feed_kind::assigned, &graph.front(), env.now)",
        "an assignment names another version in the feed"),
    one("no-quarantine", 11, "", "server/sync/acceptance.cpp", "if (keep_bytes) plan_",
        "if (keep_bytes && i > 9999) plan_", "nothing goes to quarantine"),
    one("future-refused", 12, "--light", "server/sync/version_rules.cpp",
        "  if (auto e = entry_problem(c, work)) return e;\n",
        "  if (c.value->header.created_at > \"2027\") {\n"
        "    return fail(errc::invalid_field, \"It is of the future.\");\n  }\n"
        "  if (auto e = entry_problem(c, work)) return e;\n",
        "a version of the future is refused"),
    Mutation("body-logged", 13, "", "server/api/sync_handlers.cpp",
             [('#include "server/api/event_log.hpp"\n',
               '#include "server/api/event_log.hpp"\n#include <nlohmann/json.hpp>\n'),
              ("  const auto answer = in.pushes.push(caller, asked.body);\n",
               "  in.log.write(log_level::info, \"push\", nlohmann::json{{\"body\", asked.body}});\n"
               "  const auto answer = in.pushes.push(caller, asked.body);\n")],
             "a push's body is written into the log"),
    one("line-quotes", 13, "", "server/sync/acceptance.cpp",
        "    plan_.results.push_back(refused(id, why));\n    if (keep_bytes)",
        "    plan_.results.push_back(refused(id, why));\n"
        "    plan_.results.back().message += input_.batch[i].bytes().payload;\n    if (keep_bytes)",
        "a receipt quotes what it refuses"),
]


def mutated(tree, mutation):
    """-> the file, its text, and the text with the mutation; fails where it does not fit."""
    path = tree / mutation.file
    text = changed = path.read_text(encoding="utf-8")
    for old, new in mutation.edits:
        if changed.count(old) != 1:
            sys.exit(f"mutation {mutation.name}: {mutation.file} has {changed.count(old)} times "
                     f"what is to be changed; write the mutation anew:\n{old}")
        changed = changed.replace(old, new)
    return path, text, changed


def copy_of_the_project(tree):
    """The last commit; what an earlier run may have left changed is written anew."""
    tree.mkdir(parents=True, exist_ok=True)
    files = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True,
                           stdout=subprocess.PIPE).stdout
    subprocess.run(["tar", "-x", "-m", "-C", str(tree)], input=files, check=True)


def build(tree):
    done = subprocess.run([str(tree / "tools/build"), "release", "autocusto-simulate"], cwd=tree,
                          check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(f"it does not build:\n{done.stdout[-3000:]}")


def simulate(tree, mutation, last):
    """-> seeds until the first failing one, and the invariants that it breaks; or nothing."""
    done = subprocess.run([str(tree / "build/release/bin/autocusto-simulate"), "--seeds",
                           f"1-{last}", "--first-failure", "--no-shrink", *mutation.mode.split()],
                          check=False, stdout=subprocess.PIPE, text=True, timeout=3600)
    found = re.search(r"^seed (\d+) breaks:\n((?:  .*\n)+)", done.stdout, re.M)
    return found and (int(found[1]), [line.strip() for line in found[2].splitlines()])


def run(tree, chosen, seeds):
    copy_of_the_project(tree)
    missed = 0
    for mutation in chosen:
        last = seeds * (10 if mutation.mode == "--light" else 1)
        path, text, changed = mutated(tree, mutation)
        path.write_text(changed, encoding="utf-8")
        try:
            build(tree)
            found = simulate(tree, mutation, last)
        finally:
            path.write_text(text, encoding="utf-8")
        mode = mutation.mode.removeprefix("--") or "product"
        told = f"{found[0]} | {found[1][0]}" if found else f"not in {last} | "
        missed += not found
        print(f"| {mutation.invariant} | {mutation.what} | {mode} | {told} |", flush=True)
    sys.exit(1 if missed else 0)


def main():
    asked = argparse.ArgumentParser(description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("command", choices=["check", "run"])
    asked.add_argument("names", nargs="*")
    asked.add_argument("--tree", type=pathlib.Path, default=ROOT / "build/mutants")
    asked.add_argument("--seeds", type=int, default=2000)
    given = asked.parse_args()
    chosen = [m for m in MUTATIONS if not given.names or m.name in given.names]
    unknown = set(given.names) - {m.name for m in MUTATIONS}
    if unknown:
        asked.error(f"no such mutation: {', '.join(sorted(unknown))}")
    if given.command == "run":
        run(given.tree.resolve(), chosen, given.seeds)
    for mutation in chosen:
        mutated(ROOT, mutation)
    print(f"{len(chosen)} mutations fit the code")


if __name__ == "__main__":
    main()
