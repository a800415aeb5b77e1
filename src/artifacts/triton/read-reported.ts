/** Reads a config.pbtxt and reports what protobuf would refuse in it. */
import type { Problems } from '../problems.ts';
import { type ReadConfig, readConfig, TextFormatError } from './read-config.ts';

/** Undefined where it is no text format at all; with `problems` of its own where only single fields are wrong. */
export function readReported(text: string, file: string, problems: Problems): ReadConfig | undefined {
  try {
    const read = readConfig(text);
    for (const { message, line } of read.problems) problems.invalid(file, message, line);
    return read;
  } catch (error) {
    if (!(error instanceof TextFormatError)) throw error;
    problems.invalid(file, error.message, error.line);
    return undefined;
  }
}
