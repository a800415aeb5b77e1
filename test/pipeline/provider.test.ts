import { describe, expect, test } from 'vitest';
import { NimifyError } from '../../src/base/errors.ts';
import type { ProgressEvent } from '../../src/base/events.ts';
import { withCuda } from '../../src/pipeline/provider.ts';
import type { OpenSession, SessionOptions } from '../../src/runtime/session.ts';

const refusal = new NimifyError(
  'RUNTIME_REFUSED',
  'ONNX Runtime refuses the model: CUDA driver version is insufficient.',
);

/** A runtime that notes how it was asked, and refuses what `refuses` says. */
function runtime(refuses: (options: SessionOptions) => boolean = () => false) {
  const asked: (readonly string[] | undefined)[] = [];
  const open: OpenSession = async (_model, options = {}) => {
    asked.push(options.providers);
    if (refuses(options)) throw refusal;
    return { inputs: [], outputs: [], run: async () => ({}), release: async () => {} };
  };
  const events: ProgressEvent[] = [];
  return { asked, open, events, emit: (event: ProgressEvent) => events.push(event) };
}

describe('models that are to be measured on CUDA', () => {
  test('are opened there, with the CPU for what it has no kernel for, and say so', async () => {
    const { asked, open, events, emit } = runtime();
    const session = await withCuda(open, { emit }, async () => ['cpu', 'cuda'])('m.onnx');
    expect(asked).toEqual([['cuda', 'cpu']]);
    expect(session.provider).toBe('cuda');
    expect(events).toEqual([]);
  });

  test('run on the CPU where the runtime has no library for it; one sentence says so, once', async () => {
    const { asked, open, events, emit } = runtime();
    const session = withCuda(open, { emit }, async () => ['cpu']);
    expect((await session('a.onnx')).provider).toBeUndefined();
    await session('b.onnx');
    expect(asked).toEqual([undefined, undefined]);
    expect(events).toEqual([
      expect.objectContaining({ type: 'notice', message: expect.stringContaining('no library') }),
    ]);
  });

  test('run on the CPU where the driver fails, and the sentence has its reason', async () => {
    const { open, events, emit } = runtime(({ providers }) => providers?.includes('cuda') ?? false);
    expect((await withCuda(open, { emit }, async () => ['cuda'])('m.onnx')).provider).toBeUndefined();
    expect(events).toEqual([expect.objectContaining({ message: expect.stringContaining('driver version') })]);
  });

  test('are refused where the CPU refuses them too, and CUDA is not blamed', async () => {
    const { open, events, emit } = runtime(() => true);
    await expect(withCuda(open, { emit }, async () => ['cuda'])('m.onnx')).rejects.toBe(refusal);
    expect(events).toEqual([]);
  });
});
