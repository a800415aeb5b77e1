/** The boxes of the diagram: blocks, the frames of blocks that show their inside, inputs and outputs. */
import type { Block } from '../../../analysis/blocks/facts.ts';
import { type Html, html } from '../markup.ts';
import { type Amounts, amountsOf, formatShare, heatLevel, METRICS, type MetricId, shareOf } from '../metrics.ts';
import { fitText, textWidth } from '../text-width.ts';
import type { Size } from './layers.ts';
import { blockShapeText, operatorSummary, shortTitle } from './words.ts';

export const BOX_HEIGHT = 52;
/** By depth: of the outermost blocks, and of those inside of others. */
const BOX_WIDTHS = [224, 206, 180] as const;
const TITLE_PX = 12.5;
const DETAIL_PX = 11;
const INDENT = 10;
/** Narrower boxes have no room for shares. */
const WIDE_PX = BOX_WIDTHS[0];

export function boxWidth(depth: number): number {
  return BOX_WIDTHS[Math.min(depth, BOX_WIDTHS.length - 1)] as number;
}

export interface BoxFacts {
  /** Shares are of these. */
  readonly total: Amounts;
  /** What the hottest block has. */
  readonly most: Readonly<Record<MetricId, number>>;
}

/** @param size of the whole box; the lines of text stand at its top */
export function boxMarkup(block: Block, id: string, size: Size, facts: BoxFacts): Html {
  const amounts = amountsOf(block);
  const heat = METRICS.map(({ id: metric }) => `${metric}-${heatLevel(amounts[metric], facts.most[metric])}`);
  const badge = block.repeat > 1 ? `×${block.repeat}` : '';
  const room = size.width - 2 * INDENT - (badge === '' ? 0 : textWidth(badge, TITLE_PX, true) + 12);
  const isFrame = size.height > BOX_HEIGHT;
  return html`<a href="#block-${id}" class="block ${heat.join(' ')}${isFrame && ' frame'}"><title>${block.title}${badge !== '' && ` ${badge}`}${block.isParallel && ' in parallel'}</title>${stack(block, size)}<rect class="card" width="${size.width}" height="${size.height}" rx="7"/>${isFrame ? header(size) : undefined}<text class="title" x="${INDENT}" y="21">${fitTitle(block.title, room)}</text>${badge !== '' && badgeMarkup(badge, size.width)}${details(block, amounts, facts.total, size.width)}</a>`;
}

/** Names are cut in the middle, since their ends tell them apart; chains of operators lose links, not letters. */
function fitTitle(title: string, room: number): string {
  const short = shortTitle(title);
  const links = short.split(' → ').filter((link) => link !== '…');
  const [first, last] = [links[0] ?? '', links.at(-1) ?? ''];
  const shorter = links.length > 2 ? [`${first} → … → ${last}`, `${first} → …`] : [];
  const fitting = [short, ...shorter].find((text) => textWidth(text, TITLE_PX, true) <= room);
  return fitting ?? fitText(short, room, TITLE_PX, { isBold: true, place: 'middle' });
}

function header({ width }: Size): Html {
  return html`<path class="head" d="M0 ${BOX_HEIGHT}V7a7 7 0 0 1 7-7h${width - 14}a7 7 0 0 1 7 7V${BOX_HEIGHT}z"/>`;
}

/** Edges behind a box that stands for several: below it for those that follow each other, beside it for parallel ones. */
function stack({ repeat, isParallel }: Block, { width, height }: Size): Html | undefined {
  if (repeat === 1) return undefined;
  return html`${[2, 1].map((step) => {
    const [out, inset] = [4 * step, 5 * step];
    return isParallel
      ? html`<rect class="card under" x="${out}" y="${inset}" width="${width}" height="${height - 2 * inset}" rx="7"/>`
      : html`<rect class="card under" x="${inset}" y="${out}" width="${width - 2 * inset}" height="${height}" rx="7"/>`;
  })}`;
}

function badgeMarkup(badge: string, width: number): Html {
  const own = textWidth(badge, TITLE_PX, true) + 6;
  return html`<rect class="badge" x="${round(width - INDENT - own + 4)}" y="8" width="${round(own)}" height="18" rx="9"/><text class="badge" x="${round(width - INDENT + 4 - own / 2)}" y="21">${badge}</text>`;
}

/** What comes out, and for each of the three figures how much; the style sheet shows the one that is chosen. */
function details(block: Block, amounts: Amounts, total: Amounts, width: number): Html {
  const values = METRICS.map((metric) => {
    const amount = amounts[metric.id];
    if (amount === null || amount === 0) return { id: metric.id, text: amount === null ? '–' : '' };
    const share = width >= WIDE_PX ? shareOf(amount, total[metric.id]) : null;
    return { id: metric.id, text: `${metric.format(amount)}${share === null ? '' : ` · ${formatShare(share)}`}` };
  });
  const widest = Math.max(...values.map(({ text }) => textWidth(text, DETAIL_PX)));
  const fitted = fitText(leftDetail(block), width - 2 * INDENT - widest - 8, DETAIL_PX);
  return html`<text class="detail" x="${INDENT}" y="40">${fitted}</text>${values.map(({ id, text }) => html`<text class="value of-${id}" x="${width - INDENT}" y="40">${text}</text>`)}`;
}

/** The shape of what comes out; where it is not known the operators, unless the title is made of them. */
function leftDetail({ title, operators, outputShape }: Block): string {
  if (outputShape !== null) return blockShapeText(outputShape).replaceAll(' ', '');
  return Object.keys(operators).every((operator) => title.split(' → ').includes(operator))
    ? ''
    : operatorSummary(operators);
}

export function portMarkup(label: string, size: Size): Html {
  return html`<g class="port"><title>${label}</title><rect width="${size.width}" height="${size.height}" rx="${size.height / 2}"/><text x="${size.width / 2}" y="${size.height / 2 + 4}">${fitText(label, size.width - 18, DETAIL_PX, { place: 'middle' })}</text></g>`;
}

/** One decimal is finer than any screen, and keeps the page small. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
