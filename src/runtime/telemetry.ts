/**
 * ONNX Runtime 1.29 and newer for Linux sends usage data (names and hashes of models among them) to its maker unless this
 * variable is set, and leaves files in the temporary folder. nimify says no, unless the user has said something else.
 */
const SWITCH = 'ORT_DISABLE_TELEMETRY';

/**
 * Must run in the main thread before the library loads anywhere: threads have copies of the environment that the native
 * library does not see.
 */
export function silenceTelemetry(): void {
  process.env[SWITCH] ??= '1';
}
