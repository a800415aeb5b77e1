/** The layout of the diagram: what must hold of every graph. */
import { describe, expect, test } from 'vitest';
import { layOut, type Size } from '../../../src/ui/html/structure/layers.ts';
import { fitText, textWidth } from '../../../src/ui/html/text-width.ts';

const BOX: Size = { width: 200, height: 50 };
const boxes = (count: number): Size[] => Array.from({ length: count }, () => BOX);

/** Deterministic numbers from 0 to 1. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

function randomGraph(seed: number): { sizes: Size[]; edges: [number, number][] } {
  const random = randomNumbers(seed);
  const count = 2 + Math.floor(random() * 30);
  const sizes = boxes(count).map(() => ({
    width: 40 + Math.floor(random() * 300),
    height: 20 + Math.floor(random() * 200),
  }));
  const edges: [number, number][] = [];
  for (let to = 1; to < count; to += 1) {
    const makers = new Set([0, 1, 2].slice(0, 1 + Math.floor(random() * 3)).map(() => Math.floor(random() * to)));
    for (const from of makers) if (random() < 0.9) edges.push([from, to]);
  }
  return { sizes, edges };
}

describe('the layout', () => {
  test('of nothing is empty', () => {
    expect(layOut([], [])).toEqual({ width: 0, height: 0, nodes: [], routes: [] });
  });

  test('puts a chain in one straight line', () => {
    const { nodes, width } = layOut(
      boxes(6),
      [0, 1, 2, 3, 4].map((node) => [node, node + 1]),
    );
    expect(new Set(nodes.map(({ x }) => Math.round(x * 100)))).toEqual(new Set([10_000]));
    expect(width).toBeCloseTo(200);
  });

  test('keeps the line straight beside an edge that passes several boxes', () => {
    const chain = [0, 1, 2, 3, 4].map((node): [number, number] => [node, node + 1]);
    const { nodes, routes } = layOut(boxes(6), [...chain, [0, 5], [1, 5]]);
    const [first, ...others] = nodes.slice(0, 5).map(({ x }) => x);
    for (const x of others) expect(x).toBeCloseTo(first as number, 0);
    const lanes = routes.filter(({ from, to }) => from.x === to.x && Math.abs(from.x - (first as number)) > 100);
    expect(lanes.length).toBeGreaterThanOrEqual(4);
  });

  test('puts branches beside each other, below their fork and above their join', () => {
    const { nodes } = layOut(boxes(5), [
      [0, 1],
      [0, 2],
      [0, 3],
      [1, 4],
      [2, 4],
      [3, 4],
    ]);
    const [fork, a, b, c, join] = nodes;
    expect(new Set([a?.y, b?.y, c?.y]).size).toBe(1);
    expect(fork?.y).toBeLessThan(a?.y as number);
    expect(join?.y).toBeGreaterThan(a?.y as number);
    expect(fork?.x).toBeCloseTo(b?.x as number, 0);
  });

  test('puts what nothing leads to right above what it leads to', () => {
    const { nodes } = layOut(
      boxes(5),
      [
        [0, 1],
        [1, 2],
        [2, 3],
        [4, 3],
      ]
        .map(([from, to]): [number, number] => [from as number, to as number])
        .filter(([from, to]) => from < to),
    );
    expect(nodes).toHaveLength(5);
    const late = layOut(boxes(4), [
      [0, 1],
      [1, 3],
      [2, 3],
    ]).nodes;
    expect(late[2]?.y).toBe(late[1]?.y);
  });

  test.each(Array.from({ length: 40 }, (_, seed) => seed + 1))(
    'never lets boxes overlap, and every link runs down (graph %i)',
    (seed) => {
      const { sizes, edges } = randomGraph(seed);
      const { nodes, routes, width, height } = layOut(sizes, edges);
      const areas = nodes.map(({ x, y }, index) => {
        const size = sizes[index] as Size;
        return { left: x - size.width / 2, right: x + size.width / 2, top: y, bottom: y + size.height };
      });
      for (const [index, a] of areas.entries()) {
        expect(a.left).toBeGreaterThanOrEqual(-0.01);
        expect(a.right).toBeLessThanOrEqual(width + 0.01);
        expect(a.bottom).toBeLessThanOrEqual(height + 0.01);
        for (const b of areas.slice(index + 1)) {
          const isApart =
            a.right <= b.left + 0.01 || b.right <= a.left + 0.01 || a.bottom <= b.top || b.bottom <= a.top;
          expect(isApart).toBe(true);
        }
      }
      for (const { from, to, bend } of routes) expect(from.y <= bend && bend <= to.y).toBe(true);
    },
  );

  test('gives the same numbers for the same graph', () => {
    const { sizes, edges } = randomGraph(7);
    expect(layOut(sizes, edges)).toEqual(layOut(sizes, edges));
  });
});

describe('text in boxes', () => {
  test('is cut so that it fits, at the end or in the middle', () => {
    const long = 'distilbert.transformer.layer.0.attention.q_lin';
    for (const place of ['end', 'middle'] as const) {
      const cut = fitText(long, 150, 12, { place });
      expect(textWidth(cut, 12)).toBeLessThanOrEqual(150);
      expect(cut).toContain('…');
    }
    expect(fitText(long, 150, 12, { place: 'middle' })).toMatch(/^dist.*q_lin$/);
  });

  test('that fits stays whole, and of a very long one little is looked at', () => {
    expect(fitText('Conv', 150, 12)).toBe('Conv');
    expect(fitText('i'.repeat(1_000_000), 150, 12).length).toBeLessThan(60);
  });
});
