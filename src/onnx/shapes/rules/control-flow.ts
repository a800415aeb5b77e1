/** Operators that run graphs inside the graph. */
import type { Dim } from '../../build.ts';
import { type Call, type Known, valueIn } from '../call.ts';
import { commonType, isTensor, mergeTypes } from '../declared.ts';
import { mergeDims } from '../dims.ts';
import { type RuleTable, type TensorType, tensor, type Value, type ValueType } from '../types.ts';

type Types = readonly (ValueType | null)[];

export const CONTROL_FLOW: RuleTable = {
  If: (call) => {
    const condition = call.number(0);
    const then = typesOf(call.subgraph('then_branch', [], { isReached: condition !== 0 }));
    const otherwise = typesOf(call.subgraph('else_branch', [], { isReached: condition === null || condition === 0 }));
    if (condition !== null) return condition !== 0 ? then : otherwise;
    return then.map((type, index) => commonType(type, otherwise[index] ?? null));
  },
  Loop: (call) => loop(call),
  Scan: (call) => (call.opset < 9 ? batchedScan(call) : scan(call)),
};

function typesOf(known: readonly (Known | null)[] | null): Types {
  return known?.map((one) => one?.type ?? null) ?? [];
}

/** The states of the loop keep the dims that no iteration changes; the other outputs are stacked. */
function loop(call: Call): Types {
  const initial = call.inputs().slice(2);
  let isEndless = false;
  const body = settle(initial, (states) => {
    const outputs = call.subgraph('body', [COUNTER, CONDITION, ...states], { values: [null, TRUE] });
    isEndless = valueIn(outputs?.[0] ?? null)?.elements[0] === 1;
    return typesOf(outputs).slice(1);
  });
  const iterations = iterationsOf(call, isEndless);
  const stacked = body.outputs
    .slice(initial.length)
    .map((type) => (isTensor(type) ? stack(type, iterations, 0) : null));
  const last = body.states.map((type, index) => (isOpened(type, body.outputs[index]) ? body.outputs[index] : type));
  return [...last.map((type) => type ?? null), ...stacked];
}

const COUNTER = tensor('int64', []);
const CONDITION = tensor('bool', []);
/** The condition of every iteration that runs. */
const TRUE: Value = { dims: [], elements: [1] };

/** An optional may go in as the first state, and what it holds come out. */
function isOpened(state: ValueType | null, output: ValueType | null | undefined): boolean {
  return state?.kind === 'optional' && output != null && output.kind !== 'optional';
}

/** Known where nothing ends the loop before its time: it has no condition, or one that is true and stays so. */
function iterationsOf(call: Call, isEndless: boolean): Dim {
  const isCounted = !call.hasInput(1) || (call.number(1) === 1 && isEndless);
  const count = isCounted ? call.element(0) : null;
  return typeof count === 'number' ? (Number.isSafeInteger(count) ? Math.max(count, 0) : null) : count;
}

/**
 * Runs the body until the states go in as they come out: what an iteration changes is not known. Each round can only
 * make dims unknown, then ranks, so that there are few of them.
 */
function settle(initial: Types, body: (states: Types) => Types): { readonly states: Types; readonly outputs: Types } {
  let states = initial;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const outputs = body(states);
    const next = states.map((state, index) =>
      isOpened(state, outputs[index]) ? state : commonType(state, outputs[index] ?? null),
    );
    if (next.every((state, index) => JSON.stringify(state) === JSON.stringify(states[index])))
      return { states, outputs };
    states = next;
  }
  const open = initial.map((type) => (isTensor(type) ? { ...type, shape: null } : null));
  return { states: open, outputs: body(open) };
}

const MAX_ROUNDS = 3;

function stack(type: TensorType, count: Dim, axis: number): TensorType {
  const { shape } = type;
  return { ...type, shape: shape === null ? null : [...shape.slice(0, axis), count, ...shape.slice(axis)] };
}

/** Inputs after the states are taken apart along an axis, outputs after the states are put together along one. */
function scan(call: Call): Types {
  const stateCount = statesOf(call, call.inputCount);
  const axes = call.ints('scan_input_axes');
  let steps: Dim = null;
  const slices = call
    .inputs()
    .slice(stateCount)
    .map((type, index) => {
      if (!isTensor(type) || type.shape === null) return type;
      const axis = call.axis(axes?.[index] ?? 0, type.shape.length);
      steps = mergeDims(steps, type.shape[axis] as Dim);
      return { ...type, shape: type.shape.filter((_, at) => at !== axis) };
    });
  const states = call.inputs().slice(0, stateCount);
  const outputs = typesOf(call.subgraph('body', [...states, ...slices]));
  const outputAxes = call.ints('scan_output_axes');
  return outputs.map((type, index) => {
    if (index < stateCount) return mergeTypes(states[index] ?? null, type);
    if (!isTensor(type) || type.shape === null) return type;
    return stack(type, steps, call.axis(outputAxes?.[index - stateCount] ?? 0, type.shape.length + 1));
  });
}

/** Opset 8: the first input is the list of sequence lengths, and all others have a batch axis in front. */
function batchedScan(call: Call): Types {
  const inputs = call.inputs().slice(1);
  const stateCount = statesOf(call, inputs.length);
  let [batch, steps]: [Dim, Dim] = [null, null];
  const inner = inputs.map((type, index) => {
    if (!isTensor(type) || type.shape === null) return type;
    batch = mergeDims(type.shape[0] ?? null, batch);
    if (index >= stateCount) steps = mergeDims(type.shape[1] ?? null, steps);
    return { ...type, shape: type.shape.slice(index >= stateCount ? 2 : 1) };
  });
  return typesOf(call.subgraph('body', inner)).map((type, index) => {
    const merged = index < stateCount ? mergeTypes(inner[index] ?? null, type) : type;
    if (!isTensor(merged)) return merged;
    if (index >= stateCount) return stack(stack(merged, steps, 0), batch, 0);
    const initial = inputs[index] ?? null;
    return stack(merged, mergeDims(isTensor(initial) ? (initial.shape?.[0] ?? null) : null, batch), 0);
  });
}

/** States keep their shape from step to step, other than those of a Loop. */
function statesOf(call: Call, inputCount: number): number {
  const scanned = call.int('num_scan_inputs', 0);
  if (scanned > inputCount) call.fail(`${scanned} scan inputs are more than all ${inputCount} inputs`);
  return inputCount - scanned;
}
