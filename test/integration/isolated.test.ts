import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeGraph, makeModel, makeNode, makeTensor, makeValueInfo } from '../../src/onnx/build.ts';
import { encodedBytes, encodeModel } from '../../src/onnx/encode.ts';
import type { GraphProto, NodeProto, TensorProto } from '../../src/onnx/proto.ts';
import type { HostTensor } from '../../src/onnx/tensor.ts';
import type { GuardLimits } from '../../src/runtime/isolated/guard.ts';
import { openIsolatedSession } from '../../src/runtime/isolated/session.ts';
import { openSession } from '../../src/runtime/session.ts';
import { childProcessesOf, isAlive } from './processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'nimify-isolated-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LIMITS: GuardLimits = { loadTimeoutMs: 60_000, runTimeoutMs: 60_000, memoryBytes: 2 ** 30 };
const int64 = (...values: bigint[]): HostTensor => ({
  dataType: 'int64',
  dims: [],
  data: BigInt64Array.from(values),
});

function modelOf(nodes: NodeProto[], weights: TensorProto[] = [], output: GraphProto['output'][number] | null = null) {
  const graph = makeGraph({
    name: 'g',
    nodes,
    inputs: [makeValueInfo('x', 'int64', [])],
    outputs: [output ?? makeValueInfo('y', 'int64', null)],
    initializers: weights,
  });
  return encodedBytes(encodeModel(makeModel({ graph, opset: 17, irVersion: 8 })));
}

const double = modelOf([makeNode('Add', ['x', 'x'], ['y'])]);
/** Some 170 bytes that ask for 8 bytes times the input. */
const bomb = modelOf(
  [makeNode('Range', ['zero', 'x', 'one'], ['y'])],
  [makeTensor('zero', int64(0n)), makeTensor('one', int64(1n))],
);

/** A loop that ends after as many turns as the input says. */
function counter(): Uint8Array {
  const body = makeGraph({
    name: 'body',
    nodes: [makeNode('Identity', ['go'], ['on']), makeNode('Add', ['state', 'one'], ['next'])],
    inputs: [makeValueInfo('i', 'int64', []), makeValueInfo('go', 'bool', []), makeValueInfo('state', 'int64', [])],
    outputs: [makeValueInfo('on', 'bool', []), makeValueInfo('next', 'int64', [])],
  });
  const start = [makeTensor('one', int64(1n)), makeTensor('zero', int64(0n))];
  const loop = makeNode('Loop', ['x', '', 'zero'], ['y'], { attributes: { body } });
  return modelOf([loop], start);
}

describe('a model in a guarded process', () => {
  test('gives what it gives in this one, from bytes and from a file, with the same signature', async () => {
    const path = join(folder, 'double.onnx');
    writeFileSync(path, double);
    const here = await openSession(double);
    for (const model of [double, path]) {
      const there = await openIsolatedSession(model, {}, LIMITS);
      expect([there.inputs, there.outputs]).toEqual([here.inputs, here.outputs]);
      expect(await there.run({ x: int64(21n) })).toEqual(await here.run({ x: int64(21n) }));
      await there.release();
    }
    await here.release();
  });

  test('is refused with the codes of a session in this process', async () => {
    const unknown = modelOf([makeNode('NoSuchOperator', ['x'], ['y'], { domain: 'example.com' })]);
    await expect(openIsolatedSession(unknown, {}, LIMITS)).rejects.toMatchObject({ code: 'CUSTOM_OPERATORS' });
    const damaged = openIsolatedSession(double.subarray(0, 40), {}, LIMITS);
    await expect(damaged).rejects.toMatchObject({ code: 'RUNTIME_REFUSED' });
  });

  test('that asks for more memory than it may is stopped, and so is what was waiting for it', async () => {
    const session = await openIsolatedSession(bomb, {}, { ...LIMITS, memoryBytes: 600 * 2 ** 20 });
    const [first, second] = [session.run({ x: int64(2_000_000_000n) }), session.run({ x: int64(1n) })];
    await expect(first).rejects.toMatchObject({ code: 'RUNTIME_MEMORY', message: expect.stringContaining('600 MiB') });
    await expect(second).rejects.toMatchObject({ code: 'RUNTIME_MEMORY' });
    await expect(session.run({ x: int64(1n) })).rejects.toMatchObject({ code: 'RUNTIME_MEMORY' });
  });

  test('that does not end is stopped when its time is over', async () => {
    const session = await openIsolatedSession(counter(), {}, { ...LIMITS, runTimeoutMs: 1500 });
    expect(await session.run({ x: int64(3n) })).toMatchObject({ y: { data: BigInt64Array.of(3n) } });
    const endless = session.run({ x: int64(2n ** 62n) });
    await expect(endless).rejects.toMatchObject({ code: 'RUNTIME_TIMEOUT', message: expect.stringContaining('1.5 s') });
  });

  test('that crashes its process leaves this one alive and says how it died', async () => {
    const session = await openIsolatedSession(double, {}, LIMITS);
    const [child] = childProcessesOf(process.pid);
    process.kill(child as number, 'SIGSEGV');
    await expect(session.run({ x: int64(1n) })).rejects.toMatchObject({
      code: 'RUNTIME_CRASHED',
      message: expect.stringContaining('SIGSEGV'),
    });
  });

  test('ends with its session, and with the signal that its user gave', async () => {
    const stop = new AbortController();
    const session = await openIsolatedSession(counter(), {}, { ...LIMITS, signal: stop.signal });
    const [child] = childProcessesOf(process.pid);
    const endless = session.run({ x: int64(2n ** 62n) });
    const reason = new Error('enough');
    setTimeout(() => stop.abort(reason), 200);
    await expect(endless).rejects.toBe(reason);
    const other = await openIsolatedSession(double, {}, LIMITS);
    const [second] = childProcessesOf(process.pid).filter((pid) => pid !== child);
    await other.release();
    await expect.poll(() => [child, second].filter((pid) => isAlive(pid as number))).toEqual([]);
  });
});
