/**
 * The nodes of a graph that data flows through, without the bookkeeping around them: constants, and what is calculated
 * from shapes and constants only. Each node of that kind is attached to the first node that needs its result.
 */
import { capturedNames } from '../../onnx/graph.ts';
import type { GraphProto, NodeProto } from '../../onnx/proto.ts';
import { type Dag, dagOf } from './dag.ts';

export interface Dataflow {
  /** In an order in which data flows forward. */
  readonly nodes: readonly NodeProto[];
  /** Places in `nodes` as in the graph: `positions[i]` is the index of `nodes[i]` in its graph. */
  readonly positions: readonly number[];
  readonly dag: Dag;
  /** Per node: indices into the graph of the bookkeeping that is attached to it. */
  readonly attached: readonly (readonly number[])[];
  /** Per node: names of weights, and of results of bookkeeping, that it takes. */
  readonly constants: readonly (readonly string[])[];
  /** Input of the graph or of a graph around it → nodes that take it. */
  readonly takers: ReadonlyMap<string, readonly number[]>;
  /** Tensor → node that makes it. */
  readonly makers: ReadonlyMap<string, number>;
}

/** Their results depend on nothing that flows. */
const SOURCES: ReadonlySet<string> = new Set(['Constant', 'Shape', 'Size']);

interface Wiring {
  readonly nodes: readonly NodeProto[];
  readonly inputs: readonly (readonly string[])[];
  readonly producers: ReadonlyMap<string, number>;
  readonly order: readonly number[];
  readonly isWeight: (name: string) => boolean;
}

/** @param isOuterWeight tells weights of the graphs around a subgraph */
export function dataflowOf(graph: GraphProto, isOuterWeight: (name: string) => boolean = () => false): Dataflow {
  const wiring = wire(graph, isOuterWeight);
  const isBookkeeping = bookkeeping(wiring, graph);
  const data = wiring.order.filter((index) => isBookkeeping[index] === 0);
  const numberOf = new Map(data.map((index, number) => [index, number]));
  const flow = flowBetween(wiring, data, numberOf);
  return {
    nodes: data.map((index) => wiring.nodes[index] as NodeProto),
    positions: data,
    dag: dagOf(data.length, flow.edges),
    attached: attachments(wiring, isBookkeeping, numberOf),
    constants: flow.constants,
    takers: flow.takers,
    makers: flow.makers,
  };
}

function wire(graph: GraphProto, isOuterWeight: (name: string) => boolean): Wiring {
  const nodes = graph.node;
  const weights = new Set([
    ...graph.initializer.map((tensor) => tensor.name ?? ''),
    ...graph.sparseInitializer.map((tensor) => tensor.values?.name ?? ''),
  ]);
  const producers = new Map<string, number>();
  for (const [index, node] of nodes.entries()) for (const name of node.output) if (name) producers.set(name, index);
  const inputs = nodes.map((node) =>
    [...new Set([...node.input, ...capturedNames(node)])].filter((name) => name !== ''),
  );
  const local = new Set(graph.input.map((input) => input.name ?? ''));
  return {
    nodes,
    inputs,
    producers,
    order: flowOrder(inputs, producers),
    isWeight: (name) => weights.has(name) || (!producers.has(name) && !local.has(name) && isOuterWeight(name)),
  };
}

/** The order of the file, but makers before takers: the format asks for it, yet not every file keeps to it. */
function flowOrder(inputs: Wiring['inputs'], producers: Wiring['producers']): number[] {
  const order: number[] = [];
  const state = new Uint8Array(inputs.length);
  for (const start of inputs.keys()) {
    const stack = [start];
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      const missing = state[node] === 0 ? makersOf(inputs[node] as readonly string[], producers, state) : [];
      if (missing.length > 0) {
        state[node] = 1;
        for (const maker of missing) stack.push(maker);
        continue;
      }
      stack.pop();
      if (state[node] !== 2) order.push(node);
      state[node] = 2;
    }
  }
  return order;
}

function makersOf(names: readonly string[], producers: Wiring['producers'], state: Uint8Array): number[] {
  return names.flatMap((name) => {
    const maker = producers.get(name);
    return maker === undefined || state[maker] !== 0 ? [] : [maker];
  });
}

/** 1 for each node whose inputs are weights, or results of such nodes, or nothing at all but shapes. */
function bookkeeping({ nodes, inputs, producers, order, isWeight }: Wiring, graph: GraphProto): Uint8Array {
  const result = new Uint8Array(nodes.length);
  const outputs = new Set(graph.output.map((output) => output.name ?? ''));
  for (const index of order) {
    const node = nodes[index] as NodeProto;
    const isFixed = (name: string): boolean => isWeight(name) || result[producers.get(name) ?? -1] === 1;
    const names = inputs[index] as readonly string[];
    const isSource = SOURCES.has(node.opType ?? '') && !node.domain;
    const isResult = node.output.some((name) => outputs.has(name));
    if ((isSource || (names.length > 0 && names.every(isFixed))) && !isResult) result[index] = 1;
  }
  return result;
}

interface Flow {
  readonly edges: [number, number][];
  readonly constants: string[][];
  readonly takers: Map<string, number[]>;
  readonly makers: Map<string, number>;
}

function flowBetween(wiring: Wiring, data: readonly number[], numberOf: ReadonlyMap<number, number>): Flow {
  const flow: Flow = { edges: [], constants: [], takers: new Map(), makers: new Map() };
  for (const [number, index] of data.entries()) {
    const constants: string[] = [];
    for (const name of wiring.inputs[index] as readonly string[]) {
      const maker = wiring.producers.get(name);
      const from = maker === undefined ? undefined : numberOf.get(maker);
      if (from !== undefined) flow.edges.push([from, number]);
      else if (maker !== undefined || wiring.isWeight(name)) constants.push(name);
      else takersOf(flow, name).push(number);
    }
    flow.constants.push(constants);
    for (const name of wiring.nodes[index]?.output ?? []) if (name) flow.makers.set(name, number);
  }
  return flow;
}

function takersOf(flow: Flow, name: string): number[] {
  const takers = flow.takers.get(name) ?? [];
  flow.takers.set(name, takers);
  return takers;
}

/** Backwards through the graph, so that each taker knows already where it belongs. */
function attachments(
  { inputs, producers, order }: Wiring,
  isBookkeeping: Uint8Array,
  numberOf: ReadonlyMap<number, number>,
): number[][] {
  const attached: number[][] = Array.from({ length: numberOf.size }, () => []);
  const owner = new Map<number, number>();
  for (const index of order.toReversed()) {
    const own = numberOf.get(index) ?? owner.get(index) ?? numberOf.size - 1;
    if (isBookkeeping[index] === 1) attached[own]?.push(index);
    for (const name of inputs[index] as readonly string[]) {
      const maker = producers.get(name);
      if (maker === undefined || isBookkeeping[maker] !== 1) continue;
      owner.set(maker, Math.min(owner.get(maker) ?? Number.POSITIVE_INFINITY, own));
    }
  }
  return attached.map((list) => list.sort((a, b) => a - b));
}
