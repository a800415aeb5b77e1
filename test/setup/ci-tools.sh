# Brings the programs that test/integration asks for: promtool, Helm 3 (helm) and 4 (helm4), kustomize, kubeconform with
# strict schemas of Kubernetes objects, actionlint, and a Python with tritonclient and a parser of HCL.
#
#   . test/setup/ci-tools.sh
#
# Sourced by a POSIX shell in the root of the repository, after npm install. Everything goes to CI_TOOLS_FOLDER (default
# ~/.cache/nimify-ci) and is made once; PATH, TRITONCLIENT_PYTHON and KUBERNETES_SCHEMAS are set for what is there. Says
# nothing unless something could not be had; the tests that need it then skip. Never ends the shell that sources it.

nimify_ci_tools() {
  tools=${CI_TOOLS_FOLDER:-${XDG_CACHE_HOME:-$HOME/.cache}/nimify-ci}
  schemas=$tools/kubernetes-1.36-schemas
  mkdir -p "$tools/bin" "$tools/log" || return 0

  nimify_ci_tool promtool "$tools/bin/promtool" nimify_ci_promtool
  nimify_ci_tool helm "$tools/bin/helm" nimify_ci_helm
  nimify_ci_tool helm4 "$tools/bin/helm4" nimify_ci_helm4
  nimify_ci_tool kustomize "$tools/bin/kustomize" nimify_ci_kustomize
  nimify_ci_tool kubeconform "$tools/bin/kubeconform" nimify_ci_kubeconform
  nimify_ci_tool actionlint "$tools/bin/actionlint" nimify_ci_actionlint
  nimify_ci_tool tritonclient "$tools/python/has-all" nimify_ci_python
  nimify_ci_tool kubernetes-schemas "$schemas" nimify_ci_schemas

  PATH=$tools/bin:$PATH
  export PATH
  if [ -e "$tools/python/has-all" ]; then
    TRITONCLIENT_PYTHON=$tools/python/bin/python
    export TRITONCLIENT_PYTHON
  fi
  if [ -d "$schemas" ]; then
    KUBERNETES_SCHEMAS=$schemas
    export KUBERNETES_SCHEMAS
  fi
}

# name, file that shows that it is there, command that makes it
nimify_ci_tool() {
  [ -e "$2" ] && return 0
  if [ "$1" != tritonclient ] && command -v "$1" >/dev/null 2>&1; then return 0; fi
  ( "$3" ) >"$tools/log/$1.log" 2>&1 && [ -e "$2" ] && return 0
  echo "ci-tools: $1 could not be installed; tests that need it are skipped. See $tools/log/$1.log" >&2
}

# Debian's package, unpacked without installing it: promtool needs nothing of the rest.
nimify_ci_promtool() {
  unpacked=$(mktemp -d) &&
    cd "$unpacked" &&
    { apt-get download prometheus || { apt-get update -qq && apt-get download prometheus; }; } &&
    dpkg-deb --extract prometheus_*.deb root &&
    mv root/usr/bin/promtool "$tools/bin/promtool" &&
    cd / &&
    rm -rf "$unpacked"
}

nimify_ci_helm() {
  GOBIN="$tools/bin" timeout 600 go install helm.sh/helm/v3/cmd/helm@v3.22.0
}

# Both are called helm where Go puts them.
nimify_ci_helm4() {
  mkdir -p "$tools/helm4" &&
    GOBIN="$tools/helm4" timeout 600 go install helm.sh/helm/v4/cmd/helm@v4.3.1 &&
    mv "$tools/helm4/helm" "$tools/bin/helm4"
}

nimify_ci_kubeconform() {
  GOBIN="$tools/bin" timeout 300 go install github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0
}

nimify_ci_schemas() {
  PYTHON="$tools/python/bin/python" timeout 300 node test/setup/kubernetes-schemas.mjs "$schemas"
}

nimify_ci_kustomize() {
  GOBIN="$tools/bin" timeout 600 go install sigs.k8s.io/kustomize/kustomize/v5@v5.6.0
}

nimify_ci_actionlint() {
  GOBIN="$tools/bin" timeout 600 go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.7
}

nimify_ci_python() {
  python3 -m venv "$tools/python" &&
    "$tools/python/bin/pip" install --quiet --disable-pip-version-check 'tritonclient[grpc,http]' 'python-hcl2==7.2.1' &&
    "$tools/python/bin/python" -c 'import hcl2, tritonclient.grpc.model_config_pb2, tritonclient.http' &&
    touch "$tools/python/has-all"
}

nimify_ci_tools
unset -f nimify_ci_tools nimify_ci_tool nimify_ci_promtool nimify_ci_helm nimify_ci_helm4 nimify_ci_kustomize \
  nimify_ci_kubeconform nimify_ci_schemas nimify_ci_actionlint nimify_ci_python
