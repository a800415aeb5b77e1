/** Model repositories of others: nothing is said of good ones, and each fault is found where it is. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Finding } from '../../src/base/findings.ts';
import { makeConfig } from '../../src/config/make-config.ts';
import { pipelineDeps } from '../../src/pipeline/deps.ts';
import { validateRepository } from '../../src/pipeline/triton-repository.ts';
import { validate } from '../../src/pipeline/validate.ts';
import { REPOSITORIES, writeRepository } from '../fixtures/triton-repositories/make-repositories.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nimify-repository-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function judge(): Promise<Finding[]> {
  const { findings } = await validateRepository({ folder }, pipelineDeps(makeConfig({})));
  return findings.filter(({ severity }) => severity !== 'info');
}

test.each(Object.entries(REPOSITORIES))('the repository %s is well-formed', async (_, files) => {
  writeRepository(folder, files);
  expect(await judge()).toEqual([]);
});

type Fault = readonly [
  name: string,
  repository: string,
  file: string,
  from: string | RegExp,
  to: string,
  line: number | null,
  says: string | RegExp,
];

const RESNET = 'resnet/config.pbtxt';
const DETECTOR = 'detector/config.pbtxt';
const PIPELINE = 'pipeline/config.pbtxt';
const SPEECH = 'speech/config.pbtxt';
const PLAN = 'engine/config.pbtxt';

const FAULTS: readonly Fault[] = [
  [
    'another name than the folder',
    'image-classification',
    RESNET,
    'name: "resnet"',
    'name: "resnet50"',
    1,
    "unexpected directory name 'resnet' for model 'resnet50'",
  ],
  ['the batch in the dims', 'image-classification', RESNET, '[ 3, 224, 224 ]', '[ -1, 3, 224, 224 ]', 8, 'FORMAT_NCHW'],
  ['a type that the model does not have', 'image-classification', RESNET, /TYPE_FP32/, 'TYPE_FP16', 7, 'TYPE_FP16'],
  ['an output narrower than the model', 'image-classification', RESNET, '[ 1000 ]', '[ 10 ]', 16, /1000|10/],
  [
    'an output that the model does not have',
    'image-classification',
    RESNET,
    '"scores"',
    '"probabilities"',
    14,
    'probabilities',
  ],
  [
    'labels that are not there',
    'image-classification',
    RESNET,
    'labels.txt',
    'classes.txt',
    17,
    'resnet/classes.txt is not there',
  ],
  [
    'a preferred batch beyond the largest',
    'image-classification',
    RESNET,
    '[ 4, 8 ]',
    '[ 4, 32 ]',
    22,
    'preferred size must be <= max batch size',
  ],
  ['a trailing comma', 'image-classification', RESNET, '[ 4, 8 ]', '[ 4, 8, ]', 22, ''],
  [
    'a field that ModelConfig does not have',
    'image-classification',
    RESNET,
    'max_batch_size',
    'max_batch',
    3,
    'max_batch',
  ],
  ['a kind that does not exist', 'image-classification', RESNET, 'KIND_GPU', 'KIND_CUDA', 20, 'KIND_CUDA'],
  [
    'a platform of another backend',
    'image-classification',
    RESNET,
    'platform: "onnxruntime_onnx"',
    'backend: "onnxruntime" platform: "tensorrt_plan"',
    2,
    "unexpected 'platform' and 'backend' pair",
  ],
  [
    'batching of a model that has its batch fixed',
    'detection',
    DETECTOR,
    /max_batch_size: 0\n(.*)\[ 1, 3, 640, 640 \](.*\n.*)\[ 1, 84/,
    'max_batch_size: 8\n$1[ 3, 640, 640 ]$2[ 84',
    3,
    'for the model to support batching the shape should have at least 1',
  ],
  [
    'a key that the TensorRT accelerator does not know',
    'detection',
    DETECTOR,
    'trt_engine_cache_enable',
    'max_cached_engines',
    12,
    "unknown parameter 'max_cached_engines'",
  ],
  ['a warm-up without an input', 'detection', DETECTOR, 'key: "images"', 'key: "image"', 18, 'images'],
  [
    'a warm-up sample that is not there',
    'detection',
    DETECTOR,
    'zero_data: true',
    'input_data_file: "a.raw"',
    18,
    'warmup/a.raw is not there',
  ],
  [
    'a step of a model that is not there',
    'detection',
    PIPELINE,
    'model_name: "suppression"',
    'model_name: "nms"',
    15,
    'nms',
  ],
  [
    'an input of a member that it does not have',
    'detection',
    PIPELINE,
    'key: "candidates"',
    'key: "boxes"',
    17,
    'non-existing input boxes in model suppression',
  ],
  [
    'a tensor that nobody writes',
    'detection',
    PIPELINE,
    'value: "raw" }\n    },',
    'value: "row" }\n    },',
    null,
    "'raw'",
  ],
  [
    'an ensemble with instances',
    'detection',
    PIPELINE,
    'max_batch_size: 0',
    'max_batch_size: 0 instance_group [ { count: 1 } ]',
    3,
    'instance_group',
  ],
  [
    'a cache for sequences',
    'speech',
    SPEECH,
    'sequence_batching {',
    'response_cache { enable: true } sequence_batching {',
    6,
    'Response Cache does not currently support',
  ],
  ['a state that the model does not have', 'speech', SPEECH, '"next_state"', '"state_out"', 12, 'state_out'],
  ['two batchers', 'speech', SPEECH, 'sequence_batching {', 'dynamic_batching { } sequence_batching {', 6, ''],
  ['a dim of zero', 'engines-and-python', PLAN, '[ 1000 ]', '[ 0 ]', 4, 'dim'],
  [
    'a file by another name',
    'engines-and-python',
    PLAN,
    'max_batch_size',
    'default_model_filename: "model_fp16.plan" max_batch_size',
    null,
    "unable to find 'engine/1/model_fp16.plan'",
  ],
];

describe('validate --triton-repo finds', () => {
  test.each(FAULTS.map((fault) => [fault[0], fault] as const))(
    '%s',
    async (_, [, repository, file, from, to, line, says]) => {
      const files = REPOSITORIES[repository]!;
      const before = files[file] as string;
      const after = before.replace(from, to);
      expect(after).not.toBe(before);
      writeRepository(folder, { ...files, [file]: after });
      const findings = await judge();
      const fits = findings.filter(({ args }) =>
        new RegExp(says instanceof RegExp ? says : escaped(says)).test(JSON.stringify(args)),
      );
      expect(fits, JSON.stringify(findings, null, 1)).not.toEqual([]);
      if (line !== null) expect(fits.map(({ where }) => where)).toContain(`${file}:${line}`);
      expect(fits[0]?.severity).toBe('error');
    },
  );

  test('a version that Triton passes over', async () => {
    writeRepository(folder, REPOSITORIES['image-classification']!);
    renameSync(join(folder, 'resnet/1'), join(folder, 'resnet/01'));
    const [found] = await judge();
    expect(found).toMatchObject({
      where: 'resnet',
      args: { problem: expect.stringContaining('at least one version must be available') },
    });
  });

  test('a model of a newer IR than the ONNX Runtime of the release reads', async () => {
    writeRepository(folder, REPOSITORIES['image-classification']!);
    const { findings } = await validateRepository(
      { folder },
      pipelineDeps(makeConfig({ service: { tritonTag: '24.08' } })),
    );
    expect(findings.map(({ code }) => code)).not.toContain('TRITON_IR_TOO_NEW');
    writeFileSync(join(folder, 'resnet/1/model.onnx'), 'not a model');
    expect(await judge()).toContainEqual(
      expect.objectContaining({ code: 'ARTIFACT_INVALID', where: 'resnet/1/model.onnx' }),
    );
  });

  test('a secret in a config', async () => {
    writeRepository(folder, REPOSITORIES.speech!);
    writeFileSync(join(folder, 'speech/notes.txt'), `key ${'AKIA'}${'A2'.repeat(8)}\n`);
    expect(await judge()).toContainEqual(
      expect.objectContaining({ code: 'SECRET_IN_FILE', where: 'speech/notes.txt:1' }),
    );
  });
});

describe('what is no repository', () => {
  test.each([
    ['an empty folder', () => {}, 'SERVICE_INVALID'],
    ['a folder that is not there', () => rmSync(folder, { recursive: true }), 'FILE_NOT_FOUND'],
  ] as const)('%s is refused', async (_, prepare, code) => {
    prepare();
    await expect(judge()).rejects.toMatchObject({ code });
  });

  test('a repository that is given as a service names the flag', async () => {
    writeRepository(folder, REPOSITORIES.speech!);
    await expect(validate({ folder }, pipelineDeps(makeConfig({})))).rejects.toMatchObject({
      code: 'SERVICE_INVALID',
      hint: expect.stringContaining('--triton-repo'),
    });
  });
});

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
