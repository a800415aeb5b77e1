/** The block diagram, as SVG: boxes from top to bottom, boxes in boxes where a block shows its inside. */
import type { Block, BlockGraph, Inside, Port } from '../../../analysis/blocks/facts.ts';
import { type Html, html } from '../markup.ts';
import { type Amounts, amountsOf, mostOf } from '../metrics.ts';
import { textWidth } from '../text-width.ts';
import { BOX_HEIGHT, type BoxFacts, boxMarkup, boxWidth, portMarkup, round } from './box.ts';
import { layOut, ROW_GAP, type Route, type Size } from './layers.ts';

interface Drawn extends Size {
  readonly markup: Html;
}

const PADDING = 14;
const CAPTION_HEIGHT = 26;
const PORT_HEIGHT = 26;
/** More inputs or outputs at one place are one pill with their number. */
const MOST_PORTS = 4;
/** Room for arrow heads and stacked boxes at the border. */
const MARGIN = 10;

/** @param total shares are of these amounts */
export function diagramOf(graph: BlockGraph, total: Amounts): Html {
  const facts: BoxFacts = { total, most: mostOf(graph.blocks.map(amountsOf)) };
  const { width, height, markup } = drawGraph(graph, '', 0, facts);
  const [w, h] = [Math.ceil(width) + 2 * MARGIN, Math.ceil(height) + 2 * MARGIN];
  return html`<svg class="diagram" width="${w}" height="${h}" viewBox="${-MARGIN} ${-MARGIN} ${w} ${h}" role="group" aria-label="Blocks of the graph and how data flows between them"><defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 .5 7.5 4 0 7.5z"/></marker></defs>${markup}</svg>`;
}

/** Width of the whole in pixels, to tell whether something fits beside it. */
export function diagramWidth(markup: Html): number {
  return Number(/width="(\d+)"/.exec(markup.text)?.[1] ?? 0);
}

function drawGraph(graph: BlockGraph, path: string, depth: number, facts: BoxFacts): Drawn {
  const blocks = graph.blocks.map((block, index) => drawBlock(block, `${path}${index}`, depth, facts));
  const inputs = gathered(graph.inputs, 'inputs').map((port) => ({ ...port, ...drawPort(port.name) }));
  const outputs = gathered(graph.outputs, 'outputs').map((port) => ({ ...port, ...drawPort(port.name) }));
  const drawn: Drawn[] = [...inputs, ...blocks, ...outputs];
  const first = inputs.length;
  const last = first + blocks.length;
  const edges = [
    ...inputs.flatMap((port, index) => port.blocks.map((block): [number, number] => [index, first + block])),
    ...graph.edges.map(([from, to]): [number, number] => [first + from, first + to]),
    ...outputs.flatMap((port, index) => port.blocks.map((block): [number, number] => [first + block, last + index])),
  ];
  const { width, height, nodes, routes } = layOut(drawn, edges, (node) => drawn[node]?.height === 0);
  const placed = drawn.map((item, index) => {
    const { x, y } = nodes[index] ?? { x: 0, y: 0 };
    return html`<g transform="translate(${round(x - item.width / 2)} ${round(y)})">${item.markup}</g>`;
  });
  return { width, height, markup: html`<g class="edges">${routes.map(routeMarkup)}</g>${placed}` };
}

function routeMarkup({ from, to, bend, isEnd }: Route): Html {
  const [x1, y1, x2, y2] = [from.x, from.y, to.x, to.y].map(round) as [number, number, number, number];
  const [start, middle, end] = [bend, bend + ROW_GAP / 2, bend + ROW_GAP].map(round) as [number, number, number];
  // No piece of length 0: an arrow head would not know where to point.
  const down = y2 > end ? `V${y2}` : '';
  const way = x1 === x2 ? `V${y2}` : `V${start}C${x1} ${middle} ${x2} ${middle} ${x2} ${end}${down}`;
  return html`<path d="M${x1} ${y1}${way}"${isEnd ? html` marker-end="url(#arrow)"` : undefined}/>`;
}

/** Ports at the same blocks that are too many to be drawn become one. */
function gathered(ports: readonly Port[], word: string): readonly Port[] {
  if (ports.length <= MOST_PORTS) return ports;
  return [{ name: `${ports.length} ${word}`, blocks: [...new Set(ports.flatMap(({ blocks }) => blocks))] }];
}

function drawPort(label: string): Drawn {
  if (label === '') return { width: 0, height: 0, markup: html`` };
  const size = { width: Math.min(200, textWidth(label, 11) + 28), height: PORT_HEIGHT };
  return { ...size, markup: portMarkup(label, size) };
}

function drawBlock(block: Block, id: string, depth: number, facts: BoxFacts): Drawn {
  if (block.inside.length === 0) {
    const size = { width: boxWidth(depth), height: BOX_HEIGHT };
    return { ...size, markup: boxMarkup(block, id, size, facts) };
  }
  const columns = block.inside.map((inside, index) => drawInside(inside, `${id}-${index}-`, depth + 1, facts));
  const inner = columns.reduce((sum, column) => sum + column.width, 0) + (columns.length - 1) * 2 * PADDING;
  const width = Math.max(boxWidth(depth), inner + 2 * PADDING);
  const height = BOX_HEIGHT + Math.max(...columns.map((column) => column.height));
  let x = (width - inner) / 2;
  const placed = columns.map((column) => {
    const at = x;
    x += column.width + 2 * PADDING;
    return html`<g transform="translate(${round(at)} ${BOX_HEIGHT})">${column.markup}</g>`;
  });
  return {
    width,
    height,
    markup: html`${boxMarkup(block, id, { width: round(width), height: round(height) }, facts)}${placed}`,
  };
}

function drawInside({ title, graph }: Inside, path: string, depth: number, facts: BoxFacts): Drawn {
  const drawn = drawGraph(graph, path, depth, facts);
  if (title === '') return drawn;
  const caption = html`<text class="caption" x="${round(drawn.width / 2)}" y="18">${title}</text>`;
  const markup = html`${caption}<g transform="translate(0 ${CAPTION_HEIGHT})">${drawn.markup}</g>`;
  return { width: drawn.width, height: drawn.height + CAPTION_HEIGHT, markup };
}
