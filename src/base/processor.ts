/** What the processor of this machine can do with 8-bit integers. */
import { readFileSync } from 'node:fs';

export interface Processor {
  /** As Node names it: x64, arm64. */
  readonly architecture: string;
  /** Multiplies 8-bit integers without saturating sums (AVX-512 VNNI, AVX-VNNI); null where nobody says. */
  readonly hasVnni: boolean | null;
}

/** @param readFlags the text of /proc/cpuinfo; there is none on other systems than Linux */
export function processor(
  architecture: string = process.arch,
  readFlags: () => string = () => readFileSync('/proc/cpuinfo', 'utf8'),
): Processor {
  try {
    const flags = /^flags\s*:(.*)$/m.exec(readFlags())?.[1];
    return { architecture, hasVnni: flags === undefined ? null : /\bavx(512)?_vnni\b/.test(flags) };
  } catch {
    return { architecture, hasVnni: null };
  }
}
