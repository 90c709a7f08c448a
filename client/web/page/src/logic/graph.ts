// Where each version stands in the picture: a row for each in the order of its number, a lane for each
// line of development. Pure function.
import type { Version } from '../api';

export interface Node {
  version: Version;
  row: number;
  lane: number;
}
export interface Edge {
  from: Node;
  to: Node;
}
export interface Graph {
  nodes: Node[];
  edges: Edge[];
  lanes: number;
}

/// `versions` oldest first, parents before children; parents that are not among them are left out.
export function layout(versions: Version[]): Graph {
  const nodes: Node[] = [];
  const byId = new Map<string, Node>();
  const edges: Edge[] = [];
  /// The id that each lane waits for a child of; null: the lane is free.
  const tips: (string | null)[] = [];
  const childrenLeft = new Map<string, number>();
  for (const v of versions) {
    for (const p of v.parents) childrenLeft.set(p, (childrenLeft.get(p) ?? 0) + 1);
  }
  versions.forEach((version, row) => {
    const parents = version.parents.filter((p) => byId.has(p));
    let lane = tips.findIndex((tip) => tip !== null && parents.includes(tip));
    if (lane < 0) lane = tips.findIndex((tip) => tip === null);
    if (lane < 0) lane = tips.push(null) - 1;
    for (const p of parents) {
      childrenLeft.set(p, (childrenLeft.get(p) ?? 1) - 1);
      const other = tips.indexOf(p);
      if (other >= 0 && other !== lane && childrenLeft.get(p) === 0) tips[other] = null;
    }
    tips[lane] = version.version_id;
    const node = { version, row, lane };
    nodes.push(node);
    byId.set(version.version_id, node);
    for (const p of parents) {
      const from = byId.get(p);
      if (from) edges.push({ from, to: node });
    }
  });
  return { nodes, edges, lanes: Math.max(tips.length, 1) };
}
