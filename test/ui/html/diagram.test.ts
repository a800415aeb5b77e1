/** The diagram of blocks: what it says of each block, and in which colours. */
import { describe, expect, test } from 'vitest';
import type { Block, BlockGraph } from '../../../src/analysis/blocks/facts.ts';
import { addAmounts, amountsOf, formatShare, heatLevel, shareOf } from '../../../src/ui/html/metrics.ts';
import { diagramOf } from '../../../src/ui/html/structure/diagram.ts';

function block(title: string, changes: Partial<Block> = {}): Block {
  return {
    title,
    operators: { Conv: 1 },
    nodes: [title],
    repeat: 1,
    isParallel: false,
    outputShape: [1, 64, 56, 56],
    macs: 100,
    parameterCount: 10,
    parameterBytes: 40,
    outputBytes: 1024,
    inside: [],
    ...changes,
  };
}

function graph(blocks: Block[], changes: Partial<BlockGraph> = {}): BlockGraph {
  const edges = blocks.slice(1).map((_, index): [number, number] => [index, index + 1]);
  const outputs = blocks.length > 0 ? [{ name: 'y', blocks: [blocks.length - 1] }] : [];
  return { blocks, edges, inputs: [{ name: 'x', blocks: [0] }], outputs, ...changes };
}

const draw = (one: BlockGraph): string => diagramOf(one, addAmounts(one.blocks.map(amountsOf))).text;
const texts = (svg: string, kind: string): string[] =>
  [...svg.matchAll(new RegExp(`<text class="${kind}"[^>]*>([^<]*)</text>`, 'g'))].map((match) => match[1] as string);

describe('a box', () => {
  test('has a title, the shape of what comes out, and its share of each figure', () => {
    const svg = draw(graph([block('conv1', { macs: 300 }), block('conv2')]));
    expect(texts(svg, 'title')).toEqual(['conv1', 'conv2']);
    expect(texts(svg, 'detail')).toEqual(['1×64×56×56', '1×64×56×56']);
    expect(texts(svg, 'value of-macs')).toEqual(['300 · 75 %', '100 · 25 %']);
    expect(texts(svg, 'value of-activations')).toEqual(['1.0 KiB · 50 %', '1.0 KiB · 50 %']);
  });

  test('of unknown cost shows a dash, and what costs nothing shows nothing', () => {
    const svg = draw(graph([block('a', { macs: null }), block('b', { macs: 0 }), block('c')]));
    expect(texts(svg, 'value of-macs')).toEqual(['–', '', '100 · 100 %']);
  });

  test('is as hot as its share of the hottest', () => {
    const svg = draw(graph([block('a', { macs: 0 }), block('b', { macs: 1 }), block('c', { macs: 100 })]));
    expect([...svg.matchAll(/class="block macs-(\d)/g)].map((match) => match[1])).toEqual(['0', '1', '6']);
  });

  test('that stands for several says how many; parallel ones say so', () => {
    const svg = draw(graph([block('layer', { repeat: 12 }), block('expert', { repeat: 4, isParallel: true })]));
    expect(texts(svg, 'badge')).toEqual(['×12', '×4']);
    expect(svg).toContain('<title>expert ×4 in parallel</title>');
  });

  test('cuts names in the middle and leaves out links of chains, with the whole of it as tooltip', () => {
    const chain = 'Conv → BatchNormalization → Relu → MaxPool → LocalResponseNormalization';
    const svg = draw(graph([block('distilbert.transformer.layer.0.attention.q_lin'), block(chain)]));
    const [named, chained] = texts(svg, 'title');
    expect(named).toMatch(/^distil.*….*q_lin$/);
    expect(chained).toBe('Conv → …');
    expect(svg).toContain(`<title>${chain}</title>`);
  });

  test('without a shape names its operators, unless its title does', () => {
    const svg = draw(graph([block('head', { outputShape: null }), block('Conv', { outputShape: null })]));
    expect(texts(svg, 'detail')).toEqual(['Conv', '']);
  });

  test('does not repeat symbols that an exporter made up', () => {
    const svg = draw(graph([block('a', { outputShape: ['batch', 16, 'unk__4', 'a/Squeeze_dim_0'] })]));
    expect(texts(svg, 'detail')).toEqual(['batch×16×?×?']);
  });
});

describe('the whole', () => {
  test('draws what is inside of a block inside of its frame', () => {
    const inside = graph([block('q'), block('k')], { edges: [], inputs: [{ name: '', blocks: [0, 1] }], outputs: [] });
    const svg = draw(graph([block('layer', { inside: [{ title: 'then_branch', graph: inside }] })]));
    expect(texts(svg, 'title')).toEqual(['layer', 'q', 'k']);
    expect(texts(svg, 'caption')).toEqual(['then_branch']);
    expect(svg).toContain('href="#block-0-0-1"');
  });

  test('of many outputs draws one with their number', () => {
    const outputs = Array.from({ length: 12 }, (_, index) => ({ name: `out${index}`, blocks: [0] }));
    expect(draw(graph([block('a')], { outputs }))).toContain('<title>12 outputs</title>');
  });

  test('has an arrow head where an edge ends at a block, and none where it passes', () => {
    const edges: [number, number][] = [
      [0, 1],
      [1, 2],
      [0, 2],
    ];
    const svg = draw(graph([block('a'), block('b'), block('c')], { edges }));
    // Input, three edges, output; the long edge is drawn in two pieces.
    expect(svg.match(/marker-end/g)).toHaveLength(5);
    expect(svg.match(/<g class="edges">.*?<\/g>/)?.[0].match(/<path/g)).toHaveLength(6);
  });
});

describe('shares', () => {
  test('are never 0 for what is not', () => {
    expect([0, 0.0001, 0.004, 0.0994, 0.125, 1].map(formatShare)).toEqual([
      '0 %',
      '< 0.1 %',
      '0.4 %',
      '9.9 %',
      '13 %',
      '100 %',
    ]);
  });

  test('of what is not known, and of more than the whole, are not told', () => {
    expect(shareOf(null, 5)).toBeNull();
    expect(shareOf(5, null)).toBeNull();
    expect(shareOf(6, 5)).toBeNull();
    expect(shareOf(0, 0)).toBe(0);
  });

  test('add up as far as they are known', () => {
    const some = { macs: 1, parameters: null, activations: 0 };
    expect(addAmounts([some, { ...some, macs: null }])).toEqual({ macs: 1, parameters: null, activations: 0 });
    expect([heatLevel(null, 5), heatLevel(0, 5), heatLevel(5, 5)]).toEqual([0, 0, 6]);
  });
});
