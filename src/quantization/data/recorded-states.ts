/** The state that a model with memory has in front of each sample of a recording, found by running it once over all. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { byteLengthOf } from '../../onnx/data-type.ts';
import type { StatePair } from '../../onnx/state-pairs.ts';
import { elementCount, type HostTensor, viewBytes } from '../../onnx/tensor.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';
import type { Carry, Feeds, Sequence } from '../../runtime/feeds.ts';
import type { RuntimeSession } from '../../runtime/session.ts';

export interface StateTrack {
  /** One per sample that is used: the first ones of all recordings together. */
  readonly states: readonly Feeds[];
  readonly sequences: readonly Sequence[];
  readonly carries: readonly Carry[];
}

/** One recording: inputs of its frames without the state. */
interface Track {
  readonly count: number;
  at(frame: number): Promise<Feeds>;
}

/** States of more samples are not kept: an hour of speech takes half of it with silero-vad. */
const MAX_STATE_BYTES = 2 ** 28;

/** @throws NimifyError RUNTIME_FAILED; or the abort reason of the signal */
export async function recordStates(
  session: Pick<RuntimeSession, 'run'>,
  pairs: readonly StatePair[],
  tracks: readonly Track[],
  signal?: AbortSignal,
): Promise<StateTrack> {
  const first: Feeds = Object.fromEntries(pairs.map(({ input }) => [input.name, zeros(input)]));
  const most = Math.max(1, Math.floor(MAX_STATE_BYTES / Math.max(1, bytesOf(first))));
  const outputs = pairs.map(({ output }) => output.name);
  const states: Feeds[] = [];
  const sequences: Sequence[] = [];
  for (const track of tracks) {
    const count = Math.min(track.count, most - states.length);
    if (count > 0) sequences.push({ first: states.length, count });
    let state = first;
    for (let frame = 0; frame < count; frame += 1) {
      await nextTurn();
      signal?.throwIfAborted();
      states.push(state);
      // The state behind the last frame is nobody's.
      if (frame + 1 === count) break;
      const results = await session.run({ ...(await track.at(frame)), ...state }, outputs);
      state = Object.fromEntries(pairs.map(({ input, output }) => [input.name, results[output.name] as HostTensor]));
    }
  }
  return { states, sequences, carries: pairs.map(({ input, output }) => ({ input: input.name, output: output.name })) };
}

/** Sizes that the model leaves open are 1: they count recordings that run side by side. */
function zeros({ dataType, shape }: TensorInfo): HostTensor {
  const type = dataType ?? 'float32';
  const dims = (shape ?? []).map((dim) => (typeof dim === 'number' ? dim : 1));
  return { dataType: type, dims, data: viewBytes(new Uint8Array(byteLengthOf(type, elementCount(dims)) ?? 0), type) };
}

function bytesOf(feeds: Feeds): number {
  return Object.values(feeds).reduce(
    (sum, { dataType, dims }) => sum + (byteLengthOf(dataType, elementCount(dims)) ?? 0),
    0,
  );
}
