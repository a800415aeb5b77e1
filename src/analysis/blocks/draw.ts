/** Makes the blocks of one graph, and of the subgraphs inside of it as far as there is room. */
import type { Dim } from '../../onnx/build.ts';
import type { AttributeProto, GraphProto, NodeProto } from '../../onnx/proto.ts';
import { type CellGraph, cellsOf, isWorker } from './cells.ts';
import { type Dag, quotient } from './dag.ts';
import { type Dataflow, dataflowOf } from './dataflow.ts';
import type { Block, BlockGraph, Inside, Port } from './facts.ts';
import { Levels } from './levels.ts';
import type { Scope } from './names.ts';
import type { Part } from './part.ts';
import { scopesOf } from './scopes.ts';
import type { ShapesByGraph } from './shapes.ts';
import { Signatures } from './signature.ts';
import { type CostsByGraph, sumsOf } from './sums.ts';
import { commonOf, type Fork, type TitleFacts, titleOf } from './titles.ts';

/** What all graphs of one picture share. */
export interface Canvas {
  readonly costs: CostsByGraph;
  readonly shapes: ShapesByGraph;
  /** Blocks that may still be drawn. */
  room: number;
  /** Signatures of what has been drawn from inside: equal things are shown once. */
  readonly drawn: Set<string>;
}

export interface DrawOptions {
  readonly most: number;
  /** 0 for the main graph. The inputs of subgraphs are shown without names. */
  readonly depth: number;
  readonly isOuterWeight: (name: string) => boolean;
}

/** Parts of a block that are drawn inside of it, at most. */
const MOST_INSIDE = 12;
/** Subgraphs below this number of nodes (squeeze, or do not) are not worth a picture. */
const SMALLEST_SUBGRAPH = 8;
/** Parts without branches that are worth a picture. */
const SHORTEST_CHAIN = 4;
/** Subgraphs in subgraphs are drawn down to here. */
const DEEPEST = 2;

export function drawGraph(graph: GraphProto, canvas: Canvas, options: DrawOptions): BlockGraph {
  const picture = new Picture(graph, canvas, options);
  return picture.draw();
}

class Picture {
  readonly #graph: GraphProto;
  readonly #canvas: Canvas;
  readonly #options: DrawOptions;
  readonly #flow: Dataflow;
  readonly #cells: CellGraph;
  readonly #levels: Levels;
  readonly #titles: TitleFacts;
  readonly #outputs: ReadonlySet<string>;

