/** The configuration file: found by cosmiconfig, read as data with the line and column of each key. */
import { readFile } from 'node:fs/promises';
import { basename, relative, resolve } from 'node:path';
import type { Document, LineCounter, Node, Pair, isMap as YamlIsMap } from 'yaml';
import { closest } from '../base/closest.ts';
import { NimifyError, readError } from '../base/errors.ts';
import type { ConfigProblem, Layer, LayerValue, ValueSource } from './layer.ts';
import { isSettingKey, SECTION_NAMES, SETTING_ENTRIES } from './settings.ts';

const CONFIG_FILE_NAMES = ['nimify.config.yaml', 'nimify.config.yml', 'nimify.config.json'] as const;
/** Also looked for in package.json, under this key. */
const PACKAGE_KEY = 'nimify';

/**
 * Looks in `folder` and in its parents up to the nearest package.json.
 * @returns an absolute path, or null when there is no configuration file
 */
export async function findConfigFile(folder: string): Promise<string | null> {
  const { cosmiconfig } = await import('cosmiconfig');
  const isThere = (): object => ({ isThere: true });
  const explorer = cosmiconfig(PACKAGE_KEY, {
    searchPlaces: [...CONFIG_FILE_NAMES, 'package.json'],
    searchStrategy: 'project',
    packageProp: PACKAGE_KEY,
    cache: false,
    loaders: {
      '.yaml': isThere,
      '.yml': isThere,
      '.json': (path, content) => (basename(path) === 'package.json' ? parseLeniently(content) : isThere()),
    },
  });
  const found = await explorer.search(folder);
  return found?.filepath ?? null;
}

/** A broken package.json is somebody else's to report. */
function parseLeniently(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return {};
  }
}

/**
 * Reads a YAML or JSON file (JSON is read as YAML, which has places).
 * @param cwd paths in messages are shown relative to this folder
 * @throws NimifyError CONFIG_UNREADABLE
 */
export async function readFileLayer(path: string, cwd: string): Promise<Layer> {
  const text = await readText(path);
  const yaml = await import('yaml');
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: lines });
  const shown = shownPath(path, cwd);
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ linePos, message }) => {
      const place = linePos?.[0] ?? { line: 1, col: 1 };
      return `${shown}:${place.line}:${place.col}  ${message.split(/ at line |\n/)[0]}`;
    });
    throw new NimifyError('CONFIG_UNREADABLE', `${shown} is not valid YAML or JSON:\n  ${problems.join('\n  ')}`, {
      hint: 'nimify config init writes a valid file to start from.',
      details: { path, problems },
    });
  }
  return new Walk(yaml.isMap, document, lines, shown).run(basename(path) === 'package.json');
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = readError(error, path);
    if (!(reason instanceof NimifyError)) throw reason;
    throw new NimifyError('CONFIG_UNREADABLE', `The configuration file cannot be read: ${reason.message}`, {
      hint: 'Check the path behind --config, or make one with: nimify config init',
      details: { path },
      cause: error,
    });
  }
}

function shownPath(path: string, cwd: string): string {
  const short = relative(cwd, resolve(cwd, path));
  return short !== '' && short.length < path.length ? short : path;
}

/** Goes through the document and collects values and problems with their places. */
class Walk {
  readonly #isMap: typeof YamlIsMap;
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #path: string;
  readonly #values: LayerValue[] = [];
  readonly #problems: ConfigProblem[] = [];

  constructor(isMap: typeof YamlIsMap, document: Document, lines: LineCounter, path: string) {
    this.#isMap = isMap;
    this.#document = document;
    this.#lines = lines;
    this.#path = path;
  }

  run(isPackageJson: boolean): Layer {
    let root: unknown = this.#document.contents;
    if (isPackageJson && this.#isMap(root)) root = root.get(PACKAGE_KEY, true) ?? null;
    if (this.#isMap(root)) for (const pair of root.items) this.#top(pair);
    else if (!isNull(root)) this.#problem('', 'the file must be a map of sections', root);
    return { values: this.#values, problems: this.#problems };
  }

  #top(pair: Pair): void {
    const key = nameOf(pair);
    if (isSettingKey(key)) this.#value(key, pair);
    else if (SECTION_NAMES.includes(key)) this.#section(key, pair);
    else if (key !== '$schema') {
      this.#problem(key, `${key || 'this key'} is not a section${this.#suggest(key)}`, pair.key);
    }
  }

  #section(section: string, pair: Pair): void {
    if (!this.#isMap(pair.value)) {
      if (!isNull(pair.value)) this.#problem(section, `${section} must be a map of settings`, pair.key);
      return;
    }
    for (const inner of pair.value.items) {
      const key = `${section}.${nameOf(inner)}`;
      if (isSettingKey(key)) this.#value(key, inner);
      else this.#problem(key, `${key} is not a setting${this.#suggest(key)}`, inner.key);
    }
  }

  #value(key: LayerValue['key'], pair: Pair): void {
    const node = pair.value as Node | null;
    const value = node === null ? null : node.toJS(this.#document);
    this.#values.push({ key, value, source: this.#place(node ?? pair.key) });
  }

  #suggest(key: string): string {
    const known = key.includes('.') ? SETTING_ENTRIES.map((entry) => entry.key) : [...SECTION_NAMES, 'dataFolder'];
    const leaf = key.split('.').at(-1);
    const near = closest(key, known) ?? SETTING_ENTRIES.find((entry) => entry.path.at(-1) === leaf)?.key;
    return near === undefined ? '' : `; did you mean ${near}?`;
  }

  #problem(key: string, message: string, node: unknown): void {
    this.#problems.push({ key, message, source: this.#place(node) });
  }

  #place(node: unknown): ValueSource {
    const offset = (node as Node | null)?.range?.[0] ?? 0;
    const { line, col } = this.#lines.linePos(offset);
    return { kind: 'file', path: this.#path, line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}

function isNull(node: unknown): boolean {
  return node === null || (typeof node === 'object' && 'value' in node && (node.value ?? null) === null);
}

function nameOf(pair: Pair): string {
  const key = pair.key as { readonly value?: unknown } | null;
  return String(key?.value ?? '');
}
