/**
 * Which nodes two models share. Nodes are paired by graph and name, then by operator and first output; a pair may
 * differ in operator, inputs, outputs and attributes.
 */
import { allGraphs } from '../onnx/graph.ts';
import type { ModelProto, NodeProto } from '../onnx/proto.ts';
import { attributeTexts } from './attribute-text.ts';
import type { Change, NodeChange, NodeDiff, NodeRef } from './facts.ts';
import { operatorOf } from './operators.ts';

interface PlacedNode {
  readonly node: NodeProto;
  readonly place: readonly string[];
}

export function diffNodes(before: ModelProto, after: ModelProto): NodeDiff {
  const old = placedNodes(before);
  const pairs = pairNodes(old, placedNodes(after));
  const changed: NodeChange[] = [];
  let unchangedCount = 0;
  for (const [was, is] of pairs.together) {
    const changes = changesOf(was.node, is.node);
    if (changes.length === 0) unchangedCount += 1;
    else changed.push({ ...refOf(is), changes });
  }
  return { added: pairs.added.map(refOf), removed: pairs.removed.map(refOf), changed, unchangedCount };
}

function placedNodes(model: ModelProto): PlacedNode[] {
  const graphs = [...allGraphs({ ...model, trainingInfo: [] })];
  const inGraphs = graphs.flatMap(({ graph, place }) => graph.node.map((node) => ({ node, place })));
  const inFunctions = model.functions.flatMap((fn) =>
    fn.node.map((node) => ({ node, place: [`function ${fn.name ?? ''}`] })),
  );
  return [...inGraphs, ...inFunctions];
}

interface Pairs {
  readonly together: readonly (readonly [PlacedNode, PlacedNode])[];
  readonly removed: readonly PlacedNode[];
  readonly added: readonly PlacedNode[];
}

function pairNodes(before: readonly PlacedNode[], after: readonly PlacedNode[]): Pairs {
  const together: (readonly [PlacedNode, PlacedNode])[] = [];
  let removed = before;
  let added = after;
  for (const { keyOf, canRepeat } of PAIRINGS) {
    const twins = groupBy(added, keyOf);
    const taken = new Set<PlacedNode>();
    for (const [key, group] of groupBy(removed, keyOf)) {
      const others = twins.get(key) ?? [];
      if (others.length !== group.length || (group.length > 1 && !canRepeat)) continue;
      for (const [index, was] of group.entries()) {
        const is = others[index] as PlacedNode;
        together.push([was, is]);
        taken.add(was).add(is);
      }
    }
    removed = removed.filter((node) => !taken.has(node));
    added = added.filter((node) => !taken.has(node));
  }
  return { together, removed, added };
}

/**
 * Names that several nodes have say nothing. One output of several nodes is that of graphs with one place, such as the
 * branches of two nodes without names: as many on both sides are paired in their order.
 */
const PAIRINGS: readonly { keyOf: (item: PlacedNode) => string | undefined; canRepeat: boolean }[] = [
  { keyOf: nameKey, canRepeat: false },
  { keyOf: outputKey, canRepeat: true },
];

function groupBy(
  nodes: readonly PlacedNode[],
  keyOf: (item: PlacedNode) => string | undefined,
): Map<string, PlacedNode[]> {
  const groups = new Map<string, PlacedNode[]>();
  for (const item of nodes) {
    const key = keyOf(item);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

function nameKey({ node, place }: PlacedNode): string | undefined {
  return node.name ? JSON.stringify([place, node.name]) : undefined;
}

function outputKey({ node, place }: PlacedNode): string {
  return JSON.stringify([place, operatorOf(node), node.output.find((name) => name !== '') ?? '']);
}

function refOf({ node, place }: PlacedNode): NodeRef {
  return { node: node.name || node.output[0] || '(unnamed)', operator: operatorOf(node), place };
}

function changesOf(was: NodeProto, is: NodeProto): Change[] {
  return [
    ...changed('operator', operatorOf(was), operatorOf(is)),
    ...changedList('input', was.input, is.input),
    ...changedList('output', was.output, is.output),
    ...changedAttributes(was, is),
  ];
}

function changed(what: string, before: string | null, after: string | null): Change[] {
  return before === after ? [] : [{ what, before, after }];
}

/** A missing entry and an empty name both mean that the optional tensor is not there. */
function changedList(kind: string, before: readonly string[], after: readonly string[]): Change[] {
  const length = Math.max(before.length, after.length);
  return Array.from({ length }, (_, i) => changed(`${kind} ${i}`, before[i] || null, after[i] || null)).flat();
}

function changedAttributes(was: NodeProto, is: NodeProto): Change[] {
  const before = attributeTexts(was);
  const after = attributeTexts(is);
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) =>
    changed(`attribute ${name}`, before.get(name) ?? null, after.get(name) ?? null),
  );
}
