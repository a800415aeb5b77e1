/** How graphs are folded into blocks: each test is a structure and what one would draw of it on a white board. */
import { describe, expect, test } from 'vitest';
import { blockGraph } from '../../../src/analysis/blocks/block-graph.ts';
import type { BlockGraph } from '../../../src/analysis/blocks/facts.ts';
import { makeGraph, makeNode, makeValueInfo } from '../../../src/onnx/build.ts';
import type { GraphProto, NodeProto } from '../../../src/onnx/proto.ts';
import { branch, floats } from '../models.ts';

/** Nodes that make tensors of their own: `add('Conv', 'x', 'w')` gives the name of the result. */
class Drawing {
  readonly nodes: NodeProto[] = [];
  readonly weights = new Set<string>();

  add(operator: string, ...inputs: string[]): string {
    return this.named('', operator, ...inputs);
  }

  named(name: string, operator: string, ...inputs: string[]): string {
    const output = `t${this.nodes.length}`;
    for (const input of inputs) if (/^w|^onnx::w|weight$/.test(input)) this.weights.add(input);
    this.nodes.push(makeNode(operator, inputs, [output], name === '' ? {} : { name }));
    return output;
  }

  convolution(input: string, weight: string): string {
    return this.add('Relu', this.add('BatchNormalization', this.add('Conv', input, weight), `${weight}_bn`));
  }

  graph(...outputs: string[]): GraphProto {
    return makeGraph({
      name: 'g',
      nodes: this.nodes,
      inputs: [makeValueInfo('x', 'float32', [1, 4]), makeValueInfo('mask', 'float32', [1, 4])],
      outputs: outputs.map((name) => makeValueInfo(name, 'float32', null)),
      initializers: [...this.weights].map((name) => floats(name, 2, 2)),
    });
  }
}

/** `title ×repeat → targets`, with what is inside behind it, indented. */
function sketch({ blocks, edges }: BlockGraph, indent = ''): string[] {
  return blocks.flatMap((block, index) => {
    const targets = edges.filter(([from]) => from === index).map(([, to]) => to);
    const line = `${block.title}${block.repeat > 1 ? ` ×${block.repeat}` : ''}`;
    return [
      `${indent}${line}${targets.length > 0 ? ` → ${targets.join(' ')}` : ''}`,
      ...block.inside.flatMap(({ title, graph }) => [
        ...(title === '' ? [] : [`${indent}  ${title}:`]),
        ...sketch(graph, `${indent}  `),
      ]),
    ];
  });
}

describe('hostile and odd graphs', () => {
  test('an empty graph has no blocks', () => {
    expect(blockGraph(new Drawing().graph())).toEqual({ blocks: [], edges: [], inputs: [], outputs: [] });
  });

  test('nodes that wait for each other in a circle are drawn without the edge that goes back', () => {
    const drawing = new Drawing();
    drawing.nodes.push(makeNode('Conv', ['b'], ['a']), makeNode('Conv', ['a'], ['b']));
    expect(blockGraph(drawing.graph('b')).edges.every(([from, to]) => from < to)).toBe(true);
  });

  test('nodes in the wrong order are put into the right one', () => {
    const drawing = new Drawing();
    drawing.nodes.push(makeNode('MaxPool', ['late'], ['y']), makeNode('Conv', ['x', 'w'], ['late']));
    drawing.weights.add('w');
    expect(sketch(blockGraph(drawing.graph('y')))).toEqual(['Conv → 1', 'MaxPool']);
  });

  test('a module that is left and entered again becomes two blocks, never a circle', () => {
    const drawing = new Drawing();
    const first = drawing.named('/a/conv', 'Conv', 'x', 'w1');
    const second = drawing.named('/b/pool', 'MaxPool', first);
    const { blocks, edges } = blockGraph(drawing.graph(drawing.named('/a/conv', 'Conv', second, 'w3')));
    expect(blocks.map(({ title }) => title)).toEqual(['a', 'b', 'a']);
    expect(edges).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });

  test('a graph of weights only still shows what makes the output', () => {
    const drawing = new Drawing();
    expect(sketch(blockGraph(drawing.graph(drawing.add('Add', 'w1', 'w2'))))).toEqual(['Add']);
  });

  test('a graph without any structure comes down to a number that one can look at', () => {
    const drawing = new Drawing();
    const made = ['x'];
    for (let index = 0; index < 400; index += 1) {
      const other = made[(index * 7) % made.length] as string;
      made.push(drawing.add(index % 3 === 0 ? 'MatMul' : 'Add', made.at(-1) as string, other));
    }
    const { blocks, edges } = blockGraph(drawing.graph(made.at(-1) as string));
    expect(blocks.length).toBeLessThanOrEqual(24);
    expect(edges.every(([from, to]) => from < to)).toBe(true);
    expect(blocks.flatMap(({ nodes }) => nodes)).toHaveLength(400);
  });
});

