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

{{- define "kruise-health.serviceAccount" -}}
{{- default (include "kruise-health.fullname" .) .Values.serviceAccount.name -}}
{{- end -}}

{{/*
Group and version of Open Cluster Management's add-on API: v1alpha1 unless the hub is known to serve v1beta1 alone. A
rendering without a hub knows of neither and takes v1alpha1, which every hub has.
*/}}
{{- define "kruise-health.addonApi" -}}
{{- $group := "addon.open-cluster-management.io" -}}
{{- $served := .Capabilities.APIVersions -}}
{{- $onlyBeta := and ($served.Has (printf "%s/v1beta1" $group)) (not ($served.Has (printf "%s/v1alpha1" $group))) -}}
{{- $auto := ternary "v1beta1" "v1alpha1" $onlyBeta -}}
{{- printf "%s/%s" $group (eq .Values.addonApiVersion "auto" | ternary $auto .Values.addonApiVersion) -}}
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

{{/* The Secret with the serving certificate. Each mode has its own, so that nobody writes into another's. */}}
{{- define "kruise-health.servingSecret" -}}
{{- $fullname := include "kruise-health.fullname" . -}}
{{- $names := dict "own" (printf "%s-serving" $fullname) "certManager" (printf "%s-cert-manager" $fullname) "existingSecret" .Values.certificates.existingSecret -}}
{{- get $names .Values.certificates.mode -}}
{{- end -}}

{{/* Host of feedback.direct.url, without port and brackets. */}}
{{- define "kruise-health.externalHost" -}}
{{- regexReplaceAll ":[0-9]+$" (trimPrefix "https://" .Values.feedback.direct.url) "" | trimPrefix "[" | trimSuffix "]" -}}
{{- end -}}
