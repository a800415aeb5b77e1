/** The blocks of published networks, as their papers draw them. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { analyzeModel } from '../../../src/analysis/analyze.ts';
import { blockGraph } from '../../../src/analysis/blocks/block-graph.ts';
import type { Block, BlockGraph } from '../../../src/analysis/blocks/facts.ts';
import { openModel } from '../../../src/onnx/open.ts';

const SHARED = new URL('../../../../shared/', import.meta.url).pathname;
const LIGHT = 'onnx-cases/light/light_';

async function draw(path: string): Promise<BlockGraph> {
  const model = openModel(`${SHARED}${path}`);
  const { shapes, costs } = await analyzeModel(model, { sha256: null, signal: new AbortController().signal });
  return blockGraph(model.proto.graph, { shapes: shapes ?? {}, costs: costs?.nodes ?? [] });
}

const label = ({ title, repeat }: Block): string => (repeat > 1 ? `${title} ×${repeat}` : title);
const labels = (graph: BlockGraph | undefined): string[] => graph?.blocks.map(label) ?? [];
const inside = (graph: BlockGraph, title: string): BlockGraph | undefined =>
  graph.blocks.find((block) => label(block) === title)?.inside[0]?.graph;
const count = (graph: BlockGraph): number =>
  graph.blocks.reduce((sum, block) => sum + 1 + block.inside.reduce((all, part) => all + count(part.graph), 0), 0);

describe.skipIf(!existsSync(SHARED))('published networks (needs ../shared)', () => {
  test('ResNet-50: four stages of 3, 4, 6 and 3 blocks, each of which begins with a projection', async () => {
    const graph = await draw(`${LIGHT}resnet50.onnx`);
    expect(labels(graph)).toEqual([
      'Conv → BatchNormalization → Relu',
      'MaxPool',
      'Residual block with projection',
      'Residual block ×2',
      'Residual block with projection',
      'Residual block ×3',
      'Residual block with projection',
      'Residual block ×5',
      'Residual block with projection',
      'Residual block ×2',
      'AveragePool',
      'Gemm → Softmax',
    ]);
    expect(labels(inside(graph, 'Residual block ×2'))).toEqual([
      'Conv → BatchNormalization → Relu',
      'Conv → BatchNormalization → Relu',
      'Conv → BatchNormalization',
      'Sum → Relu',
    ]);
  });

  test('DenseNet-121: dense blocks of 6, 12, 24 and 16 layers with transitions between them', async () => {
    expect(labels(await draw(`${LIGHT}densenet121.onnx`))).toEqual([
      'conv1',
      'MaxPool',
      'conv2_1 … conv2_6 ×6',
      'conv2_blk',
      'AveragePool',
      'conv3_1 … conv3_12 ×12',
      'conv3_blk',
      'AveragePool',
      'conv4_1 … conv4_24 ×24',
      'conv4_blk',
      'AveragePool',
      'conv5_1 … conv5_16 ×16',
      'conv5_blk',
    ]);
  });

  test('VGG-19: 2, 2, 4, 4 and 4 convolutions between pools', async () => {
    const convolutions = labels(await draw(`${LIGHT}vgg19.onnx`)).filter((title) => title.startsWith('Conv'));
    expect(convolutions.map((title) => title.slice(-2))).toEqual(['×2', '×2', '×4', '×4', '×4']);
  });

  test('Inception v1: 2, 5 and 2 modules of four branches', async () => {
    const graph = await draw(`${LIGHT}inception_v1.onnx`);
    const modules = labels(graph).filter((title) => title.startsWith('inception'));
    expect(modules).toEqual([
      'inception_3a … inception_3b ×2',
      'inception_4a … inception_4e ×5',
      'inception_5a … inception_5b ×2',
    ]);
    expect(inside(graph, modules[0] as string)?.inputs[0]?.blocks).toHaveLength(4);
  });

  test('DistilBERT: embeddings, equal layers with attention inside, a classifier', async () => {
    const graph = await draw('models/tiny-bert/model.onnx');
    expect(labels(graph)).toEqual([
      'distilbert.embeddings',
      'distilbert.transformer.layer.0 … 1 ×2',
      'pre_classifier',
      'classifier',
    ]);
    expect(labels(inside(graph, 'distilbert.transformer.layer.0 … 1 ×2'))).toEqual([
      'attention.q_lin',
      'attention.k_lin',
      'attention.v_lin',
      'MatMul → Softmax → MatMul',
      'attention.out_lin',
      'Add',
      'sa_layer_norm',
      'ffn',
      'output_layer_norm',
    ]);
  });

  test('RFB-320: a backbone that three scales leave to two heads', async () => {
    const graph = await draw('models/ultraface/version-RFB-320.onnx');
    const titles = labels(graph);
    const heads = ['classification_headers', 'regression_headers'].map((title) => titles.indexOf(title));
    for (const title of ['base_net.7', 'base_net.9 … 10 ×2', 'base_net.12', 'extras.0.2']) {
      const from = titles.indexOf(title);
      expect(heads.every((to) => graph.edges.some(([a, b]) => a === from && b === to))).toBe(true);
    }
    expect(labels(inside(graph, 'base_net.7')).slice(0, 4)).toEqual(['branch0', 'branch1', 'branch2', 'Concat']);
  });

  test('Magika: the modules of its TensorFlow scopes', async () => {
    expect(labels(await draw('models/magika/model.onnx'))).toEqual([
      'pjit__one_hot_',
      'MagikaV2.Dense_0',
      'MagikaV2.ApplyActivation_0',
      'MagikaV2.LayerNorm_0',
      'MagikaV2.Conv_0',
      'MagikaV2.ApplyActivation_1',
      'GlobalMaxPool',
      'MagikaV2.LayerNorm_1',
      'MagikaV2.Dense_1',
    ]);
  });

  test('Silero VAD: two branches for two sample rates, alike but for sizes', async () => {
    const [branches] = (await draw('models/silero-vad/silero_vad.onnx')).blocks;
    expect(branches?.title).toBe('If');
    expect(branches?.inside.map(({ title }) => title)).toEqual(['else_branch', 'then_branch']);
    const [first, second] = branches?.inside ?? [];
    expect(labels(first?.graph)).toContain('encoder.1 … 2 ×2');
    expect(labels(first?.graph)).toEqual(labels(second?.graph));
  });

  test.each([
    'models/ultraface/version-RFB-320.onnx',
    'models/tiny-bert/model.onnx',
    'models/silero-vad/silero_vad.onnx',
    'models/magika/model.onnx',
    'models/yunet/yunet_n_dynamic.onnx',
    `${LIGHT}resnet50.onnx`,
    `${LIGHT}densenet121.onnx`,
    `${LIGHT}inception_v2.onnx`,
  ])('%s has at most 40 blocks, each node in one of the outermost', async (path) => {
    const graph = await draw(path);
    expect(count(graph)).toBeLessThanOrEqual(40);
    const outer = graph.blocks.flatMap(({ nodes }) => nodes);
    expect(outer.length).toBeGreaterThanOrEqual(openModel(`${SHARED}${path}`).proto.graph.node.length);
  });
});
