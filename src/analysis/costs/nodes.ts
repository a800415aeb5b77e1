/** What each node costs: its work, the weights that it owns and the bytes that it makes; and the sums over a graph. */
import type { NodeProto } from '../../onnx/proto.ts';
import { operatorKey } from '../operators.ts';
import type { NodeCost } from './facts.ts';
import { addParameters, NO_PARAMETERS, Owners, type Parameters } from './parameters.ts';
import { isView } from './reuse.ts';
import { Sum } from './sum.ts';
import { choices, type GraphView, type InnerGraphs } from './view.ts';
import { estimateOf, workRuleOf } from './work/registry.ts';

export interface GraphCosts extends Sums {
  /** Of this graph, then of its subgraphs. */
  readonly nodes: readonly NodeCost[];
  /** Of the functions that are called in it. */
  readonly called: readonly NodeCost[];
  readonly parameters: Parameters;
  /** Why figures are estimates; the reasons of the graphs inside are among them. */
  readonly estimates: ReadonlySet<string>;
}

interface Sums {
  readonly macs: Sum;
  readonly flops: Sum;
  /** Bytes of all tensors that nodes make, those that only look at another one not included. */
  readonly madeBytes: Sum;
}

/** What stands between a node and its figures. */
type Reason = string | null;

/** Costs of one run of the main graph, with all graphs below. */
export function costsOfModel(view: GraphView): GraphCosts {
  const claimed = new Set<object>();
  return costsOfGraph(view, new Owners(view.graph, claimed), claimed);
}

/** The name, or operator and place in its graph where it has none: `Conv_12`. */
export function nodeName(node: NodeProto, index: number): string {
  return node.name || `${node.opType ?? ''}_${index}`;
}

function costsOfGraph(view: GraphView, owners: Owners, claimed: Set<object>): GraphCosts {
  const own: NodeCost[] = [];
  const inside: NodeCost[] = [];
  const called: NodeCost[] = [];
  const total: Sums = noSums();
  const estimates = new Set<string>();
  let parameters = NO_PARAMETERS;
  for (const [index, node] of view.graph.node.entries()) {
    const name = nodeName(node, index);
    const inner = view.inner.get(node);
    const below = inner?.views.map((body) => costsOfGraph(body, ownersOf(body, inner, owners, claimed), claimed)) ?? [];
    const { sums, reason } = inner ? sumsOfInner(node, name, view, inner, below) : sumsOfNode(node, name, view);
    const owned = [owners.claim(node), ...below.map((costs) => costs.parameters)].reduce(addParameters);
    parameters = addParameters(parameters, owned);
    for (const key of ['macs', 'flops', 'madeBytes'] as const) total[key].join(sums[key], 1, name);
    for (const estimate of [inner?.estimate ?? estimateOf(node), ...below.flatMap((costs) => [...costs.estimates])]) {
      if (estimate !== undefined) estimates.add(estimate);
    }
    own.push({
      node: name,
      operator: operatorKey(node),
      place: view.place,
      macs: figure(sums.macs),
      flops: figure(sums.flops),
      parameterCount: owned.count,
      parameterBytes: owned.bytes,
      outputBytes: finite(bytesOfOutputs(node, view)),
      reason,
    });
    for (const costs of below) {
      for (const cost of costs.nodes) (inner?.kind === 'call' ? called : inside).push(cost);
      for (const cost of costs.called) called.push(cost);
    }
  }
  return { ...total, nodes: [...own, ...inside], called, parameters, estimates };
}

/** A function sees nothing around it, and what it is given was claimed by its call. */
function ownersOf(body: GraphView, inner: InnerGraphs, outer: Owners, claimed: Set<object>): Owners {
  if (inner.kind === 'call') return new Owners({ ...body.graph, initializer: [] }, claimed);
  return new Owners(body.graph, claimed, outer);
}

function noSums(): Sums {
  return { macs: new Sum(), flops: new Sum(), madeBytes: new Sum() };
}

/** What is calculated from constants alone is calculated once, before the first run. */
function isFolded(node: NodeProto, view: GraphView): boolean {
  const made = node.output.filter((name) => name !== '');
  return made.length > 0 && made.every((name) => view.isConstant(name));
}

function sumsOfNode(node: NodeProto, name: string, view: GraphView): { sums: Sums; reason: Reason } {
  const sums = noSums();
  if (isFolded(node, view)) return { sums, reason: null };
  const rule = workRuleOf(node);
  const { macs, flops } = rule?.(node, view.shapes) ?? { macs: Number.NaN, flops: Number.NaN };
  sums.macs.add(macs, name);
  sums.flops.add(flops, name);
  if (!isView(node)) sums.madeBytes.add(bytesOfOutputs(node, view), name);
  const reason = rule === undefined ? `no formula for ${operatorKey(node)}` : 'sizes of its tensors are not known';
  return { sums, reason: Number.isFinite(macs + flops) ? null : reason };
}

/** Branches give the dearest of them, loops all rounds, calls what their function does. */
function sumsOfInner(
  node: NodeProto,
  name: string,
  view: GraphView,
  inner: InnerGraphs,
  below: readonly GraphCosts[],
): { sums: Sums; reason: Reason } {
  const { kind, times, views } = inner;
  const sums = noSums();
  const chosen = new Set(choices(inner));
  const counted = below.filter((_, index) => chosen.has(views[index] as GraphView));
  for (const key of ['macs', 'flops', 'madeBytes'] as const) {
    sums[key].join(Sum.largest(counted.map((costs) => costs[key])), times, name);
    if (views.length === 0) sums[key].add(Number.NaN, name);
  }
  if (kind === 'loop') sums.madeBytes.add(bytesOfOutputs(node, view), name);
  return { sums, reason: reasonOf(sums, name, times) };
}

function reasonOf({ macs, flops }: Sums, name: string, times: number): Reason {
  const gaps = new Set([...macs.gaps, ...flops.gaps]);
  if (gaps.size === 0) return null;
  if (Number.isNaN(times) && gaps.has(name)) return 'how often it runs depends on the data';
  if (gaps.has(name)) return 'what the function does is not known';
  return `without ${gaps.size === 1 ? 'a node' : `${gaps.size} nodes`} inside whose figures are not known`;
}

function bytesOfOutputs(node: NodeProto, view: GraphView): number {
  return node.output.filter((name) => name !== '').reduce((sum, name) => sum + view.shapes.bytes(name), 0);
}

/** What is known of it, or null when that is nothing. */
function figure({ value, gaps }: Sum): number | null {
  return gaps.length > 0 && value === 0 ? null : value;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
