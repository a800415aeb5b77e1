/** The graphs inside a node, and how often they run. */
import { intAttribute, intsAttribute } from '../../onnx/attribute.ts';
import type { GraphProto, NodeProto } from '../../onnx/proto.ts';
import { domainOf } from '../operators.ts';
import { KnownShapes } from './known-shapes.ts';

export interface Body {
  readonly graph: GraphProto;
  readonly attribute: string;
}

/** How often the bodies run: one of them once, or the only one of them `times`. */
export interface Runs {
  readonly kind: 'branches' | 'loop';
  /** NaN where it depends on the data. */
  readonly times: number;
  /** Why the costs are an estimate. */
  readonly estimate?: string;
}

export function bodiesOf(node: NodeProto): Body[] {
  return node.attribute.flatMap(({ name, g, graphs }) =>
    (g ? [g, ...graphs] : graphs).map((graph) => ({ graph, attribute: name ?? '' })),
  );
}

/** What `node` does with its bodies. Operators that are not known to repeat theirs are taken for a choice. */
export function runsOf(node: NodeProto, shapes: KnownShapes): Runs {
  const operator = domainOf(node) === '' ? node.opType : '';
  if (operator === 'Loop') return loopRuns(node, shapes);
  if (operator === 'Scan') return { kind: 'loop', times: scanTimes(node, shapes) };
  // A sequence is as long as the data makes it.
  if (operator === 'SequenceMap') return { kind: 'loop', times: Number.NaN };
  return { kind: 'branches', times: 1, estimate: 'of the branches the dearest counts' };
}

/** Inputs: trip count, condition, then what is carried. Outputs: what is carried, then one row for each iteration. */
function loopRuns(node: NodeProto, shapes: KnownShapes): Runs {
  const rows = node.output.slice(Math.max(0, node.input.length - 2)).find((name) => name !== '');
  const collected = rows === undefined ? Number.NaN : shapes.dim(rows, 0);
  if (!Number.isNaN(collected)) return { kind: 'loop', times: collected };
  const times = Math.max(0, shapes.numbers(node.input[0])?.[0] ?? Number.NaN);
  return isWhole(node, shapes)
    ? { kind: 'loop', times }
    : { kind: 'loop', times, estimate: 'a loop may end before its trip count' };
}

/** True when nothing but the trip count ends the loop: the condition goes in as true and is passed on as it is. */
function isWhole(node: NodeProto, shapes: KnownShapes): boolean {
  const [body] = bodiesOf(node);
  if (body === undefined) return false;
  const start = node.input[1];
  if (start && shapes.numbers(start)?.[0] !== 1) return false;
  const given = body.graph.input[1]?.name;
  const result = body.graph.output[0]?.name;
  const isTrue = new KnownShapes({}, body.graph, shapes).numbers(result)?.[0] === 1;
  const maker = body.graph.node.find(({ output }) => output[0] === result);
  return isTrue || result === given || (maker?.opType === 'Identity' && maker.input[0] === given);
}

/** One run for each slice of the scanned inputs; opset 8 has lengths in front and a batch around. */
function scanTimes(node: NodeProto, shapes: KnownShapes): number {
  const [body] = bodiesOf(node);
  const scanned = intAttribute(node, 'num_scan_inputs', Number.NaN);
  const first = node.input.length - scanned;
  const data = node.input[first];
  if (body !== undefined && body.graph.input.length === node.input.length - 1) {
    return shapes.dim(data, 0) * shapes.dim(data, 1);
  }
  return shapes.dim(data, Number(intsAttribute(node, 'scan_input_axes')?.[0] ?? 0n));
}
