// Merge groups in a conflict: which ones a person has to decide. Fields of one group only make sense
// together, so they are chosen together. The program joins the others by the same rule
// (client/replica/resolve.cpp) and shows the result before anything is saved. Pure functions.
import type { Conflict, Fields, FieldSpec, Kind, Resolution } from '../api';
import { visibleText } from './entry';

export interface Group {
  name: string;
  specs: FieldSpec[];
  /// Nobody has to choose: equal in all, or changed in only one.
  decided: boolean;
}

/// For each group: the index of a head, `before`, or typed values.
export type Choice = { what: 'side'; index: number } | { what: 'before' } | { what: 'typed'; values: Fields };

/// What looks the same is one value (shared/domain/merge.hpp).
function looks(value: string | boolean | null): string | boolean | null {
  return typeof value === 'string' ? visibleText(value) : value;
}

function valuesOf(specs: FieldSpec[], fields: Fields): string {
  return JSON.stringify(specs.map((s) => looks(fields[s.name] ?? null)));
}

export function groupsOf(kind: Kind, conflict: Conflict): Group[] {
  const names = [...new Set(kind.fields.map((f) => f.group))];
  return names.map((name) => {
    const specs = kind.fields.filter((f) => f.group === name);
    const different = new Set(conflict.heads.map((h) => valuesOf(specs, h.fields)));
    if (different.size > 1 && conflict.base) different.delete(valuesOf(specs, conflict.base.fields));
    return { name, specs, decided: different.size <= 1 };
  });
}

/// Groups without a choice that need one.
export function undecided(groups: Group[], choices: Map<string, Choice>): Group[] {
  return groups.filter((g) => !g.decided && !choices.has(g.name));
}

export function resolutionOf(conflict: Conflict, groups: Group[], choices: Map<string, Choice>): Resolution {
  const from: Record<string, string> = {};
  const set: Fields = {};
  for (const group of groups) {
    const choice = choices.get(group.name);
    if (!choice) continue;
    for (const spec of group.specs) {
      if (choice.what === 'typed') {
        set[spec.name] = choice.values[spec.name] ?? (spec.type === 'boolean' ? false : '');
        continue;
      }
      const side = choice.what === 'before' ? conflict.base : conflict.heads[choice.index];
      if (side) from[spec.name] = side.version.version_id;
    }
  }
  return { kind: conflict.kind, key: conflict.key, heads: conflict.head_ids, from, set };
}
