{{/* What the stable Deployment and the canary share. Takes root, track (stable or canary) and image. */}}
{{- define "<%= it.name %>.deployment" -}}
{{- $track := .track }}
{{- $image := .image }}
{{- with .root -}}
revisionHistoryLimit: 5
# Longer than the startup probe allows, with time to pull the image.
progressDeadlineSeconds: {{ .Values.progressDeadlineSeconds }}
strategy:
  {{- toYaml .Values.strategy | nindent 2 }}
selector:
  matchLabels:
    {{- include "<%= it.name %>.selectorLabels" . | nindent 4 }}
    track: {{ $track }}
template:
  metadata:
    labels:
      {{- include "<%= it.name %>.labels" . | nindent 6 }}
      track: {{ $track }}
      nimify.dev/service: <%= it.quotedName %>
      {{- with .Values.podLabels }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    annotations:
      nimify.dev/model-sha256: {{ .Values.model.sha256 | quote }}
      {{- with .Values.podAnnotations }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
  spec:
    serviceAccountName: {{ include "<%= it.name %>.serviceAccountName" . | quote }}
    automountServiceAccountToken: false
    enableServiceLinks: false
    terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
    {{- with .Values.imagePullSecrets }}
    imagePullSecrets:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .Values.runtimeClassName }}
    runtimeClassName: {{ . | quote }}
    {{- end }}
    {{- with .Values.priorityClassName }}
    priorityClassName: {{ . | quote }}
    {{- end }}
    securityContext:
      {{- toYaml .Values.podSecurityContext | nindent 6 }}
    {{- $model := include "<%= it.name %>.modelContainers" (dict "root" . "image" $image) | trim }}
    {{- if or $model .Values.initContainers }}
    initContainers:
      {{- with $model }}
      {{- . | nindent 6 }}
      {{- end }}
      {{- with .Values.initContainers }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- end }}
    containers:
      {{- include "<%= it.name %>.server" (dict "root" . "image" $image) | nindent 6 }}
      {{- with .Values.sidecars }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    volumes:
      - name: tmp
        emptyDir:
          sizeLimit: {{ .Values.tmpSizeLimit }}
      # Counts toward the memory limit of the container.
      - name: shared-memory
        emptyDir:
          medium: Memory
          sizeLimit: {{ .Values.sharedMemorySizeLimit }}
      {{- with include "<%= it.name %>.modelVolume" . }}
      {{- . | nindent 6 }}
      {{- end }}
      {{- with .Values.extraVolumes }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- with include "<%= it.name %>.scheduling" (dict "root" . "track" $track) | trim }}
    {{- . | nindent 4 }}
    {{- end }}
{{- end }}
{{- end }}

{{- define "<%= it.name %>.server" -}}
{{- $image := .image }}
{{- with .root -}}
- name: server
  image: {{ $image | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  {{- with .Values.extraArgs }}
  args:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.extraEnv }}
  env:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.extraEnvFrom }}
  envFrom:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- toYaml .Values.securityContext | nindent 4 }}
  ports:
    - name: http
      containerPort: {{ .Values.ports.http }}
      protocol: TCP
    - name: grpc
      containerPort: {{ .Values.ports.grpc }}
      protocol: TCP
    - name: metrics
      containerPort: {{ .Values.ports.metrics }}
      protocol: TCP
  # Loading may take long: until this one succeeds the other two are not asked.
  startupProbe:
    httpGet:
      path: /v2/health/ready
      port: http
    periodSeconds: {{ .Values.probes.startup.periodSeconds }}
    failureThreshold: {{ .Values.probes.startup.failureThreshold }}
    timeoutSeconds: 5
  readinessProbe:
    httpGet:
      path: /v2/health/ready
      port: http
    periodSeconds: 5
    failureThreshold: 3
    timeoutSeconds: 5
  # Only "live": a server that is not ready must not be killed for it.
  livenessProbe:
    httpGet:
      path: /v2/health/live
      port: http
    periodSeconds: 10
    failureThreshold: 6
    timeoutSeconds: 10
  # Requests still arrive for a moment after the pod is told to go.
  lifecycle:
    preStop:
      exec:
        command: ["sleep", {{ .Values.preStopSeconds | quote }}]
  resources:
    {{- include "<%= it.name %>.resources" . | nindent 4 }}
  volumeMounts:
    - name: tmp
      mountPath: /tmp
    - name: shared-memory
      mountPath: /dev/shm
    {{- with include "<%= it.name %>.modelMount" . }}
    {{- . | nindent 4 }}
    {{- end }}
    {{- with .Values.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}
{{- end }}

{{/* GPUs are asked for under the name that the cluster has for them; requests and limits must be equal. */}}
{{- define "<%= it.name %>.resources" -}}
{{- $resources := deepCopy .Values.resources }}
{{- $count := .Values.gpu.count | toString }}
{{- if gt (int .Values.gpu.count) 0 }}
{{- $_ := set $resources "requests" (merge (dict .Values.gpu.resourceName $count) (default (dict) $resources.requests)) }}
{{- $_ := set $resources "limits" (merge (dict .Values.gpu.resourceName $count) (default (dict) $resources.limits)) }}
{{- end }}
{{- toYaml $resources }}
{{- end }}

{{- define "<%= it.name %>.scheduling" -}}
{{- $track := .track }}
{{- with .root }}
{{- $nodes := deepCopy .Values.nodeSelector }}
{{- with .Values.gpu.productSelector }}
{{- $_ := set $nodes "nvidia.com/gpu.product" . }}
{{- end }}
{{- with $nodes }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if or .Values.topologySpread.hostname .Values.topologySpread.zone }}
topologySpreadConstraints:
  {{- range $key, $action := dict "kubernetes.io/hostname" .Values.topologySpread.hostname "topology.kubernetes.io/zone" .Values.topologySpread.zone }}
  {{- if $action }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: {{ $action }}
    labelSelector:
      matchLabels:
        {{- include "<%= it.name %>.selectorLabels" $.root | nindent 8 }}
        track: {{ $track }}
  {{- end }}
  {{- end }}
{{- end }}
{{- end }}
{{- end }}
