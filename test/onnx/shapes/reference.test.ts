/**
 * Our shapes against those of onnx.shape_inference (strict, with data propagation) on models of our own. Renew the file
 * with `ONNX_PYTHON=… npm run bench:shapes -- --golden`; the same script compares on thousands of models of others.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { encodedBytes, encodeModel } from '../../../src/onnx/encode.ts';
import { allGraphs } from '../../../src/onnx/graph.ts';
import type { GraphProto, ModelProto } from '../../../src/onnx/proto.ts';
import { inferTypes } from '../../../src/onnx/shapes/infer.ts';
import { compareFacts, factOfText, factOfType, print, withoutOwnSymbols } from './facts.ts';
import { allModels } from './models/index.ts';

interface Golden {
  readonly sha256: string;
  /** Place of the graph, its parts joined by ` / ` → value → type. */
  readonly graphs: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const golden = JSON.parse(readFileSync(new URL('reference-shapes.json', import.meta.url), 'utf8')) as Record<
  string,
  Golden
>;
const models = allModels();

/** Where the reference is wrong: ONNX Runtime and ONNX's own evaluator compute what we say. */
const REFERENCE_ERRORS: Readonly<Record<string, readonly string[]>> = {
  // onesided, which is the default, is not looked at where the window gives the length of a frame.
  'spectra of a signal': [' a: float32[?, 15, 16, 2], ours float32[B, 15, 9, 2]'],
};

/** Values of which we know less than the reference, or something else. */
function differences(model: ModelProto & { graph: GraphProto }, expected: Golden['graphs']): string[] {
  const found = inferTypes(model);
  const graphs = [{ place: [], graph: model.graph, tensors: found.tensors, types: found.types }, ...found.subgraphs];
  return Object.entries(expected).flatMap(([place, values]) => {
    const ours = graphs.find((graph) => graph.place.join(' / ') === place);
    return Object.entries(values).flatMap(([name, text]) => {
      const type = ours?.types.get(name);
      const own = type === undefined ? null : withoutOwnSymbols(factOfType(type), ours?.tensors[name]);
      const verdict = compareFacts(factOfText(text), own);
      return ['agreed', 'richer'].includes(verdict) ? [] : [`${place} ${name}: ${text}, ours ${print(own)}`];
    });
  });
}

test('the reference was asked about these models and no others', () => {
  const digest = (model: ModelProto) =>
    createHash('sha256')
      .update(encodedBytes(encodeModel(model)))
      .digest('hex');
  expect(Object.fromEntries(Object.entries(golden).map(([name, { sha256 }]) => [name, sha256]))).toEqual(
    Object.fromEntries(models.map(([name, model]) => [name, digest(model)])),
  );
});

describe('what the reference knows, we know', () => {
  test.each(models)('%s', (name, model) => {
    const { graphs } = golden[name] as Golden;
    expect(Object.keys(graphs)).toHaveLength([...allGraphs({ ...model, functions: [] })].length);
    expect(differences(model, graphs)).toEqual(REFERENCE_ERRORS[name] ?? []);
    expect(inferTypes(model).problems).toEqual([]);
  });
});
