/** A workflow of GitHub Actions: validate on every change, build and deploy from the main branch. */
import { releaseName } from '../kubernetes.ts';
import { imageTag } from '../layout.ts';
import { rolloutSeconds } from '../rollout.ts';
import type { ServiceFacts } from '../service-facts.ts';

/** Pinned by commit: a tag can be moved. Name → commit and the release that it was. */
const ACTIONS = {
  'actions/checkout': ['11bd71901bbe5b1630ceea73d27597364c9af683', 'v4.2.2'],
  'actions/setup-node': ['39370e3970a6d050c480ffad4ff0ed4d3fdee5af', 'v4.1.0'],
  'github/codeql-action/upload-sarif': ['5d4e8d1aca955e8d8589aabd499c5cae939e33c7', 'v4.31.9'],
} as const;

const action = (name: keyof typeof ACTIONS) => `${name}@${ACTIONS[name][0]}`;

const CHECKOUT = { uses: action('actions/checkout'), with: { 'persist-credentials': false } } as const;

/** An expression of GitHub Actions. */
const expression = (text: string) => `$\{{ ${text} }}`;

export function githubWorkflow(facts: ServiceFacts): Record<string, unknown> {
  return {
    name: facts.name,
    on: { push: { branches: ['main'] }, pull_request: {}, workflow_dispatch: {} },
    permissions: { contents: 'read' },
    env: {
      SERVICE: '.',
      IMAGE: `ghcr.io/${expression('github.repository')}/${facts.name}`,
      TAG: imageTag(facts),
      NAMESPACE: facts.name,
      RELEASE: releaseName(facts),
    },
    jobs: { validate: validate(facts), build: build(), deploy: deploy(facts) },
  };
}

function validate({ nimifyVersion }: ServiceFacts): Record<string, unknown> {
  const sarif = 'validate.sarif';
  return {
    'runs-on': 'ubuntu-24.04',
    'timeout-minutes': 15,
    permissions: { contents: 'read', 'security-events': 'write' },
    steps: [
      CHECKOUT,
      { uses: action('actions/setup-node'), with: { 'node-version': 22 } },
      {
        name: 'Every artifact against the model and the others',
        run: `npx --yes nimify@${nimifyVersion} validate "$SERVICE" --fail-on warning --format sarif -o ${sarif}`,
      },
      {
        // Also when there were findings; a pull request of a fork may not write them.
        if: expression(
          "!cancelled() && hashFiles('validate.sarif') != '' && github.event.pull_request.head.repo.fork != true",
        ),
        uses: action('github/codeql-action/upload-sarif'),
        with: { sarif_file: sarif },
      },
    ],
  };
}

/** The name of a repository may have capitals, that of an image may not. */
const LOWER_CASE = { name: 'Name the image', run: `echo "IMAGE=$\{IMAGE,,}" >> "$GITHUB_ENV"` } as const;

const ON_MAIN = expression("github.ref == 'refs/heads/main' && github.event_name != 'pull_request'");

function build(): Record<string, unknown> {
  return {
    needs: 'validate',
    if: ON_MAIN,
    'runs-on': 'ubuntu-24.04',
    'timeout-minutes': 60,
    permissions: { contents: 'read', packages: 'write' },
    outputs: { digest: expression('steps.push.outputs.digest') },
    steps: [
      CHECKOUT,
      LOWER_CASE,
      {
        name: 'Log in',
        env: { TOKEN: expression('secrets.GITHUB_TOKEN') },
        run: 'echo "$TOKEN" | docker login ghcr.io --username "$GITHUB_ACTOR" --password-stdin',
      },
      { name: 'Build', run: 'docker build --network none --tag "$IMAGE:$TAG" "$SERVICE"' },
      {
        name: 'Push',
        id: 'push',
        run: [
          'docker push "$IMAGE:$TAG"',
          'digest=$(docker inspect --format \'{{index .RepoDigests 0}}\' "$IMAGE:$TAG")',
          `echo "digest=$\{digest##*@}" >> "$GITHUB_OUTPUT"`,
          '',
        ].join('\n'),
      },
    ],
  };
}

function deploy(facts: ServiceFacts): Record<string, unknown> {
  return {
    needs: 'build',
    'runs-on': 'ubuntu-24.04',
    'timeout-minutes': Math.ceil(rolloutSeconds(facts) / 60) + 10,
    environment: 'production',
    // A second rollout waits for the first instead of breaking into it.
    concurrency: { group: `deploy-${facts.name}`, 'cancel-in-progress': false },
    steps: [
      CHECKOUT,
      LOWER_CASE,
      {
        name: 'Deploy by digest',
        env: { KUBECONFIG_TEXT: expression('secrets.KUBECONFIG'), DIGEST: expression('needs.build.outputs.digest') },
        run: [
          'umask 077 && printf \'%s\' "$KUBECONFIG_TEXT" > "$RUNNER_TEMP/kubeconfig"',
          'export KUBECONFIG="$RUNNER_TEMP/kubeconfig"',
          'helm upgrade "$RELEASE" "$SERVICE/chart" --install --namespace "$NAMESPACE" --create-namespace \\',
          `  --set image.repository="$IMAGE" --set image.digest="$DIGEST" --atomic --wait --timeout ${rolloutSeconds(facts)}s`,
          'helm test "$RELEASE" --namespace "$NAMESPACE"',
          '',
        ].join('\n'),
      },
    ],
  };
}
