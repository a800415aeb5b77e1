import { describe, expect, test } from 'vitest';
import { batching } from '../../src/artifacts/batching.ts';
import type { ServiceFacts, TensorFacts } from '../../src/artifacts/service-facts.ts';
import { artifact } from '../../src/artifacts/triton/artifact.ts';
import { printConfig } from '../../src/artifacts/triton/config.ts';
import { readConfig } from '../../src/artifacts/triton/read-config.ts';
import { type Edit, FIXTURES, findingsAfter } from './fixtures.ts';

const faces = FIXTURES.faces!;
const text = FIXTURES.text!;
const voice = FIXTURES.voice!;

function withTensors(
  inputs: TensorFacts[],
  outputs: TensorFacts[],
  serving: Partial<ServiceFacts['serving']> = {},
): ServiceFacts {
  return { ...faces, model: { ...faces.model, inputs, outputs }, serving: { ...faces.serving, ...serving } };
}
const tensor = (name: string, shape: TensorFacts['shape'], dataType = 'float32'): TensorFacts => ({
  name,
  dataType,
  shape,
});
const configOf = (facts: ServiceFacts) => readConfig(printConfig(facts)).config;

describe('batching', () => {
  test.each([
    [
      'a scalar input',
      [tensor('x', ['n', 3]), tensor('k', [])],
      [tensor('y', ['n'])],
      { tensor: 'k', reason: 'scalar' },
    ],
    ['a fixed first dimension', [tensor('x', ['n', 3])], [tensor('y', [1, 3])], { tensor: 'y', reason: 'fixed' }],
    ['an unknown rank', [tensor('x', ['n'])], [tensor('y', null)], { tensor: 'y', reason: 'rank-unknown' }],
    [
      'a first dimension with another meaning',
      [tensor('x', ['n', 3])],
      [tensor('y', ['boxes', 4])],
      { tensor: 'y', reason: 'other-axis' },
    ],
  ])('is off for %s, and the tensor is named', (_, inputs, outputs, blockedBy) => {
    expect(batching(withTensors(inputs, outputs))).toEqual({ maxBatchSize: 0, blockedBy });
  });

  test('is on when all first dimensions are dynamic, also under names that exporters invent', () => {
    const facts = withTensors([tensor('x', ['n', 3]), tensor('z', [null, 2])], [tensor('y', ['unk__7', 4])]);
    expect(batching(facts)).toEqual({ maxBatchSize: 8, blockedBy: null });
  });
});

describe('config.pbtxt', () => {
  test('leaves the batch out of dims, and takes the 1 away again where a row is one value', () => {
    const { max_batch_size, output } = configOf(text);
    expect(max_batch_size).toBe(16);
    expect(output[0]).toMatchObject({ dims: [5] });
    expect(output[1]).toMatchObject({ dims: [1], reshape: { shape: [] } });
  });

  test('writes full dims, and [ 1 ] without reshape for a scalar, where batching is off', () => {
    const { max_batch_size, input } = configOf(voice);
    expect(max_batch_size).toBe(0);
    expect(input.map(({ dims, reshape }) => ({ dims, reshape }))).toEqual([
      { dims: [-1, -1], reshape: undefined },
      { dims: [2, -1, 128], reshape: undefined },
      { dims: [1], reshape: undefined },
    ]);
  });

  test('bounds the queue only where Triton has one', () => {
    expect(configOf(text).dynamic_batching?.default_queue_policy?.max_queue_size).toBe(256);
    expect(configOf(faces).dynamic_batching).toBeUndefined();
  });

  test('shares the processor among instances, and says nothing of threads on a GPU', () => {
    expect(
      configOf(withTensors([tensor('x', [1])], [tensor('y', [1])], { cpuCores: 7, instanceCount: 2 })).parameters,
    ).toEqual([{ key: 'intra_op_thread_count', value: { string_value: '3' } }]);
    expect(configOf(text).parameters.map(({ key }) => key)).toEqual(['arena_extend_strategy']);
    expect(configOf(text).instance_group).toMatchObject([{ kind: 'KIND_GPU', count: 2 }]);
  });

  test('warms up with one request and with a full batch, and not where a made-up size or value could be refused', () => {
    expect(configOf(text).model_warmup.map(({ batch_size }) => batch_size)).toEqual([1, 16]);
    expect(configOf(voice).model_warmup).toEqual([]);
    expect(printConfig(voice)).toContain('# No model_warmup: input is dynamic beyond the batch');
    const steered = withTensors([tensor('x', [1, 4]), tensor('rate', [], 'int64')], [tensor('y', [1])]);
    expect(printConfig(steered)).toContain('# No model_warmup: rate is a scalar');
  });

  test('has the objective among the buckets, rounded up to whole milliseconds', () => {
    const buckets = configOf(text).model_metrics.metric_control[0]?.histogram_options?.buckets;
    expect(buckets).toContain(34);
    expect(buckets).toEqual([...(buckets ?? [])].sort((a, b) => a - b));
  });
});

