/** Every tensor with its type and shape. The first ones stand in the page itself; the script shows, sorts and filters all. */
import type { TensorFact } from '../../analysis/picture.ts';
import { formatBytes } from '../../base/units.ts';
import { safeText } from '../text.ts';
import type { Section } from './document.ts';
import { embeddedJson, type Html, html, name } from './markup.ts';
import type { PageFacts } from './page.ts';
import { shapeText } from './structure/words.ts';

/** Rows that are there without the script. */
const STATIC_ROWS = 60;
/** A page that opens quickly: of larger models the largest tensors are listed. */
const MOST_BYTES = 2_000_000;
const LONGEST_NAME = 120;

const ROLES = ['input', 'output', 'intermediate', 'weight'] as const;

export function tensorSection({ picture }: PageFacts): Section | null {
  const { tensors } = picture;
  if (tensors.length === 0) return null;
  const kept = withinBudget(tensors);
  const cut = tensors.length - kept.length;
  const body = html`${cut > 0 && html`<p class="note">These are the ${kept.length} largest of ${tensors.length} tensors; nimify analyze --json has all.</p>`}
<form class="filter" hidden><label>Find <input type="search" name="text" placeholder="name, type, shape or operator" autocomplete="off" spellcheck="false"></label><label>Kind <select name="role"><option value="">all</option>${ROLES.map((role) => html`<option value="${role}">${role}s</option>`)}</select></label><output>${kept.length} tensors</output></form>
<div class="scroll" tabindex="0" role="region" aria-label="Table of tensors"><table class="tensors" id="tensor-table"><thead><tr>${columnHeads()}</tr></thead><tbody>${kept.slice(0, STATIC_ROWS).map(row)}</tbody></table></div>
${kept.length > STATIC_ROWS && html`<p class="note more-rows">The first ${STATIC_ROWS} of ${kept.length} tensors. The script of this page shows the others.</p>`}
<button type="button" class="more" hidden>Show more</button>
<script type="application/json" id="tensor-data">${embeddedJson(dataOf(kept))}</script>`;
  return { id: 'tensors', title: 'Tensors', body };
}

function columnHeads(): Html[] {
  const columns = [
    ['Tensor', ''],
    ['Kind', ''],
    ['Type', ''],
    ['Shape', ''],
    ['Bytes', 'count'],
    ['Made by', ''],
  ] as const;
  return columns.map(([title, kind]) => html`<th scope="col" class="${kind}">${title}</th>`);
}

function row(tensor: TensorFact): Html {
  const { role, dataType, shape, sizeBytes, producer } = tensor;
  return html`<tr><th scope="row">${name(short(tensor.name))}</th><td>${role}</td><td>${dataType ?? '–'}</td><td class="shape">${shapeWords(shape)}</td><td class="count">${sizeBytes === null ? '–' : formatBytes(sizeBytes)}</td><td>${producer === null ? '' : html`${name(producer.operator)} <small>${name(short(producer.node))}</small>`}</td></tr>`;
}

function short(text: string): string {
  if (text.length <= LONGEST_NAME) return text;
  return `${text.slice(0, LONGEST_NAME / 2)}…${text.slice(1 - LONGEST_NAME / 2)}`;
}

/** All of them, or as many of the largest as the page has room for, in their own order. */
function withinBudget(tensors: readonly TensorFact[]): readonly TensorFact[] {
  if (JSON.stringify(dataOf(tensors)).length <= MOST_BYTES) return tensors;
  // Front coding saves less when neighbours go, so that whole rows are counted here.
  const weights = tensors.map((tensor) => JSON.stringify(wordsOf(tensor)).length + 8);
  const bySize = [...tensors.keys()].sort(
    (a, b) => (tensors[b]?.sizeBytes ?? 0) - (tensors[a]?.sizeBytes ?? 0) || a - b,
  );
  const kept: number[] = [];
  let room = MOST_BYTES;
  for (const index of bySize) {
    room -= weights[index] as number;
    if (room < 0) break;
    kept.push(index);
  }
  return kept.sort((a, b) => a - b).map((index) => tensors[index] as TensorFact);
}

interface Words {
  readonly name: string;
  readonly type: string;
  readonly shape: string;
  readonly operator: string;
  readonly node: string;
}

function wordsOf({ name: own, dataType, shape, producer }: TensorFact): Words {
  return {
    name: safeText(short(own)),
    type: dataType ?? '–',
    shape: shapeWords(shape),
    operator: safeText(producer?.operator ?? ''),
    node: producer === null ? '' : safeText(short(producer.node)),
  };
}

/**
 * What the script reads: types, shapes and operators by their place in lists; names by how much of the name before they
 * begin with, and nodes by how much of the name of their tensor.
 */
function dataOf(tensors: readonly TensorFact[]): object {
  const words = tensors.map(wordsOf);
  const list = (key: 'type' | 'shape' | 'operator'): string[] => [...new Set(words.map((one) => one[key]))];
  const lists = { types: list('type'), shapes: list('shape'), operators: list('operator') };
  const places = Object.values(lists).map((texts) => new Map(texts.map((text, place) => [text, place])));
  const rows = words.map(({ name: own, type, shape, operator, node }, index) => [
    ...coded(own, words[index - 1]?.name ?? ''),
    ROLES.indexOf(tensors[index]?.role as (typeof ROLES)[number]),
    places[0]?.get(type),
    places[1]?.get(shape),
    tensors[index]?.sizeBytes ?? null,
    places[2]?.get(operator),
    ...coded(node, own),
  ]);
  return { roles: ROLES, ...lists, rows };
}

/** How many characters both begin with, and the rest. */
function coded(text: string, before: string): [number, string] {
  let shared = 0;
  while (shared < text.length && text[shared] === before[shared]) shared += 1;
  return [shared, text.slice(shared)];
}

function shapeWords(shape: TensorFact['shape']): string {
  return shape === null ? '–' : safeText(shapeText(shape));
}
