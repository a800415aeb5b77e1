/**
 * What each release of ONNX Runtime loads. Measured: every release of the Python package named here was given models
 * with one Identity node, of each IR version and of each operator set, until it refused. Patch releases did not differ.
 */

export interface RuntimeRelease {
  /** Major and minor, such as `1.30`. */
  readonly version: string;
  /** Newest ModelProto.ir_version that it loads. */
  readonly maxIrVersion: number;
  /** Domain → newest version of the operator set; the default domain is `ai.onnx`. Other domains are not known to it. */
  readonly maxOpsets: Readonly<Record<string, number>>;
}

/** Version, IR, ai.onnx, ai.onnx.ml. */
const CEILINGS: readonly (readonly [version: string, ir: number, onnx: number, ml: number])[] = [
  ['1.17', 9, 20, 4],
  ['1.18', 10, 21, 5],
  ['1.19', 10, 21, 5],
  ['1.20', 10, 21, 5],
  ['1.21', 10, 22, 5],
  ['1.22', 10, 22, 5],
  ['1.23', 11, 23, 5],
  ['1.24', 13, 25, 5],
  ['1.25', 13, 26, 5],
  ['1.26', 13, 26, 5],
  ['1.27', 13, 26, 5],
  ['1.28', 13, 26, 5],
  ['1.29', 13, 26, 5],
  ['1.30', 13, 26, 5],
  ['1.31', 13, 26, 5],
  ['1.32', 14, 28, 5],
];

/** The same in all of them. `com.microsoft.extensions` is not among them: it is a library of its own. */
const STEADY_DOMAINS = {
  'ai.onnx.training': 1,
  'ai.onnx.preview.training': 1,
  'com.microsoft': 1,
  'com.microsoft.nchwc': 1,
  'com.microsoft.experimental': 1,
} as const;

const RELEASES: readonly RuntimeRelease[] = CEILINGS.map(([version, ir, onnx, ml]) => ({
  version,
  maxIrVersion: ir,
  maxOpsets: { 'ai.onnx': onnx, 'ai.onnx.ml': ml, 'com.ms.internal.nhwc': onnx, ...STEADY_DOMAINS },
}));

/** The release that this package runs; a test holds it against onnxruntime-node. */
export const BUNDLED_RELEASE: RuntimeRelease = releaseOf('1.30');

/**
 * The release of a version such as `1.24.4`, or the newest known one before it.
 * @throws RangeError for versions before the table
 */
export function releaseOf(version: string): RuntimeRelease {
  const release = RELEASES.findLast((known) => minorOf(known.version) <= minorOf(version));
  if (release === undefined) throw new RangeError(`no facts about ONNX Runtime ${version}`);
  return release;
}

/** True when `version` is not newer than `other`; patch releases do not count. */
export function isUpTo(version: string, other: string): boolean {
  return minorOf(version) <= minorOf(other);
}

/** Whether its operators are part of this release. */
export function hasDomain(release: RuntimeRelease, domain: string): boolean {
  return domain === '' || Object.hasOwn(release.maxOpsets, domain);
}

/** Operator sets that are newer than those of the release; domains that it does not know are not judged. */
export function opsetsBeyond(
  release: RuntimeRelease,
  opsets: Readonly<Record<string, number>>,
): readonly { readonly domain: string; readonly version: number; readonly supported: number }[] {
  return Object.entries(opsets).flatMap(([domain, version]) => {
    const supported = Object.hasOwn(release.maxOpsets, domain) ? release.maxOpsets[domain] : undefined;
    return supported === undefined || version <= supported ? [] : [{ domain, version, supported }];
  });
}

/** The second number: every release of the table is a 1.x. */
function minorOf(version: string): number {
  return Number(version.split('.')[1]);
}
