// Merge groups in a conflict. Fields of one group only make sense together, so they are chosen together.
// Which ones a person has to decide is told by the program (shared/domain/conflict.hpp); it joins the
// others by the same rule and shows the result before anything is saved. Pure functions.
import { emptyValue } from './edits';
import type { Conflict, Fields, FieldSpec, Kind, Resolution } from '../api';

export interface Group {
  name: string;
  specs: FieldSpec[];
  /// Nobody has to choose: equal in all, or changed in only one.
  decided: boolean;
}

/// For each group: the index of a head, `before`, or typed values.
export type Choice = { what: 'side'; index: number } | { what: 'before' } | { what: 'typed'; values: Fields };

export function groupsOf(kind: Kind, conflict: Conflict): Group[] {
  return conflict.groups.map(({ name, decided }) => ({
    name,
    specs: kind.fields.filter((f) => f.group === name),
    decided,
  }));
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
        set[spec.name] = choice.values[spec.name] ?? emptyValue(spec);
        continue;
      }
      const side = choice.what === 'before' ? conflict.base : conflict.heads[choice.index];
      if (side) from[spec.name] = side.version.version_id;
    }
  }
  return { kind: conflict.kind, key: conflict.key, heads: conflict.head_ids, from, set };
}
