/** `nimify validate --format`: what goes to standard output, what into a file, and which exit code. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeNode } from '../../src/onnx/build.ts';
import { writeModel } from '../../src/onnx/write.ts';
import { smallModel, wave } from '../quantization/small-models.ts';
import { type FakeRun, runFake } from './fake-io.ts';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-validate-'));
  const nodes = [makeNode('MatMul', ['x', 'w'], ['y'])];
  const { proto } = smallModel({ nodes, input: [4, 64], weights: { w: wave([64, 64]) }, opset: 17 });
  await writeModel(proto, join(folder, 'm.onnx'));
  const argv = ['create', join(folder, 'm.onnx'), '--name', 'service', '-o', join(folder, 'service')];
  const made = await runFake([...argv, '--methods', '', '--progress', 'none'], { cwd: folder });
  expect(made.exitCode, made.stderr).toBe(0);
  writeFileSync(join(folder, 'service', 'compose.yaml'), 'services:\n  - [\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const validate = (...flags: string[]): Promise<FakeRun> =>
  runFake(['validate', join(folder, 'service'), '--progress', 'none', ...flags], { cwd: folder });

describe('nimify validate --format', () => {
  test.each([
    ['github', /^::error file=service\/compose\.yaml,line=\d+,title=ARTIFACT_INVALID::/m],
    ['junit', /<failure type="ARTIFACT_INVALID"/],
    ['sarif', /"ruleId": "ARTIFACT_INVALID"/],
    ['json', /"code": "ARTIFACT_INVALID"/],
    ['text', /ARTIFACT_INVALID compose\.yaml:\d+/],
  ])('%s is all there is on standard output, and errors end with 3', async (format, expected) => {
    const { exitCode, stdout } = await validate('--format', format);
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(expected);
    expect(stdout.includes('service has ')).toBe(format === 'text');
  });

  test('-o writes it to a file, once, and prints the text', async () => {
    const { exitCode, stdout } = await validate('--format', 'junit', '-o', 'validate.xml');
    expect(exitCode).toBe(3);
    expect(stdout).toContain('service has ');
    expect(readFileSync(join(folder, 'validate.xml'), 'utf8')).toMatch(/^<\?xml/);
    expect((await validate('--format', 'junit', '-o', 'validate.xml')).exitCode).toBe(2);
    expect((await validate('--format', 'junit', '-o', 'validate.xml', '--force')).exitCode).toBe(3);
  });

  test('--json and another format cannot both have standard output', async () => {
    const { exitCode, json } = await validate('--json', '--format', 'github');
    expect(exitCode).toBe(2);
    expect(json().error?.hint).toContain('nimify validate DIR --json --format github -o FILE');
  });
});
