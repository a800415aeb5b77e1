/** Text files (Dockerfile, Helm templates) from templates/<artifact>/, with `<% %>` tags around JavaScript over `it`. */
import { readFileSync } from 'node:fs';
import { Eta } from 'eta';
import { NimifyError } from '../base/errors.ts';

export type TemplateData = Readonly<Record<string, unknown>>;

/** Two folders up, from src/artifacts and from dist/artifacts alike. */
const TEMPLATES = new URL('../../templates/', import.meta.url);

const eta = new Eta({ autoEscape: false, autoTrim: false, cache: false });

/** Raises instead of yielding undefined: a misspelt name must not become the word "undefined" in a file. */
function strict(data: object, template: string, place: string): object {
  return new Proxy(data, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof key === 'symbol') return value;
      if (value === undefined) {
        throw new NimifyError('TEMPLATE_INVALID', `${template} names ${place}.${key}, which it was not given.`, {
          details: { template, name: `${place}.${key}` },
        });
      }
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? strict(value, template, `${place}.${key}`)
        : value;
    },
  });
}

/**
 * @param template name for messages
 * @throws NimifyError TEMPLATE_INVALID for an unknown name and for broken tags
 */
export function renderText(text: string, data: TemplateData, template: string): string {
  try {
    return eta.renderString(text, strict(data, template, 'it'));
  } catch (error) {
    if (error instanceof NimifyError) throw error;
    throw new NimifyError('TEMPLATE_INVALID', `${template} does not render: ${(error as Error).message}`, {
      details: { template },
      cause: error,
    });
  }
}

/** @param path below templates/, e.g. `docker/Dockerfile` */
export function renderTemplate(path: string, data: TemplateData): string {
  return renderText(readFileSync(new URL(path, TEMPLATES), 'utf8'), data, `templates/${path}`);
}
