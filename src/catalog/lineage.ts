/** What came from what, by digest: both ends of every edge were hashed here, none is taken from a model card. */
import type { Database } from './load-sqlite.ts';
import { findVersion } from './read-versions.ts';
import type { LineageGraph, Relation } from './records.ts';

type LineageNode = LineageGraph['nodes'][number];

/** UNION on the digest alone removes duplicates, so the walk ends even where edges form a circle. */
const RELATED = `
WITH RECURSIVE
  ancestor(sha256) AS (
    SELECT @start UNION SELECT edge.parent FROM ancestor JOIN edge ON edge.child = ancestor.sha256
  ),
  descendant(sha256) AS (
    SELECT @start UNION SELECT edge.child FROM descendant JOIN edge ON edge.parent = descendant.sha256
  )
SELECT sha256 FROM ancestor UNION SELECT sha256 FROM descendant`;

/** The newest version that has a digest names it; being a model weighs more than being a source or an artifact. */
const LABELS = `
SELECT ids.value AS sha256,
  (SELECT m.name || '@' || v.number FROM version v JOIN model m ON m.id = v.model_id
    WHERE v.model_sha256 = ids.value ORDER BY v.id DESC LIMIT 1) AS model,
  (SELECT v.source_reference FROM version v WHERE v.source_sha256 = ids.value ORDER BY v.id DESC LIMIT 1) AS source,
  (SELECT f.label || ': ' || f.path FROM file f
    WHERE f.sha256 = ids.value AND f.role = 'artifact' ORDER BY f.version_id DESC, f.position LIMIT 1) AS artifact
FROM json_each(@ids) ids`;

interface LabelRow {
  readonly sha256: string;
  readonly model: string | null;
  readonly source: string | null;
  readonly artifact: string | null;
}

/** Ancestors and descendants of the served model of a version, sources first and artifacts last. */
export function lineageOf(db: Database, idOrName: string): LineageGraph {
  const start = findVersion(db, idOrName).modelSha256;
  const ids = db
    .prepare<[object], { sha256: string }>(RELATED)
    .all({ start })
    .map((row) => row.sha256);
  const json = { ids: JSON.stringify(ids) };
  const edges = db
    .prepare<[object], { child: string; parent: string; relation: Relation }>(
      `SELECT child, parent, relation FROM edge
       WHERE child IN (SELECT value FROM json_each(@ids)) AND parent IN (SELECT value FROM json_each(@ids))
       ORDER BY parent, child, relation`,
    )
    .all(json);
  const nodes = db.prepare<[object], LabelRow>(LABELS).all(json).map(toNode);
  return { nodes: nodes.sort(byKindAndLabel), edges };
}

/** A source that is served as it came is one node that tells both. */
function toNode({ sha256, model, source, artifact }: LabelRow): LineageNode {
  if (model !== null) return { sha256, kind: 'model', label: source === null ? model : `${model} (${source})` };
  if (source !== null) return { sha256, kind: 'source', label: source };
  return { sha256, kind: 'artifact', label: artifact ?? sha256 };
}

const KINDS = ['source', 'model', 'artifact'] as const;

function byKindAndLabel(a: LineageNode, b: LineageNode): number {
  const byKind = KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind);
  return byKind || (a.label < b.label ? -1 : a.label > b.label ? 1 : a.sha256 < b.sha256 ? -1 : 1);
}
