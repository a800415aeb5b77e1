/** Which outputs of a model are the state that its next run takes. */
import type { TensorInfo } from './value-info.ts';

/** What the output of one run is the input of the next. */
export interface StatePair {
  readonly input: TensorInfo;
  readonly output: TensorInfo;
}

/** How exporters name them: end of the input → ends that the output may have instead. The first that fits wins. */
const ENDINGS: readonly (readonly [string, readonly string[]])[] = [
  // silero-vad: state → stateN, h → hn, c → cn; sherpa-onnx: h → next_h by the beginnings below.
  ['', ['N', 'n', '_n', '_out', '_output', '_next', '_new']],
  ['0', ['n', 'N', '1']],
  ['_0', ['_n', '_1']],
  ['_in', ['_out']],
  ['_input', ['_output']],
  ['.1', ['.2']],
];

/** The same for beginnings: `in_state` → `out_state`, `cached_key` → `new_cached_key`. */
const BEGINNINGS: readonly (readonly [string, readonly string[]])[] = [
  ['', ['new_', 'next_', 'out_', 'output_']],
  ['in_', ['out_']],
  ['input_', ['output_']],
  ['prev_', ['next_', 'new_', '']],
];

/**
 * Pairs in the order of the inputs. Both sides have the same type and a rank of at least 1, and agree in every size that
 * both fix: caches that grow with each run are no pairs.
 */
export function statePairs(inputs: readonly TensorInfo[], outputs: readonly TensorInfo[]): StatePair[] {
  const byName = new Map(outputs.map((output) => [output.name, output]));
  return inputs.flatMap((input) => {
    const output = outputNames(input.name).flatMap((name) => byName.get(name) ?? [])[0];
    return output !== undefined && isSameKind(input, output) ? [{ input, output }] : [];
  });
}

function outputNames(input: string): string[] {
  const ends = ENDINGS.filter(([end]) => input.endsWith(end)).flatMap(([end, others]) =>
    others.map((other) => input.slice(0, input.length - end.length) + other),
  );
  const starts = BEGINNINGS.filter(([start]) => input.startsWith(start)).flatMap(([start, others]) =>
    others.map((other) => other + input.slice(start.length)),
  );
  return [...ends, ...starts].filter((name) => name !== input);
}

function isSameKind(input: TensorInfo, output: TensorInfo): boolean {
  if (input.dataType === null || input.dataType !== output.dataType) return false;
  const [from, to] = [input.shape, output.shape];
  if (from === null || from.length === 0) return false;
  if (to === null || to.length === 0) return true;
  return (
    from.length === to.length &&
    from.every((dim, axis) => typeof dim !== 'number' || typeof to[axis] !== 'number' || dim === to[axis])
  );
}