describe('structure without names', () => {
  test('a convolution, its normalization and its activation are one block; equal neighbours are counted', () => {
    const drawing = new Drawing();
    const stem = drawing.convolution(drawing.convolution('x', 'w1'), 'w2');
    const end = drawing.add('Gemm', drawing.add('GlobalAveragePool', stem), 'w3');
    expect(sketch(blockGraph(drawing.graph(end)))).toEqual([
      'Conv → BatchNormalization → Relu ×2 → 1',
      'GlobalAveragePool → 2',
      'Gemm',
    ]);
  });

  test('a residual network shows its blocks, one of them from inside', () => {
    const drawing = new Drawing();
    let data = drawing.add('MaxPool', drawing.convolution('x', 'w0'));
    for (const index of [1, 2, 3]) {
      const path = drawing.convolution(drawing.convolution(data, `w${index}a`), `w${index}b`);
      data = drawing.add('Relu', drawing.add('Add', path, data));
    }
    expect(sketch(blockGraph(drawing.graph(data)))).toEqual([
      'Conv → BatchNormalization → Relu → 1',
      'MaxPool → 2',
      'Residual block ×3',
      '  Conv → BatchNormalization → Relu ×2 → 1',
      '  Add → Relu',
    ]);
  });

  test('a projection on the way past the block makes it another block', () => {
    const drawing = new Drawing();
    const data = drawing.add('MaxPool', drawing.convolution('x', 'w0'));
    const sum = drawing.add('Add', drawing.convolution(data, 'w1'), drawing.add('Conv', data, 'w2'));
    expect(sketch(blockGraph(drawing.graph(sum)))).toContain('Residual block with projection');
  });

  test('a mask that goes to every layer does not hide the layers', () => {
    const drawing = new Drawing();
    const mask = drawing.add('Unsqueeze', 'mask', 'w');
    let data = drawing.add('MatMul', 'x', 'w0');
    for (const layer of [1, 2, 3, 4]) {
      const score = drawing.add(
        'MatMul',
        drawing.add('MatMul', data, `w${layer}q`),
        drawing.add('MatMul', data, `w${layer}k`),
      );
      const attended = drawing.add('MatMul', drawing.add('Softmax', drawing.add('Add', score, mask)), data);
      data = drawing.add('Add', data, drawing.add('MatMul', attended, `w${layer}o`));
    }
    expect(sketch(blockGraph(drawing.graph(data))).filter((line) => !line.startsWith(' '))).toEqual([
      'Unsqueeze → 2',
      'MatMul → 2',
      'Attention ×4',
    ]);
  });

  test('what is calculated from shapes and constants is counted where it is needed, and not drawn', () => {
    const drawing = new Drawing();
    const data = drawing.add('Conv', 'x', 'w1');
    const size = drawing.add('Concat', drawing.add('Gather', drawing.add('Shape', data), 'w2'), 'w3');
    const { blocks } = blockGraph(drawing.graph(drawing.add('MatMul', drawing.add('Reshape', data, size), 'w4')));
    expect(blocks.map(({ title }) => title)).toEqual(['Conv', 'MatMul']);
    expect(blocks[0]?.nodes).toEqual(['Conv_0', 'Shape_1', 'Gather_2', 'Concat_3', 'Reshape_4']);
  });

  test('functions that exporters spell out get their names back', () => {
    const drawing = new Drawing();
    const data = drawing.add('MatMul', 'x', 'w1');
    const erf = drawing.add('Add', drawing.add('Erf', drawing.add('Div', data, 'w2')), 'w3');
    const gelu = drawing.add('Mul', drawing.add('Mul', data, erf), 'w4');
    const centred = drawing.add('Sub', gelu, drawing.add('ReduceMean', gelu));
    const variance = drawing.add('ReduceMean', drawing.add('Pow', centred, 'w5'));
    const scaled = drawing.add('Div', centred, drawing.add('Sqrt', drawing.add('Add', variance, 'w6')));
    const norm = drawing.add('Add', drawing.add('Mul', scaled, 'w7'), 'w8');
    expect(sketch(blockGraph(drawing.graph(norm)))).toEqual(['MatMul → Gelu → LayerNormalization']);
  });
});

