/** A pipeline of GitLab CI: the same three steps, with buildah, which needs no privileged runner. */
import { releaseName } from '../kubernetes.ts';
import { imageTag } from '../layout.ts';
import { rolloutSeconds } from '../rollout.ts';
import type { ServiceFacts } from '../service-facts.ts';

const NODE_IMAGE = 'node:22-bookworm-slim';
const BUILDAH_IMAGE = 'quay.io/buildah/stable:v1.39';
const HELM_IMAGE = 'alpine/helm:3.17.3';

const ON_MAIN = [{ if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH' }];

export function gitlabPipeline(facts: ServiceFacts): Record<string, unknown> {
  return {
    stages: ['validate', 'build', 'deploy'],
    variables: {
      SERVICE: '.',
      IMAGE: `$CI_REGISTRY_IMAGE/${facts.name}`,
      TAG: imageTag(facts),
      NAMESPACE: facts.name,
      RELEASE: releaseName(facts),
    },
    validate: {
      stage: 'validate',
      image: NODE_IMAGE,
      script: [
        `npx --yes nimify@${facts.nimifyVersion} validate "$SERVICE" --fail-on warning --format junit -o validate.xml`,
      ],
      artifacts: { when: 'always', reports: { junit: 'validate.xml' } },
    },
    build: {
      stage: 'build',
      image: BUILDAH_IMAGE,
      rules: ON_MAIN,
      variables: { STORAGE_DRIVER: 'vfs', BUILDAH_ISOLATION: 'chroot', BUILDAH_FORMAT: 'docker' },
      script: [
        'echo "$CI_REGISTRY_PASSWORD" | buildah login --username "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY"',
        'buildah build --tag "$IMAGE:$TAG" "$SERVICE"',
        'buildah push --digestfile digest.txt "$IMAGE:$TAG"',
        'echo "DIGEST=$(cat digest.txt)" > build.env',
      ],
      artifacts: { reports: { dotenv: 'build.env' } },
    },
    deploy: {
      stage: 'deploy',
      image: { name: HELM_IMAGE, entrypoint: [''] },
      rules: ON_MAIN,
      timeout: `${Math.ceil(rolloutSeconds(facts) / 60) + 10} minutes`,
      // A second rollout waits for the first instead of breaking into it.
      resource_group: facts.name,
      environment: { name: 'production' },
      script: [
        'helm upgrade "$RELEASE" "$SERVICE/chart" --install --namespace "$NAMESPACE" --create-namespace ' +
          `--set image.repository="$IMAGE" --set image.digest="$DIGEST" --atomic --wait --timeout ${rolloutSeconds(facts)}s`,
        'helm test "$RELEASE" --namespace "$NAMESPACE"',
      ],
    },
  };
}
