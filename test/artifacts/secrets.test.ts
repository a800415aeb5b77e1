/** Secrets in artifacts: what is one, what is none, and that a report does not repeat it. */
import { describe, expect, test } from 'vitest';
import { SECRETS, secretFindings } from '../../src/artifacts/secrets.ts';

const filesOf = (text: string) => new Map([['chart/values.yaml', text]]);
/** Made up while the test runs, so that no scanner of secrets reports this file. */
const made = (length: number, letters = 'aB3dE6gH') =>
  letters.repeat(Math.ceil(length / letters.length)).slice(0, length);

const EXAMPLES: readonly (readonly [string, string])[] = [
  ['an access key of AWS', `AKIA${made(16, 'ABCD2345')}`],
  ['a token of GitHub', `ghp_${made(36)}`],
  ['a token of GitHub', `github_pat_${made(40)}`],
  ['a token of GitLab', `glpat-${made(20)}`],
  ['a token of Hugging Face', `hf_${made(34)}`],
  ['an API key of NVIDIA', `nvapi-${made(64)}`],
  ['an API key of Google', `AIza${made(35)}`],
  ['a token of Slack', `xoxb-${made(24, '0123456789')}`],
  ['a private key', `-----BEGIN ${'OPENSSH'} PRIVATE KEY-----`],
  ['a password in a URL', `postgres://app:${made(12)}@db.internal:5432/x`],
];

describe('a file holds a secret', () => {
  test.each(EXAMPLES)('%s', (kind, secret) => {
    const found = secretFindings(filesOf(`name: x\nvalue: "${secret}"\n`));
    expect(found).toMatchObject([
      { code: 'SECRET_IN_FILE', severity: 'error', where: 'chart/values.yaml:2', args: { kind } },
    ]);
    expect(JSON.stringify(found)).not.toContain(secret);
  });

  test('of each kind there is an example, and each kind names its source', () => {
    expect(new Set(EXAMPLES.map(([kind]) => kind))).toEqual(new Set(SECRETS.map(({ name }) => name)));
    for (const { source } of SECRETS) expect(source.length).toBeGreaterThan(10);
  });
});

test.each([
  ['a digest', `sha256:${made(64, '0123456789abcdef')}`],
  ['a URL without a password', 'https://user@example.com:8443/path'],
  ['a port and a time', 'http://localhost:8000/v2 at 12:30@noon'],
  ['a password that a template fills in', 'postgres://app:{{ .Values.password }}@db:5432'],
  ['a password from the environment', ['postgres://app:$', '{PASSWORD}@db:5432'].join('')],
  ['the word of a secret', 'secretKeyRef: { name: hf_token, key: token }'],
])('%s is none', (_what, line) => expect(secretFindings(filesOf(line))).toEqual([]));
