/** Archives that no packer would write. */
import { zipSync } from 'fflate';

/** Stored, so that names and bytes can be changed in place. */
export function zipOf(files: Readonly<Record<string, Uint8Array | string>>): Buffer {
  const entries = Object.entries(files).map(([name, content]) => [
    name,
    [Buffer.from(content as string), { level: 0 }],
  ]);
  return Buffer.from(zipSync(Object.fromEntries(entries)));
}

/** Replaces a text of the same length: everywhere, or from the central directory on. */
export function patched(archive: Buffer, from: string, to: string, where: 'all' | 'directory' = 'all'): Buffer {
  if (from.length !== to.length) throw new Error('a patch may not move anything');
  const result = Buffer.from(archive);
  let at = where === 'all' ? 0 : archive.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
  for (at = result.indexOf(from, at, 'latin1'); at >= 0; at = result.indexOf(from, at + to.length, 'latin1')) {
    result.write(to, at, 'latin1');
  }
  return result;
}

/** Says Unix as the maker of the first entry and gives it a mode. */
export function withMode(archive: Buffer, mode: number): Buffer {
  const result = Buffer.from(archive);
  const at = result.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
  result[at + 5] = 3;
  result.writeUInt32LE((mode << 16) >>> 0, at + 38);
  return result;
}

/** Says other sizes of the first entry in the central directory. */
export function withSizes(archive: Buffer, stored: number, unpacked: number): Buffer {
  const result = Buffer.from(archive);
  const at = result.indexOf(Buffer.from('PK\x01\x02', 'latin1'));
  result.writeUInt32LE(stored, at + 20);
  result.writeUInt32LE(unpacked, at + 24);
  return result;
}

export interface TarEntry {
  readonly name: string;
  /** Type flag: `0` file, `1` hard link, `2` symbolic link, `3` device, `x` pax header. */
  readonly type?: string;
  readonly target?: string;
  readonly content?: string;
}

export function tarOf(...entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(tarEntry), Buffer.alloc(1024)]);
}

function tarEntry({ name, type = '0', target = '', content = '' }: TarEntry): Buffer[] {
  const header = Buffer.alloc(512);
  header.write(name, 0, 'latin1');
  header.write('0000644\0', 100);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(target, 157);
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const body = Buffer.alloc(Math.ceil(content.length / 512) * 512);
  body.write(content, 0, 'latin1');
  return [header, body];
}
