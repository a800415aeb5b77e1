/** `nimify analyze --html` as users run it, and the page in a real browser. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Browser, type ColourScheme, chromium } from './browser.ts';
import { envelope, leftovers, nimify, ROOT, sharedModels } from './command.ts';

const SAMPLE = join(ROOT, 'test/fixtures/sample/digits.onnx');
const MODELS = sharedModels();

describe('the file', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nimify-report-'));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('is not written over what is there, and nothing is left of it', async () => {
    writeFileSync(join(folder, 'mine.html'), 'mine');
    const ended = await nimify(['analyze', SAMPLE, '--html', 'mine.html', '--json'], { cwd: folder });
    expect(ended.exitCode).toBe(2);
    expect(envelope(ended).error).toMatchObject({ code: 'OUTPUT_EXISTS' });
    expect(readFileSync(join(folder, 'mine.html'), 'utf8')).toBe('mine');
    expect(leftovers(folder)).toEqual(['mine.html']);
  });

  test('is not the model itself, not even with --force', async () => {
    const model = join(folder, 'model.onnx');
    writeFileSync(model, readFileSync(SAMPLE));
    const ended = await nimify(['analyze', model, '--html', './model.onnx', '--force', '--json'], { cwd: folder });
    expect(envelope(ended).error).toMatchObject({ code: 'USAGE' });
    expect(readFileSync(model)).toEqual(readFileSync(SAMPLE));
    rmSync(model);
  });

  test('of a model that cannot be read is not there', async () => {
    writeFileSync(join(folder, 'broken.onnx'), 'no model');
    const ended = await nimify(['analyze', 'broken.onnx', '--html', 'broken.html'], { cwd: folder });
    expect(ended.exitCode).toBe(4);
    expect(leftovers(folder)).not.toContain('broken.html');
  });

  test('is told of in the result, in bytes that are the same each time', async () => {
    const run = () => nimify(['analyze', SAMPLE, '--html', 'page.html', '--force', '--json'], { cwd: folder });
    const first = await run();
    const page = readFileSync(join(folder, 'page.html'));
    expect(envelope(first).result).toMatchObject({ report: { path: 'page.html', sizeBytes: page.length } });
    await run();
    expect(readFileSync(join(folder, 'page.html'))).toEqual(page);
    expect(page.toString()).not.toMatch(/\b20\d\d-\d\d-\d\d\b/);
  });

  test('comes beside the report for people', async () => {
    const ended = await nimify(['analyze', SAMPLE, '--html', 'beside.html'], { cwd: folder });
    expect(ended.stdout).toMatch(/Report +beside\.html · [\d.]+ KiB/);
  });
});

const PAGES: readonly (readonly [string, string])[] = [
  ['sample', SAMPLE],
  ...(MODELS === undefined
    ? []
    : ([
        ['ultraface', join(MODELS, 'ultraface/version-RFB-320.onnx')],
        ['tiny-bert', join(MODELS, 'tiny-bert/model.onnx')],
        ['silero', join(MODELS, 'silero-vad/silero_vad.onnx')],
      ] as const)),
];

/**
 * Pieces of text whose colour stands out less from what is behind them than WCAG 2.2 asks for at level AA (1.4.3):
 * 4.5 to 1, or 3 to 1 for large text. In the diagram, what is behind is the box.
 */
const POOR_CONTRAST = `(() => {
  const parse = (text) => {
    const [r, g, b, a = 1] = (text.match(/[\\d.]+/g) ?? []).map(Number);
    return { r, g, b, a };
  };
  const over = (top, bottom) => Object.fromEntries(['r', 'g', 'b'].map((key) => [key, top[key] * top.a + bottom[key] * (1 - top.a)]));
  const light = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const page = parse(getComputedStyle(document.body).backgroundColor);
  const behind = (element) => {
    if (element.closest('svg')) {
      if (element.matches('text.badge')) return parse(getComputedStyle(element.parentElement.querySelector('rect.badge')).fill);
      const box = element.closest('.block, .port');
      const shape = box?.querySelector('.head') ?? box?.querySelector('.card:not(.under), rect:not(.badge)');
      return shape ? parse(getComputedStyle(shape).fill) : page;
    }
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.a > 0) return colour;
    }
    return page;
  };
  const poor = [];
  for (const element of document.querySelectorAll('body *')) {
    if (element.matches('script, title, option, [disabled], :disabled') || element.matches(':has(> :disabled) *')) continue;
    if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '')) continue;
    const style = getComputedStyle(element);
    if (style.display === 'none' || element.getClientRects().length === 0) continue;
    const isText = element instanceof SVGElement;
    const colour = parse(isText ? style.fill : style.color);
    if (isText) colour.a *= Number(style.fillOpacity);
    const back = behind(element);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const ratio = contrast(over(colour, back), back);
    if (ratio < needed) poor.push(element.tagName + '.' + element.getAttribute('class') + ' ' + element.textContent.trim().slice(0, 30) + ' ' + ratio.toFixed(2));
  }
  return poor;
})()`;

