/** Secrets in files that are meant to be committed and copied. Only texts are looked at, and no secret is told again. */
import { type Finding, finding } from '../base/findings.ts';
import type { ServiceFiles } from './artifact.ts';

interface SecretKind {
  readonly name: string;
  readonly pattern: RegExp;
  readonly source: string;
}

/** Forms that say by themselves what they are; a high-entropy text alone would accuse digests. */
export const SECRETS: readonly SecretKind[] = [
  {
    name: 'an access key of AWS',
    pattern: /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/,
    source: 'AWS IAM User Guide, "IAM identifiers", unique ID prefixes',
  },
  {
    name: 'a token of GitHub',
    pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})\b/,
    source: 'GitHub Docs, "About authentication to GitHub", token formats',
  },
  {
    name: 'a token of GitLab',
    pattern: /\bgl(?:pat|dt|rt|ptt)-[A-Za-z0-9_-]{20,}/,
    source: 'GitLab Docs, "Token overview", token prefixes',
  },
  {
    name: 'a token of Hugging Face',
    pattern: /\bhf_[A-Za-z0-9]{30,}\b/,
    source: 'Hugging Face Hub documentation, "User access tokens"',
  },
  {
    name: 'an API key of NVIDIA',
    pattern: /\bnvapi-[A-Za-z0-9_-]{40,}/,
    source: 'NVIDIA NGC User Guide, "API keys"',
  },
  {
    name: 'an API key of Google',
    pattern: /\bAIza[0-9A-Za-z_-]{35}/,
    source: 'Google Cloud documentation, "Manage API keys"',
  },
  {
    name: 'a token of Slack',
    pattern: /\bxox[abeprs]-[A-Za-z0-9-]{10,}|hooks\.slack\.com\/services\/T\w+\/B\w+\/\w+/,
    source: 'Slack API documentation, "Token types" and "Incoming webhooks"',
  },
  {
    name: 'a private key',
    pattern: /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----/,
    source: 'RFC 7468, sections 10 and 11; RFC 9580, section 6.2',
  },
  {
    name: 'a password in a URL',
    // A value that a template, a shell or a manifest fills in is none.
    pattern: /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"'{}$<>]+:[^\s/@"'{}$<>]+@[^\s/"']/i,
    source: 'RFC 3986, section 3.2.1: the password of userinfo is deprecated for this reason',
  },
];

/** One finding per line and kind. */
export function secretFindings(files: ServiceFiles): Finding[] {
  return [...files].flatMap(([file, text]) =>
    text
      .split('\n')
      .flatMap((line, index) =>
        SECRETS.filter(({ pattern }) => pattern.test(line)).map(({ name }) =>
          finding('SECRET_IN_FILE', { file, kind: name }, `${file}:${index + 1}`),
        ),
      ),
  );
}