  constructor(graph: GraphProto, canvas: Canvas, options: DrawOptions) {
    this.#graph = graph;
    this.#canvas = canvas;
    this.#options = options;
    this.#outputs = new Set(graph.output.map((output) => output.name ?? ''));
    this.#flow = dataflowOf(graph, options.isOuterWeight);
    this.#cells = cellsOf(this.#flow, this.#outputs);
    const scopes = scopesOf(this.#flow, this.#cells);
    this.#titles = {
      scopes,
      common: commonOf(scopes),
      operators: (part) => this.#operators(part),
      fork: (part) => this.#fork(part),
    };
    this.#levels = new Levels({
      graph: this.#cells,
      scopes,
      signatures: new Signatures(this.#flow, this.#cells),
      hasWeights: (cell) => this.#hasWeights(cell),
      isWorker: (cell) => this.#nodes(cell).some((node) => isWorker(node.opType ?? '')),
      shape: (part) => this.#shape(part),
    });
  }

  draw(): BlockGraph {
    const { most, depth } = this.#options;
    const parts = this.#levels.outline([...this.#cells.cells.keys()], 0, most, depth > 0);
    this.#canvas.room -= parts.length;
    const insides = this.#insides(parts);
    const blocks = parts.map((part, index) => this.#block(part, insides.get(index) ?? []));
    return {
      blocks,
      edges: edgesOf(this.#dagOf(parts)),
      ...(depth > 0 ? this.#unnamedPorts(parts) : this.#ports(parts)),
    };
  }

  /** @param around the module that the block is drawn in: its name is not repeated */
  #block(part: Part, inside: readonly Inside[], around: Scope = this.#titles.common): Block {
    const places = part.cells.flatMap((cell) => this.#places(cell)).sort((a, b) => a - b);
    const { operators, nodes, ...sums } = sumsOf(this.#graph, places, this.#canvas.costs);
    const title = titleOf(part, { ...this.#titles, common: around });
    const { repeat, isParallel } = part;
    return { title, operators, nodes, repeat, isParallel, outputShape: this.#shape(part), ...sums, inside };
  }

  /** Those that hold subgraphs or were folded first, then the larger ones, while there is room. */
  #insides(parts: readonly Part[]): Map<number, readonly Inside[]> {
    const insides = new Map<number, readonly Inside[]>();
    const rank = (part: Part): number =>
      part.cells.length / part.repeat + (part.repeat > 1 ? 1e6 : 0) + (this.#subgraphs(part).length > 0 ? 1e9 : 0);
    const order = [...parts.keys()].sort((a, b) => rank(parts[b] as Part) - rank(parts[a] as Part));
    for (const index of order) {
      const inside = this.#inside(parts[index] as Part);
      if (inside.length > 0) insides.set(index, inside);
    }
    return insides;
  }

  #inside(part: Part): readonly Inside[] {
    const subgraphs = this.#subgraphs(part);
    if (subgraphs.length > 0) return this.#drawSubgraphs(subgraphs);
    const signature = this.#levels.signature(part);
    const hasParts = this.#operators(part).filter(isWorker).length > 1;
    if (!hasParts || this.#canvas.room < 2 || this.#canvas.drawn.has(signature)) return [];
    const parts = this.#levels.inside(part, Math.min(MOST_INSIDE, this.#canvas.room));
    if (parts.length > this.#canvas.room || this.#isPlainChain(parts)) return [];
    this.#canvas.drawn.add(signature);
    this.#canvas.room -= parts.length;
    const [module] = part.kind === 'repeat' ? part.round : [part];
    const around = module !== undefined && module.scope.length > 0 ? module.scope : this.#titles.common;
    const blocks = parts.map((one) => this.#block(one, [], around));
    return [{ title: '', graph: { blocks, edges: edgesOf(this.#dagOf(parts)), ...this.#unnamedPorts(parts) } }];
  }

  /** A few parts one behind the other: the operators of the block say the same. */
  #isPlainChain(parts: readonly Part[]): boolean {
    const [first, ...others] = this.#unnamedPorts(parts).inputs[0]?.blocks ?? [];
    const isChain = this.#dagOf(parts).successors.every((list, index) => list.every((next) => next === index + 1));
    return parts.length < 2 || (parts.length < SHORTEST_CHAIN && isChain && first === 0 && others.length === 0);
  }

  #drawSubgraphs(attributes: readonly AttributeProto[]): Inside[] {
    const weights = new Set(this.#graph.initializer.map((tensor) => tensor.name ?? ''));
    const { depth } = this.#options;
    const isOuterWeight = (name: string): boolean =>
      weights.has(name) || this.#isConstant(name) || this.#options.isOuterWeight(name);
    // Equal shares, so that branches that are alike look alike.
    const share = Math.floor(this.#canvas.room / attributes.length);
    if (share < 2) return [];
    let left = this.#canvas.room - share * attributes.length;
    const insides = attributes.map(({ g, name }): Inside => {
      this.#canvas.room = share;
      const options = { most: Math.min(MOST_INSIDE, share), depth: depth + 1, isOuterWeight };
      const graph = drawGraph(g as GraphProto, this.#canvas, options);
      left += this.#canvas.room;
      return { title: name ?? '', graph };
    });
    this.#canvas.room = left;
    return insides;
  }

  /** Subgraphs of a part that is little else, when they do real work. */
  #subgraphs(part: Part): AttributeProto[] {
    const nodes = part.cells.flatMap((cell) => this.#nodes(cell));
    if (this.#options.depth >= DEEPEST || nodes.length >= MOST_INSIDE) return [];
    return nodes.flatMap((node) => node.attribute).filter(({ g }) => (g?.node.length ?? 0) >= SMALLEST_SUBGRAPH);
  }

  #isConstant(name: string): boolean {
    return !this.#flow.makers.has(name) && this.#graph.node.some((node) => node.output.includes(name));
  }

  #nodes(cell: number): NodeProto[] {
    return (this.#cells.cells[cell] as readonly number[]).map((node) => this.#flow.nodes[node] as NodeProto);
  }

  /** Of all its nodes in the graph, bookkeeping included. */
  #places(cell: number): number[] {
    const { positions, attached } = this.#flow;
    return (this.#cells.cells[cell] as readonly number[]).flatMap((node) => [
      positions[node] as number,
      ...(attached[node] as readonly number[]),
    ]);
  }

  #operators(part: Part): string[] {
    return part.cells.flatMap((cell) => this.#nodes(cell)).map((node) => node.opType ?? '');
  }

  #fork({ cells }: Part): Fork {
    const members = new Set(cells);
    const { predecessors } = this.#cells.dag;
    const isFromOutside = (cell: number): boolean =>
      (predecessors[cell] as readonly number[]).some((before) => !members.has(before));
    const last = cells.at(-1) as number;
    return {
      branches: cells.filter(isFromOutside).length,
      hasShortcut: isFromOutside(last),
      join: this.#nodes(last)[0]?.opType ?? '',
    };
  }

  #hasWeights(cell: number): boolean {
    return (this.#cells.cells[cell] as readonly number[]).some((node) => {
      const operator = this.#flow.nodes[node]?.opType ?? '';
      const constants = this.#flow.constants[node] as readonly string[];
      return (
        isWorker(operator) || (operator === 'Gather' && constants.includes(this.#flow.nodes[node]?.input[0] ?? ''))
      );
    });
  }

  #shape(part: Part): readonly Dim[] | null {
    const members = new Set(part.cells);
    const { dag, cells } = this.#cells;
    const leaving = part.cells.findLast(
      (cell) =>
        (dag.successors[cell] as readonly number[]).some((next) => !members.has(next)) ||
        this.#nodes(cell).some((node) => node.output.some((name) => this.#outputs.has(name))),
    );
    const last = (cells[leaving ?? (part.cells.at(-1) as number)] as readonly number[]).at(-1);
    const name = this.#flow.nodes[last ?? -1]?.output[0] ?? '';
    return this.#canvas.shapes.get(this.#graph)?.get(name)?.shape ?? null;
  }

  #dagOf(parts: readonly Part[]): Dag {
    return quotient(
      this.#cells.dag,
      parts.map((part) => part.cells),
    );
  }

  #ports(parts: readonly Part[]): { inputs: Port[]; outputs: Port[] } {
    const blockOf = this.#blockOfNode(parts);
    const inputs = this.#graph.input.flatMap(({ name = '' }) => {
      const takers = this.#flow.takers.get(name);
      return takers === undefined ? [] : [{ name, blocks: distinct(takers.map((node) => blockOf.get(node))) }];
    });
    const outputs = this.#graph.output.map(({ name = '' }) => ({
      name,
      blocks: distinct([blockOf.get(this.#flow.makers.get(name) ?? -1)]),
    }));
    return { inputs, outputs };
  }

  #unnamedPorts(parts: readonly Part[]): { inputs: Port[]; outputs: Port[] } {
    const blockOf = this.#blockOfNode(parts);
    const { dag, takers, makers } = { ...this.#flow, dag: this.#flow.dag };
    const isOutside = (node: number): boolean => !blockOf.has(node);
    const entered = [...blockOf.keys()].filter((node) => (dag.predecessors[node] as readonly number[]).some(isOutside));
    const left = [...blockOf.keys()].filter((node) => (dag.successors[node] as readonly number[]).some(isOutside));
    const given = [...takers.values()].flat().filter((node) => blockOf.has(node));
    const results = [...this.#outputs].flatMap((name) => makers.get(name) ?? []);
    const port = (nodes: readonly number[]): Port[] => [
      { name: '', blocks: distinct(nodes.map((n) => blockOf.get(n))) },
    ];
    return { inputs: port([...entered, ...given]), outputs: port([...left, ...results]) };
  }

  #blockOfNode(parts: readonly Part[]): Map<number, number> {
    return new Map(
      parts.flatMap((part, index) =>
        part.cells.flatMap((cell) =>
          (this.#cells.cells[cell] as readonly number[]).map((node) => [node, index] as const),
        ),
      ),
    );
  }
}

function edgesOf(dag: Dag): [number, number][] {
  return dag.successors.flatMap((list, from) => list.map((to): [number, number] => [from, to]));
}

function distinct(numbers: readonly (number | undefined)[]): number[] {
  return [...new Set(numbers.filter((number) => number !== undefined))].sort((a, b) => a - b);
}