describe.skipIf(chromium === undefined)('the page in a browser (needs chromium)', () => {
  let folder: string;
  let browser: Browser;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nimify-pages-'));
    browser = new Browser(chromium as string);
    for (const [name, model] of PAGES) {
      const ended = await nimify(['analyze', model, '--deep', '--html', `${name}.html`], { cwd: folder });
      expect(ended.exitCode, ended.stderr).toBe(0);
    }
  });

  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (name: string, width: number, scheme: ColourScheme = 'light') =>
    browser.open(join(folder, `${name}.html`), { width, scheme });

  test('every page is there', () => {
    expect(readdirSync(folder).filter((name) => name.endsWith('.html'))).toHaveLength(PAGES.length);
  });

  test.each(PAGES)('%s: no complaint on the console, nor of the content security policy', async (name) => {
    browser.complaints.length = 0;
    await open(name, 1440);
    expect(browser.complaints).toEqual([]);
  });

  test.each(PAGES.flatMap(([name]) => [360, 768, 1600].map((width) => [name, width] as const)))(
    '%s is not wider than a screen of %i pixels',
    async (name, width) => {
      await open(name, width);
      expect(await browser.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    },
  );

  test.each(PAGES.flatMap(([name]) => (['light', 'dark'] as const).map((scheme) => [name, scheme] as const)))(
    '%s in %s: all text stands out from what is behind it, whatever the boxes are coloured by',
    async (name, scheme) => {
      await open(name, 1440, scheme);
      for (const metric of ['macs', 'parameters', 'activations']) {
        await browser.evaluate(`document.getElementById('by-${metric}').click()`);
        expect(await browser.evaluate<string[]>(POOR_CONTRAST)).toEqual([]);
      }
    },
  );

  test('the table of tensors finds, filters and sorts', async () => {
    await open('sample', 1440);
    const shown = () =>
      browser.evaluate<string[]>(
        `[...document.querySelectorAll('#tensor-table tbody tr')].map((row) => row.cells[4].textContent)`,
      );
    const all = await shown();
    await browser.evaluate(`document.querySelectorAll('#tensor-table thead button')[4].click()`);
    const bytes = await browser.evaluate<string>(
      `document.querySelector('#tensor-table th[aria-sort]').getAttribute('aria-sort')`,
    );
    expect(bytes).toBe('descending');
    expect((await shown())[0]).toMatch(/KiB|MiB/);
    await browser.evaluate(
      `(() => { const role = document.querySelector('[name=role]'); role.value = 'weight'; role.dispatchEvent(new Event('change')); })()`,
    );
    const weights = await shown();
    expect(weights.length).toBeGreaterThan(0);
    expect(weights.length).toBeLessThan(all.length);
    await browser.evaluate(
      `(async () => { const text = document.querySelector('[name=text]'); text.value = 'nothing has this name'; text.dispatchEvent(new Event('input')); await new Promise((done) => setTimeout(done, 300)); })()`,
    );
    expect(await shown()).toEqual([]);
  });

  test('everything that does something is reached with the keyboard', async () => {
    await open('sample', 1440);
    const unreachable = await browser.evaluate<string[]>(
      `[...document.querySelectorAll('a, button, input, select, summary')].filter((element) => element.tabIndex < 0 && !element.closest('[hidden]')).map((element) => element.outerHTML)`,
    );
    expect(unreachable).toEqual([]);
  });
});

describe.skipIf(chromium !== undefined)('without chromium', () => {
  test.skip('the page is not looked at in a browser: install chromium to run these tests', () => {});
});