describe('names of exporters', () => {
  const layers = (
    count: number,
    name: (path: string, drawing: Drawing) => (inputs: string[]) => string,
  ): GraphProto => {
    const drawing = new Drawing();
    let data = name('embeddings.word', drawing)(['x']);
    for (let layer = 0; layer < count; layer += 1) {
      const step = (path: string, input: string): string => name(`encoder.layer.${layer}.${path}`, drawing)([input]);
      const attended = step('attention.output', step('attention.query', data));
      data = step('ffn', drawing.add('Add', data, attended));
    }
    return drawing.graph(name('classifier', drawing)([data]));
  };
  const expected = [
    'embeddings.word → 1',
    'encoder.layer.0 … 5 ×6 → 2',
    '  attention.query → 1',
    '  attention.output → 2',
    '  Add → 3',
    '  ffn',
    'classifier',
  ];

  test('modules come from the names of weights', () => {
    const graph = layers(
      6,
      (path, drawing) =>
        ([input = '']) =>
          drawing.add('MatMul', input, `${path}.weight`),
    );
    const titles = sketch(blockGraph(graph)).map((line) => line.replace(/^ {2}attention → .*/, '  attention'));
    expect(titles[1]).toBe(expected[1]);
    expect(titles.at(-1)).toBe('classifier');
  });

  test('or from the names of nodes, where the number belongs to its module', () => {
    const graph = layers(6, (path, drawing) => {
      const name = `/${path.replaceAll('.', '/').replace(/layer\/(\d+)/, 'layer.$1')}/MatMul`;
      return ([input = '']) => drawing.named(name, 'MatMul', input, 'w');
    });
    const titles = sketch(blockGraph(graph));
    expect(titles[1]).toBe('encoder.layer.0 … 5 ×6 → 2');
    expect(titles.at(-1)).toBe('classifier');
  });

  test('a join of independent heads belongs to none of them', () => {
    const drawing = new Drawing();
    const data = drawing.add('Conv', 'x', 'backbone.0.weight');
    const heads = ['classes', 'boxes'].map((head) =>
      drawing.add('Conv', drawing.add('Conv', data, `${head}.a.weight`), `${head}.b.weight`),
    );
    const joined = drawing.add('Concat', ...heads);
    expect(sketch(blockGraph(drawing.graph(joined))).filter((line) => !line.startsWith(' '))).toEqual([
      'backbone → 1 2',
      'classes → 3',
      'boxes → 3',
      'Concat',
    ]);
  });

  test('equal modules beside each other are one block, unless their names tell of different roles', () => {
    const drawing = new Drawing();
    const data = drawing.add('Relu', drawing.add('Conv', 'x', 'stem.weight'));
    const experts = [0, 1, 2].map((index) => drawing.add('MatMul', data, `expert.${index}.weight`));
    const [block] = blockGraph(drawing.graph(drawing.add('Concat', ...experts))).blocks.slice(1);
    expect(block).toMatchObject({ title: 'expert.0 … 2', repeat: 3, isParallel: true });
  });

  test('where each operator is a module of its own, the structure tells more than the names', () => {
    const drawing = new Drawing();
    let data = drawing.add('Conv', 'x', 'stem.weight');
    for (const index of [1, 2, 3, 4]) {
      const path = drawing.add('Conv', drawing.add('Conv', data, `conv${index}a.weight`), `conv${index}b.weight`);
      data = drawing.add('Add', path, data);
    }
    expect(sketch(blockGraph(drawing.graph(data))).slice(0, 2)).toEqual(['Conv → 1', 'Residual block ×4']);
  });

  test('names that tell nothing are no modules', () => {
    const drawing = new Drawing();
    const data = drawing.add('MatMul', drawing.add('MatMul', 'x', 'onnx::w1'), 'w_302');
    expect(sketch(blockGraph(drawing.graph(data)))).toEqual(['MatMul ×2']);
  });
});

