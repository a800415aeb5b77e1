/** The version of this package, from its package.json. */
import { readFileSync } from 'node:fs';

/** Two folders up, from src/base and from dist/base alike. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
