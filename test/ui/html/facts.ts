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

const withoutCode = (page: string): string => page.replaceAll(/<(script|style)\b[^>]*>[\s\S]*?<\/\1>/g, '<$1>');

/** Names of all elements, in their order. */
export function tagsOf(page: string): string[] {
  return [...withoutCode(page).matchAll(/<([a-zA-Z][\w-]*)/g)].map((match) => (match[1] as string).toLowerCase());
}

/** Names of all attributes, as a browser reads them: what stands in double quotes is a value. */
export function attributesOf(page: string): string[] {
  const values = withoutCode(page).replaceAll(/"[^"]*"/g, '');
  const tags = [...values.matchAll(/<[a-zA-Z][^>]*>/g)].map((match) => match[0]);
  return tags.flatMap((tag) => [...tag.matchAll(/\s([^\s=>/]+)/g)].map((match) => match[1] as string));
}
