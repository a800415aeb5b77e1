/** When a service knows how images become its input, and when it rather says nothing. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeConfig } from '../../src/config/make-config.ts';
import type { TensorInfo } from '../../src/onnx/value-info.ts';
import { preprocessingOf } from '../../src/pipeline/preprocessing.ts';

const IMAGE: TensorInfo = { name: 'x', dataType: 'float32', shape: ['n', 3, 32, 48] };
const TOLD = makeConfig({ image: { mean: [127], std: [128], channels: 'bgr' } });

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-preprocessing-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const of = (inputs: readonly TensorInfo[], config = TOLD) =>
  preprocessingOf(join(folder, 'model.onnx'), inputs, config);

test('the settings say it', () => {
  expect(of([IMAGE])).toEqual({
    kind: 'image',
    input: 'x',
    layout: 'nchw',
    height: 32,
    width: 48,
    channels: 'bgr',
    mean: [127],
    std: [128],
  });
});

test('a preprocessor_config.json beside the model says it', () => {
  const recipe = {
    do_normalize: true,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
    do_rescale: true,
    do_resize: false,
  };
  writeFileSync(join(folder, 'preprocessor_config.json'), JSON.stringify(recipe));
  expect(of([IMAGE], makeConfig({}))).toMatchObject({ mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] });
});

test.each([
  ['nobody says how pixels are normalized', [IMAGE], makeConfig({})],
  ['only one half is said', [IMAGE], makeConfig({ image: { mean: [127] } })],
  ['the size is open', [{ ...IMAGE, shape: ['n', 3, 'h', 'w'] }], TOLD],
  ['there are two inputs', [IMAGE, { ...IMAGE, name: 'y' }], TOLD],
  ['the input holds whole numbers', [{ ...IMAGE, dataType: 'uint8' }], TOLD],
  ['it is no image', [{ ...IMAGE, shape: ['n', 128] }], TOLD],
] as const)('says nothing where %s', (_, inputs, config) => {
  expect(of(inputs as readonly TensorInfo[], config)).toBeNull();
});
