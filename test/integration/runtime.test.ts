import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeGraph, makeModel, makeNode, makeTensor, makeValueInfo } from '../../src/onnx/build.ts';
import { encodedBytes, encodeModel } from '../../src/onnx/encode.ts';
import { asExternal } from '../../src/onnx/external/tensor-form.ts';
import { openModel } from '../../src/onnx/open.ts';
import type { NodeProto, TensorProto } from '../../src/onnx/proto.ts';
import type { HostTensor } from '../../src/onnx/tensor.ts';
import { writeModel } from '../../src/onnx/write.ts';
import { runtimeProviders } from '../../src/runtime/load.ts';
import { openSession } from '../../src/runtime/session.ts';
import { ROOT } from './command.ts';

test('a provider that is not bundled is listed only where its library was installed', async () => {
  const files = readdirSync(join(ROOT, 'node_modules', 'onnxruntime-node', 'bin'), {
    recursive: true,
    encoding: 'utf8',
  });
  const providers = await runtimeProviders();
  expect(providers).toContain('cpu');
  for (const name of ['cuda', 'tensorrt']) {
    const isInstalled = files.some((file) => file.endsWith(`libonnxruntime_providers_${name}.so`));
    expect([name, providers.includes(name)]).toEqual([name, isInstalled]);
  }
});

describe('tensors that ONNX Runtime does not take from data files', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nimify-runtime-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** y = node(x, w) with the bytes of `w` in a file beside it. */
  function write(node: NodeProto, w: TensorProto): string {
    const bytes = w.rawData as Uint8Array;
    writeFileSync(join(folder, 'w.bin'), bytes);
    const initializers = [asExternal(w, { location: 'w.bin', offset: 0, sizeBytes: bytes.length })];
    const inputs = [makeValueInfo('x', 'float32', [4])];
    const outputs = [makeValueInfo('y', 'float32', null)];
    const graph = makeGraph({ name: 'g', nodes: [node], inputs, outputs, initializers });
    const path = join(folder, 'm.onnx');
    writeFileSync(path, encodedBytes(encodeModel(makeModel({ opset: 17, irVersion: 8, graph }))));
    return path;
  }

  async function mended(path: string): Promise<HostTensor | undefined> {
    const target = join(folder, 'mended.onnx');
    await writeModel(openModel(path).proto, target, { data: { thresholdBytes: 0, alignBytes: 1 } });
    const session = await openSession(target);
    const { y } = await session.run({ x: { dataType: 'float32', dims: [4], data: Float32Array.of(1, 2, 3, 4) } });
    await session.release();
    return y;
  }

  test.each<[string, NodeProto, TensorProto, number[]]>([
    [
      'an empty one, over which it would end this process',
      makeNode('Concat', ['x', 'w'], ['y'], { attributes: { axis: 0n } }),
      makeTensor('w', { dataType: 'float32', dims: [0], data: new Float32Array(0) }),
      [4],
    ],
    [
      'a shape, which its shape inference wants to see',
      makeNode('Reshape', ['x', 'w'], ['y']),
      makeTensor('w', { dataType: 'int64', dims: [2], data: BigInt64Array.of(2n, 2n) }),
      [2, 2],
    ],
  ])('%s: the hint mends the model', async (_, node, w, dims) => {
    const path = write(node, w);
    const refused = openSession(path);
    await expect(refused).rejects.toMatchObject({
      code: 'RUNTIME_REFUSED',
      hint: expect.stringContaining('nimify convert MODEL -o FILE --external-data'),
    });
    expect(await mended(path)).toEqual({ dataType: 'float32', dims, data: Float32Array.of(1, 2, 3, 4) });
  });
});
