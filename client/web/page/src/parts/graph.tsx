// The versions as a picture, newest at the top. The list below it says the same in words.
import type { Version } from '../api';
import { layout, type Node } from '../logic/graph';
import { formatTime } from '../logic/format';
import { t } from '../texts';

const STEP_X = 34;
const STEP_Y = 34;
const MARGIN = 20;

export function GraphPicture({ versions }: { versions: Version[] }) {
  const graph = layout(versions);
  const rows = versions.length;
  const x = (n: Node) => MARGIN + n.lane * STEP_X;
  const y = (n: Node) => MARGIN + (rows - 1 - n.row) * STEP_Y;
  const width = MARGIN * 2 + (graph.lanes - 1) * STEP_X + 240;
  const height = MARGIN * 2 + (rows - 1) * STEP_Y;
  const textX = MARGIN + graph.lanes * STEP_X;
  return (
    <details open={rows <= 12} class="graph">
      <summary>{t('graph')}</summary>
      <div class="scroll" tabIndex={0} role="region" aria-label={t('graph')}>
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={t('graph_label', { n: rows })}>
          {graph.edges.map((e) => (
            <path
              key={`${e.from.version.version_id} ${e.to.version.version_id}`}
              d={`M ${x(e.from)} ${y(e.from)} C ${x(e.from)} ${y(e.from) - STEP_Y / 2}, ${x(e.to)} ${y(e.to) + STEP_Y / 2}, ${x(e.to)} ${y(e.to)}`}
            />
          ))}
          {graph.nodes.map((n) => (
            <g key={n.version.version_id} class={n.version.active ? 'active' : n.version.status}>
              <circle cx={x(n)} cy={y(n)} r={n.version.head ? 10 : 7} />
              <text x={textX} y={y(n) + 5}>
                {n.version.number} · {formatTime(n.version.created_at)}
              </text>
            </g>
          ))}
        </svg>
      </div>
    </details>
  );
}
