{{/* How the model comes into the pod when it is not in the image. */}}

{{/* Takes root and image: what fills /models, and what compares it with the digests before the server reads it. */}}
{{- define "voice-activity.modelContainers" -}}
{{- $image := .image }}
{{- with .root }}
{{- $delivery := .Values.modelDelivery }}
{{- if eq $delivery.mode "initContainer" }}
- name: model-download
  image: {{ required "modelDelivery.initContainer.image: the image that fetches the model" $delivery.initContainer.image | quote }}
  {{- with $delivery.initContainer.command }}
  command:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $delivery.initContainer.args }}
  args:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $delivery.initContainer.env }}
  env:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $delivery.initContainer.envFrom }}
  envFrom:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- toYaml .Values.securityContext | nindent 4 }}
  resources:
    {{- toYaml .Values.resources | nindent 4 }}
  volumeMounts:
    - name: tmp
      mountPath: /tmp
    - name: model
      mountPath: /models
{{- end }}
{{- if and $delivery.verify (ne $delivery.mode "image") }}
- name: model-verify
  image: {{ $image | quote }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command:
    - sh
    - -c
    - cd "/models/$MODEL/1" && printf '%s\n' "$DIGESTS" | sha256sum --check --strict
  env:
    - name: MODEL
      value: {{ .Values.model.name | quote }}
    - name: DIGESTS
      value: |-
        {{ .Values.model.sha256 }}  model.onnx
        {{- range $file, $digest := .Values.model.externalFiles }}
        {{ $digest }}  {{ $file }}
        {{- end }}
  securityContext:
    {{- toYaml .Values.securityContext | nindent 4 }}
  resources:
    {{- toYaml .Values.resources | nindent 4 }}
  volumeMounts:
    {{- include "voice-activity.modelMount" . | nindent 4 }}
{{- end }}
{{- end }}
{{- end }}

{{- define "voice-activity.modelMount" -}}
{{- $delivery := .Values.modelDelivery }}
{{- if ne $delivery.mode "image" -}}
- name: model
  mountPath: /models
  readOnly: true
  {{- $path := dict "imageVolume" $delivery.imageVolume.subPath "pvc" $delivery.pvc.subPath }}
  {{- with get $path $delivery.mode }}
  subPath: {{ . | quote }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "voice-activity.modelVolume" -}}
{{- $delivery := .Values.modelDelivery }}
{{- if eq $delivery.mode "imageVolume" -}}
- name: model
  image:
    reference: {{ required "modelDelivery.imageVolume.reference: the artifact with the model" $delivery.imageVolume.reference | quote }}
    pullPolicy: {{ $delivery.imageVolume.pullPolicy }}
{{- else if eq $delivery.mode "pvc" -}}
- name: model
  persistentVolumeClaim:
    claimName: {{ required "modelDelivery.pvc.claimName: the claim with the model" $delivery.pvc.claimName | quote }}
    readOnly: true
{{- else if eq $delivery.mode "initContainer" -}}
- name: model
  emptyDir:
    {{- with $delivery.initContainer.sizeLimit }}
    sizeLimit: {{ . }}
    {{- else }} {}
    {{- end }}
{{- end }}
{{- end }}
