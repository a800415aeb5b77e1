/** Facts of small models for the page. */
import { analyzeModel } from '../../../src/analysis/analyze.ts';
import { pictureOf } from '../../../src/analysis/picture.ts';
import type { ModelProto } from '../../../src/onnx/proto.ts';
import type { PageFacts } from '../../../src/ui/html/page.ts';
import { asModel } from '../../analysis/models.ts';

export async function factsOf(proto: ModelProto, path = '/models/m.onnx'): Promise<PageFacts> {
  const model = { ...asModel(proto), path };
  const analysis = await analyzeModel(model, { sha256: 'ab'.repeat(32), signal: new AbortController().signal });
  return { analysis, findings: analysis.findings, picture: pictureOf(model, analysis), version: '0.0.0' };
}

/** Tags, attributes and text of a page, so that tests do not look at strings that only look like markup. */
export function tagsOf(page: string): string[] {
  const withoutCode = page.replaceAll(/<(script|style)\b[^>]*>[\s\S]*?<\/\1>/g, '<$1>');
  return [...withoutCode.matchAll(/<([a-zA-Z][\w-]*)/g)].map((match) => (match[1] as string).toLowerCase());
}
