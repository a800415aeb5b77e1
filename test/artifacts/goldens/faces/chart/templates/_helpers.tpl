{{/* Names and labels. The prefix of each definition is the chart's, because a parent chart shares one name space. */}}

{{- define "faces.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* A Service may not begin with a digit. */}}
{{- define "faces.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- $full = default $full .Values.fullnameOverride }}
{{- if regexMatch "^[0-9]" $full }}{{ $full = printf "m-%s" $full }}{{ end }}
{{- $full | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "faces.selectorLabels" -}}
app.kubernetes.io/name: {{ include "faces.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "faces.labels" -}}
helm.sh/chart: {{ regexReplaceAll "[^a-zA-Z0-9]+$" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63) "" | quote }}
{{ include "faces.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
{{- end }}

{{- define "faces.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "faces.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* Takes root and suffix. */}}
{{- define "faces.suffixed" -}}
{{- $length := int (sub 62 (len .suffix)) }}
{{- printf "%s-%s" (include "faces.fullname" .root | trunc $length | trimSuffix "-") .suffix }}
{{- end }}

{{/* A digest says more than a tag. */}}
{{- define "faces.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{- define "faces.canaryImage" -}}
{{- $repository := default .Values.image.repository .Values.canary.image.repository }}
{{- if .Values.canary.image.digest }}
{{- printf "%s@%s" $repository .Values.canary.image.digest }}
{{- else }}
{{- printf "%s:%s" $repository (required "canary.image: a tag or a digest of what to try" .Values.canary.image.tag) }}
{{- end }}
{{- end }}

{{/* Pods come at once and go slowly. */}}
{{- define "faces.scaling" -}}
scaleUp:
  stabilizationWindowSeconds: 0
scaleDown:
  stabilizationWindowSeconds: 300
  policies:
    - type: Pods
      value: 1
      periodSeconds: 60
{{- end }}
