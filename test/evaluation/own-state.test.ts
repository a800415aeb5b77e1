import { expect, test } from 'vitest';
import { ownState } from '../../src/evaluation/own-state.ts';
import type { HostTensor } from '../../src/onnx/tensor.ts';

const scalar = (value: number): HostTensor => ({ dataType: 'float32', dims: [1], data: Float32Array.of(value) });

/** Two recordings, of two samples and of one; the original had the states 10, 20 and 30 in front of them. */
const RECORDINGS = {
  carries: [{ input: 'state', output: 'stateN' }],
  sequences: [
    { first: 0, count: 2 },
    { first: 2, count: 1 },
  ],
};

test('a model takes along a recording what it gave itself, and begins each one with the state of the data', () => {
  const own = ownState(RECORDINGS);
  const states = [10, 20, 30].map((recorded, index) => {
    const feeds = own.feed(index, { x: scalar(index), state: scalar(recorded) });
    own.keep({ stateN: scalar(index + 0.5) });
    expect(feeds.x?.data[0]).toBe(index);
    return feeds.state?.data[0];
  });
  expect(states).toEqual([10, 0.5, 30]);
});

test('samples without state stay as they are', () => {
  const own = ownState({});
  const feeds = { x: scalar(1) };
  own.keep({ y: scalar(2) });
  expect(own.feed(1, feeds)).toBe(feeds);
});
