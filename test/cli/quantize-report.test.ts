import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeNode } from '../../src/onnx/build.ts';
import { writeModel } from '../../src/onnx/write.ts';
import { smallModel, wave } from '../quantization/small-models.ts';
import { runFake } from './fake-io.ts';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-report-'));
  const nodes = [makeNode('MatMul', ['x', 'w'], ['y'])];
  const { proto } = smallModel({ nodes, input: [1, 32], weights: { w: wave([32, 16]) }, opset: 17 });
  await writeModel(proto, join(folder, 'm.onnx'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const quantize = (...flags: string[]) =>
  runFake([
    'quantize',
    join(folder, 'm.onnx'),
    ...['--method', 'float16', '-o', join(folder, 'q.onnx'), '--progress', 'none'],
    ...flags,
  ]);

test('--report writes what was found as JSON, as a page and as Markdown, and replaces nothing unasked', async () => {
  expect((await quantize('--report', join(folder, 'found'))).exitCode).toBe(0);
  expect(readdirSync(join(folder, 'found')).sort()).toEqual([
    'quantization.html',
    'quantization.json',
    'quantization.md',
  ]);
  const read = (name: string): string => readFileSync(join(folder, 'found', name), 'utf8');
  const report = JSON.parse(read('quantization.json'));
  expect(report).toMatchObject({ schemaVersion: 1, chosen: 'float16', data: { evaluation: { isRandom: true } } });
  expect(report.predictions.length).toBeGreaterThan(0);
  expect(read('quantization.html')).toContain('The samples are random noise.');
  expect(read('quantization.md')).toContain('**float16**');
  expect((await quantize('--force')).exitCode).toBe(0);
  expect((await quantize('--report', join(folder, 'found'))).exitCode).toBe(2);
  expect((await quantize('--report', join(folder, 'found'), '--force')).exitCode).toBe(0);
});
