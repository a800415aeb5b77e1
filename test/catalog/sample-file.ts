import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FileRecord } from '../../src/catalog/records.ts';

export function writeSample(path: string, content: string | Uint8Array): FileRecord {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  const bytes = Buffer.from(content);
  return { path, sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length };
}
