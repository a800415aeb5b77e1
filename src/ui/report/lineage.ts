/** What `nimify catalog lineage` prints for people: a tree with the oldest ancestors at the top. */
import type { LineageGraph } from '../../catalog/records.ts';
import { headline, page } from '../layout.ts';
import { paint, type Style } from '../style.ts';
import { safeText, truncate, widthOf } from '../text.ts';
import { shortDigest } from './figures.ts';

type Node = LineageGraph['nodes'][number];

/** A line of the tree: one thing, or several artifacts of one kind. */
interface Branch {
  readonly label: string;
  readonly relation: string;
  readonly remark: string;
  /** What to go on with; undefined for groups. */
  readonly sha256?: string;
}

/** What comes from two parents is shown under each; a circle ends where it closes. */
export function lineageReport(style: Style, graph: LineageGraph, id: string): string {
  const tree = new Tree(style, graph);
  return page(headline(style, `Where ${id} comes from`), tree.lines());
}

class Tree {
  readonly #style: Style;
  readonly #graph: LineageGraph;
  readonly #nodes: ReadonlyMap<string, Node>;
  readonly #lines: string[] = [];

  constructor(style: Style, graph: LineageGraph) {
    this.#style = style;
    this.#graph = graph;
    this.#nodes = new Map(graph.nodes.map((node) => [node.sha256, node]));
  }

  lines(): string[] {
    const children = new Set(this.#graph.edges.map(({ child }) => child));
    for (const node of this.#graph.nodes) {
      if (children.has(node.sha256)) continue;
      this.#draw(single(node, ''), '', '');
      this.#below(node.sha256, '', [node.sha256]);
    }
    return this.#lines;
  }

  #below(parent: string, indent: string, path: readonly string[]): void {
    const branches = this.#branches(parent);
    branches.forEach((branch, index) => {
      const isLast = index === branches.length - 1;
      this.#draw(branch, indent, isLast ? '└─ ' : '├─ ');
      const { sha256 } = branch;
      if (sha256 === undefined || path.includes(sha256)) return;
      this.#below(sha256, `${indent}${isLast ? '   ' : '│  '}`, [...path, sha256]);
    });
  }

  #branches(parent: string): Branch[] {
    const edges = this.#graph.edges.filter((edge) => edge.parent === parent);
    const groups = new Map<string, Branch[]>();
    for (const { child, relation } of edges) {
      const node = this.#nodes.get(child);
      if (node === undefined) continue;
      const key = node.kind === 'artifact' ? `${relation} ${kindOf(node)}` : child;
      groups.set(key, [...(groups.get(key) ?? []), single(node, relation)]);
    }
    return [...groups.values()].map((group) => {
      const [first] = group as [Branch];
      if (group.length === 1) return first;
      const kind = first.label.split(': ')[0] as string;
      return { label: kind, relation: first.relation, remark: `${group.length} artifacts` };
    });
  }

  #draw({ label, relation, remark }: Branch, indent: string, sign: string): void {
    const behind = [relation, remark].filter((part) => part !== '').join('  ');
    const room = this.#style.columns - widthOf(indent + sign) - widthOf(behind) - 4;
    const text = this.#style.isTty ? truncate(safeText(label), Math.max(room, 12), 'middle') : safeText(label);
    const how = relation === '' ? '' : `  ${paint(this.#style, 'cyan', relation)}`;
    this.#lines.push(`  ${indent}${sign}${text}${how}  ${paint(this.#style, 'dim', remark)}`);
  }
}

function single({ sha256, label, kind }: Node, relation: string): Branch {
  return {
    label,
    relation,
    remark: kind === 'artifact' ? shortDigest(sha256) : `${kind} ${shortDigest(sha256)}`,
    sha256,
  };
}

/** The catalog labels artifacts as `helm: chart/Chart.yaml`. */
function kindOf({ label }: Node): string {
  return label.split(': ')[0] as string;
}
