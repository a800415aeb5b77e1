/** Style sheet and script of the page: real files, put into it so that it needs no other file and no network. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Html } from './markup.ts';

/** Three folders up, from src/ui/html and from dist/ui/html alike. */
const TEMPLATES = new URL('../../../templates/report/', import.meta.url);

interface Asset {
  readonly content: Html;
  /** For the content security policy: nothing else may run or style. */
  readonly hash: string;
}

/** A file in templates/report; it must not hold `</` of an element that ends early. */
export type AssetName = 'report.css' | 'report.js' | 'quantization.css';

export function asset(name: AssetName): Asset {
  const text = readFileSync(new URL(name, TEMPLATES), 'utf8');
  return { content: new Html(text), hash: `sha256-${createHash('sha256').update(text).digest('base64')}` };
}
