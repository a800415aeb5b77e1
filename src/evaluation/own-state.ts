/** The state of one model along recordings: what it gave is what it takes next. */
import type { HostTensor } from '../onnx/tensor.ts';
import type { Feeds, SampleSet } from '../runtime/feeds.ts';

export interface OwnState {
  /** The feeds of the sample at `index`, with the state of this model instead of that of the original. */
  feed(index: number, feeds: Feeds): Feeds;
  keep(outputs: Readonly<Record<string, HostTensor>>): void;
}

/** At the first sample of a sequence every model begins with the state that is in the feeds. */
export function ownState({ carries, sequences }: Pick<SampleSet, 'carries' | 'sequences'>): OwnState {
  if (carries === undefined) return { feed: (_index, feeds) => feeds, keep: () => {} };
  const starts = new Set(sequences?.map(({ first }) => first));
  let state: Feeds = {};
  return {
    feed: (index, feeds) => (starts.has(index) ? feeds : { ...feeds, ...state }),
    keep: (outputs) => {
      state = Object.fromEntries(carries.map(({ input, output }) => [input, outputs[output] as HostTensor]));
    },
  };
}
