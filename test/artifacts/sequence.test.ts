/** A model whose state Triton keeps: requests, clients and load have neither the state's tensors nor forget the sequence. */
import { describe, expect, test } from 'vitest';
import { exampleRequest } from '../../src/artifacts/example-request.ts';
import { openApiDocument } from '../../src/artifacts/openapi/document.ts';
import { at } from '../../src/artifacts/problems.ts';
import { servedTensors } from '../../src/artifacts/served-tensors.ts';
import type { ServiceFacts } from '../../src/artifacts/service-facts.ts';
import { checkAll, FIXTURES, generateAll } from './fixtures.ts';

const faces = FIXTURES.faces!;
const tensor = (name: string, shape: (string | number)[]) => ({ name, dataType: 'float32', shape });
const recurrent: ServiceFacts = {
  ...faces,
  model: {
    ...faces.model,
    inputs: [tensor('sound', ['batch', 512]), tensor('h', ['batch', 2, 64])],
    outputs: [tensor('speech', ['batch', 1]), tensor('hn', ['batch', 2, 64])],
    states: [{ input: 'h', output: 'hn' }],
  },
};
/** The same state with the batch in second place, which Triton cannot keep. */
const carried: ServiceFacts = {
  ...recurrent,
  model: { ...recurrent.model, inputs: [tensor('sound', ['batch', 512]), tensor('h', [2, 1, 64])] },
};
const PARAMETERS = { sequence_id: 1, sequence_start: true, sequence_end: true };

describe('a state that Triton keeps', () => {
  test('is in no request and no answer, and the example is a sequence', () => {
    expect(servedTensors(recurrent, 'inputs').map(({ name }) => name)).toEqual(['sound']);
    expect(exampleRequest(recurrent).json).toMatchObject({ parameters: PARAMETERS, outputs: [{ name: 'speech' }] });
    const document = openApiDocument(recurrent);
    expect(at(document, 'components', 'schemas', 'InferRequest', 'properties', 'inputs', 'maxItems')).toBe(1);
    expect(JSON.stringify(document)).not.toContain('"hn"');
  });

  test('is unknown to clients and load, which name a sequence', async () => {
    const files = await generateAll(recurrent);
    for (const path of ['client/client.ts', 'client/client.py', 'load/load.mjs', 'load/k6.js', 'openapi.json']) {
      expect(files.get(path), path).not.toMatch(/"name": "hn?"/);
    }
    expect(files.get('client/client.ts')).toContain(
      '= { "sequence_id": 1, "sequence_start": true, "sequence_end": true };',
    );
    expect(files.get('client/client.py')).toContain(
      '= { "sequence_id": 1, "sequence_start": True, "sequence_end": True }',
    );
    expect(files.get('load/load.mjs')).toContain('IS_SEQUENCE = true;');
    expect(files.get('load/k6.js')).toContain('IS_SEQUENCE = true;');
    expect(files.get('README.md')).toContain('EXAMPLE_PARAMETERS');
    for (const id of ['openapi', 'client', 'load', 'readme']) expect(await checkAll(files, recurrent, id)).toEqual([]);
  });
});

describe('a state that the client carries', () => {
  test('is a tensor like the others, and the README says how', async () => {
    expect(servedTensors(carried, 'inputs').map(({ name }) => name)).toEqual(['sound', 'h']);
    expect(exampleRequest(carried).json).not.toHaveProperty('parameters');
    const files = await generateAll(carried);
    expect(files.get('README.md')).toContain('send zeros as `"h"` first, then what came back as `"hn"`');
    expect(files.get('load/load.mjs')).toContain('IS_SEQUENCE = false;');
  });
});