describe('the check of the Triton configuration', () => {
  test('names each tensor whose type Triton does not have', async () => {
    const facts = withTensors([tensor('x', [1], 'float8e4m3fn')], [tensor('y', [1], 'complex64')]);
    const findings = await artifact.check(new Map([['models/faces/config.pbtxt', printConfig(facts)]]), facts);
    expect(findings.filter(({ code }) => code === 'TRITON_TYPE_UNSUPPORTED').map(({ args }) => args)).toEqual([
      { artifact: 'triton', tensor: 'x', dataType: 'float8e4m3fn' },
      { artifact: 'triton', tensor: 'y', dataType: 'complex64' },
    ]);
  });

  test.each([
    ['25.04', 11, true],
    ['25.10', 11, false],
    ['26.01', 12, true],
    ['26.02', 13, false],
    ['99.01', 14, true],
  ])(
    'knows that the ONNX Runtime of release %s and IR version %i do not go together: %s',
    async (tritonTag, irVersion, refused) => {
      const facts = { ...faces, model: { ...faces.model, irVersion }, serving: { ...faces.serving, tritonTag } };
      const findings = await artifact.check(new Map([['models/faces/config.pbtxt', printConfig(facts)]]), facts);
      expect(findings.some(({ code }) => code === 'TRITON_IR_TOO_NEW')).toBe(refused);
    },
  );

  test('warns where a release has no latency histogram, and the config asks for none', async () => {
    const facts = { ...faces, serving: { ...faces.serving, tritonTag: '25.12' } };
    expect(printConfig(facts)).not.toContain('model_metrics');
    const generated = (await artifact.generate(facts)).map(({ path, content }) => [path, content as string] as const);
    const findings = await artifact.check(new Map(generated), facts);
    expect(findings.filter(({ severity }) => severity !== 'info').map(({ code }) => code)).toEqual([
      'LATENCY_HISTOGRAM_MISSING',
    ]);
  });

  test('takes an input that is narrower than the model, as the backend does', async () => {
    const edit = { file: 'models/voice-activity/config.pbtxt', from: 'dims: [ -1, -1 ]', to: 'dims: [ 1, 576 ]' };
    expect(await findingsAfter({ ...edit, name: '', facts: voice, code: 'ARTIFACT_DISAGREES' }, 'triton')).toEqual([]);
  });

  const [face, batch, voicefile] = ['faces', 'no', 'voice-activity'].map((name) => `models/${name}/config.pbtxt`) as [
    string,
    string,
    string,
  ];
  const edits: Edit[] = [
    {
      name: 'text that is not text format',
      facts: faces,
      file: face,
      from: 'output [',
      to: 'output [[',
      code: 'ARTIFACT_INVALID',
    },
    {
      name: 'a misspelt field',
      facts: faces,
      file: face,
      from: 'max_batch_size:',
      to: 'max_batchsize:',
      code: 'ARTIFACT_INVALID',
    },
    {
      name: 'another name than the folder',
      facts: faces,
      file: face,
      from: '"faces"',
      to: '"face"',
      code: 'ARTIFACT_DISAGREES',
      args: { what: 'name' },
    },
    {
      name: 'another backend',
      facts: faces,
      file: face,
      from: '"onnxruntime"',
      to: '"tensorrt"',
      code: 'ARTIFACT_DISAGREES',
      args: { what: 'backend' },
    },
    {
      name: 'a platform that does not fit',
      facts: faces,
      file: face,
      from: 'backend',
      to: 'platform: "onnx"\nbackend',
      code: 'ARTIFACT_INVALID',
      args: { problem: "unexpected 'platform' and 'backend' pair, got:onnx, onnxruntime" },
    },
    {
      name: 'batching of a model with a fixed batch',
      facts: faces,
      file: face,
      from: 'max_batch_size: 0',
      to: 'max_batch_size: 4',
      code: 'ARTIFACT_DISAGREES',
      args: { what: 'max_batch_size (input)' },
    },
    {
      name: 'a larger batch than configured',
      facts: text,
      file: batch,
      from: 'max_batch_size: 16',
      to: 'max_batch_size: 32',
      code: 'ARTIFACT_DISAGREES',
    },
    {
      name: 'dynamic batching without a batch size',
      facts: faces,
      file: face,
      from: 'max_batch_size: 0',
      to: 'max_batch_size: 0\ndynamic_batching { }',
      code: 'ARTIFACT_INVALID',
    },
    {
      name: 'a preferred batch beyond the largest',
      facts: text,
      file: batch,
      from: 'max_queue_delay',
      to: 'preferred_batch_size: [ 17 ]\n  max_queue_delay',
      code: 'ARTIFACT_INVALID',
    },
    {
      name: 'levels of priority without a default',
      facts: text,
      file: batch,
      from: 'max_queue_delay',
      to: 'priority_levels: 2\n  max_queue_delay',
      code: 'ARTIFACT_INVALID',
    },
    {
      name: 'a wrong type',
      facts: faces,
      file: face,
      from: 'TYPE_FP32',
      to: 'TYPE_FP16',
      code: 'ARTIFACT_DISAGREES',
      args: { what: 'data_type of input input' },
    },
    {
      name: 'a wrong fixed dim',
      facts: faces,
      file: face,
      from: '[ 1, 3, 240, 320 ]',
      to: '[ 1, 3, 320, 240 ]',
      code: 'ARTIFACT_DISAGREES',
      args: { what: 'shape of input input' },
    },
    {
      name: 'an output that is narrower than the model',
      facts: voice,
      file: voicefile,
      from: 'dims: [ -1, 1 ]',
      to: 'dims: [ 1, 1 ]',
      code: 'ARTIFACT_DISAGREES',
      args: { what: 'shape of output output' },
    },
    {
      name: 'dims with the batch in them',
      facts: text,
      file: batch,
      from: 'dims: [ 128 ]',
      to: 'dims: [ -1, 128 ]',
      code: 'ARTIFACT_DISAGREES',
    },
    {
      name: 'no dims',
      facts: faces,
      file: face,
      from: /dims: \[ 1, 4420, 2 \]/,
      to: 'dims: [ ]',
      code: 'ARTIFACT_INVALID',
    },
    {
      name: 'a dim of 0',
      facts: voice,
      file: voicefile,
      from: 'dims: [ 2, -1, 128 ]',
      to: 'dims: [ 2, 0, 128 ]',
      code: 'ARTIFACT_INVALID',
    },
    {
      name: 'an empty reshape without batching',
      facts: voice,
      file: voicefile,
      from: 'dims: [ 1 ]',
      to: 'dims: [ 1 ] reshape { shape: [ ] }',
      code: 'ARTIFACT_INVALID',
    },
    {
      name: 'a reshape of another element count',
      facts: text,
      file: batch,
      from: 'dims: [ 128 ]',
      to: 'dims: [ 127 ] reshape { shape: [ 128 ] }',
      code: 'ARTIFACT_INVALID',
    },
    {
      name: 'an input that is missing',
      facts: voice,
      file: voicefile,
      from: /,\n {2}\{\n {4}name: "sr"[^}]*\}/,
      to: '',
      code: 'ARTIFACT_DISAGREES',
      args: { what: 'inputs' },
    },
    {
      name: 'an output that the model does not have',
      facts: faces,
      file: face,
      from: '"boxes"',
      to: '"box"',
      code: 'ARTIFACT_DISAGREES',
      args: { what: 'output box' },
    },
    {
      name: 'a GPU that the service does not have',
      facts: faces,
      file: face,
      from: 'KIND_CPU',
      to: 'KIND_GPU',
      code: 'ARTIFACT_INVALID',
      args: { problem: 'instance group faces_0 of model faces has kind KIND_GPU but no GPUs are available' },
    },
    {
      name: 'GPUs of a CPU instance',
      facts: faces,
      file: face,
      from: 'kind: KIND_CPU',
      to: 'kind: KIND_CPU gpus: [ 0 ]',
      code: 'ARTIFACT_INVALID',
    },
    {
      name: 'a warm-up that lacks an input',
      facts: text,
      file: batch,
      from: 'key: "input_ids"',
      to: 'key: "ids"',
      code: 'ARTIFACT_INVALID',
    },
    {
      name: 'a warm-up of an open shape',
      facts: faces,
      file: face,
      from: /(value \{[^}]*dims: )\[ 1,/,
      to: '$1[ -1,',
      code: 'ARTIFACT_INVALID',
    },
    {
      name: 'a warm-up beyond the largest batch',
      facts: text,
      file: batch,
      from: 'batch_size: 16\n    inputs',
      to: 'batch_size: 17\n    inputs',
      code: 'ARTIFACT_INVALID',
    },
    {
      name: 'buckets without the objective',
      facts: faces,
      file: face,
      from: ' 100,',
      to: '',
      code: 'ARTIFACT_DISAGREES',
    },
    {
      name: 'buckets of fractions',
      facts: faces,
      file: face,
      from: '[ 1, 2,',
      to: '[ 0.5, 2,',
      code: 'ARTIFACT_INVALID',
    },
    {
      name: 'the default buckets, which lack the objective',
      facts: voice,
      file: voicefile,
      from: /model_metrics[\s\S]*/,
      to: '',
      code: 'ARTIFACT_DISAGREES',
    },
  ];
  test.each(edits)('reports $name', async (edit) => {
    expect(await findingsAfter(edit, 'triton')).toContainEqual(
      expect.objectContaining({ code: edit.code, args: expect.objectContaining({ artifact: 'triton', ...edit.args }) }),
    );
  });
});
