{{/* The name of the add-on is fixed: agents, leases and reports carry it. */}}
{{- define "kruise-health.addon" -}}
kruise-health
{{- end -}}

{{/* Name of the manager's namespaced objects. One release a hub, so the release's name is left out. */}}
{{- define "kruise-health.fullname" -}}
{{- default (include "kruise-health.addon" .) .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{/* Prefix of cluster-wide RBAC names, as Open Cluster Management's own add-ons have it. */}}
{{- define "kruise-health.clusterName" -}}
open-cluster-management:{{ include "kruise-health.fullname" . }}
{{- end -}}

{{- define "kruise-health.selectorLabels" -}}
app.kubernetes.io/name: kruise-health
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: manager
{{- end -}}

{{- define "kruise-health.labels" -}}
{{ include "kruise-health.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: open-cluster-management
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* An image's full name: (dict "image" .Values.image "root" $) */}}
{{- define "kruise-health.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end -}}