describe('subgraphs', () => {
  const deep = (weight: string): GraphProto => {
    const nodes: NodeProto[] = [];
    for (let step = 0; step < 8; step += 1) {
      nodes.push(
        makeNode(
          step % 2 === 0 ? 'MatMul' : 'Sigmoid',
          step === 0 ? ['x', weight] : [`${weight}${step}`, weight].slice(0, 2 - (step % 2)),
          [`${weight}${step + 1}`],
        ),
      );
    }
    return branch(nodes, `${weight}8`);
  };

  test('the branches of an If are drawn inside of it, with their own edges', () => {
    const drawing = new Drawing();
    drawing.weights.add('wa').add('wb');
    const condition = drawing.add('Cast', 'mask');
    const node = makeNode('If', [condition], ['y'], {
      attributes: { then_branch: deep('wa'), else_branch: deep('wb') },
    });
    drawing.nodes.push(node);
    expect(sketch(blockGraph(drawing.graph('y')))).toEqual([
      'If',
      '  then_branch:',
      '  MatMul → Sigmoid ×4',
      '  else_branch:',
      '  MatMul → Sigmoid ×4',
    ]);
  });

  test('a tensor that only a subgraph takes is an edge like any other', () => {
    const drawing = new Drawing();
    const data = drawing.add('Conv', 'x', 'w1');
    const inner = branch([makeNode('Relu', [data], ['r'])], 'r');
    drawing.nodes.push(makeNode('If', ['mask'], ['y'], { attributes: { then_branch: inner } }));
    expect(blockGraph(drawing.graph('y')).edges).toEqual([[0, 1]]);
  });
});

describe('figures', () => {
  const cost = (node: string, macs: number | null) => ({
    node,
    operator: 'Conv',
    place: [],
    macs,
    flops: null,
    parameterCount: 10,
    parameterBytes: 40,
    outputBytes: 100,
    reason: null,
  });

  test('sums go over all repetitions, as far as figures are known', () => {
    const drawing = new Drawing();
    const graph = drawing.graph(drawing.add('MaxPool', drawing.add('Conv', drawing.add('Conv', 'x', 'w1'), 'w2')));
    const costs = [cost('a', 5), cost('b', 7), cost('c', null)];
    const [convolutions, pool] = blockGraph(graph, { costs }).blocks;
    expect(convolutions).toMatchObject({
      repeat: 2,
      isParallel: false,
      nodes: ['Conv_0', 'Conv_1'],
      operators: { Conv: 2 },
      macs: 12,
      parameterCount: 20,
      parameterBytes: 80,
      outputBytes: 200,
    });
    expect(pool).toMatchObject({ macs: null, parameterCount: 10 });
    const partly = blockGraph(graph, { costs: [cost('a', null), cost('b', 7), cost('c', 0)] }).blocks;
    expect(partly.map(({ macs }) => macs)).toEqual([7, 0]);
  });

  test('without costs nothing is claimed', () => {
    const drawing = new Drawing();
    const [block] = blockGraph(drawing.graph(drawing.add('Conv', 'x', 'w'))).blocks;
    expect(block).toMatchObject({ macs: null, parameterCount: null, outputBytes: null });
  });

  test('inputs and outputs know their blocks', () => {
    const drawing = new Drawing();
    const data = drawing.add('MatMul', 'x', 'w1');
    const end = drawing.add('MatMul', drawing.add('Add', data, 'mask'), data);
    const { inputs, outputs } = blockGraph(drawing.graph(end));
    expect(inputs.map(({ name }) => name)).toEqual(['x', 'mask']);
    expect(outputs).toEqual([{ name: end, blocks: [expect.any(Number)] }]);
  });
});
