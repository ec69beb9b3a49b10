{{/*
What the schema cannot say, or would say in a way that nobody understands: every mistake as a sentence, all of them at once.
Included once, by the Deployment.
*/}}
{{- define "kruise-health.checks" -}}
{{- $mistakes := list -}}
{{- $v := .Values -}}
{{- if lt (int $v.staleAfterSeconds) (mul 2 (int $v.heartbeatSeconds) | int) -}}
{{- $mistakes = append $mistakes (printf "staleAfterSeconds (%v) must be at least 2 x heartbeatSeconds (%v), so that one lost report is not silence." $v.staleAfterSeconds $v.heartbeatSeconds) -}}
{{- end -}}
{{- range $at, $image := dict "image" $v.image "agent.image" $v.agent.image -}}
{{- if not (regexMatch "^([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$" (toString $image.tag)) -}}
{{- $mistakes = append $mistakes (printf "%s.tag %q is no tag: wanted are up to 128 letters, digits, \"_\", \".\" and \"-\", or nothing for the chart's own version." $at (toString $image.tag)) -}}
{{- end -}}
{{- if not (regexMatch "^(sha256:[0-9a-f]{64})?$" $image.digest) -}}
{{- $mistakes = append $mistakes (printf "%s.digest %q is no digest: wanted is \"sha256:\" and 64 hexadecimal digits, or nothing to go by the tag." $at $image.digest) -}}
{{- end -}}
{{- end -}}
{{- range $at, $name := dict "fullnameOverride" $v.fullnameOverride "serviceAccount.name" $v.serviceAccount.name -}}
{{- if not (regexMatch "^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$" $name) -}}
{{- $mistakes = append $mistakes (printf "%s %q is no name of a Kubernetes object: wanted are small letters, digits and \"-\", with a letter or digit at both ends." $at $name) -}}
{{- end -}}
{{- end -}}
{{- if and (not $v.serviceAccount.create) (empty $v.serviceAccount.name) -}}
{{- $mistakes = append $mistakes "serviceAccount.create is false and serviceAccount.name is empty: wanted is the name of a ServiceAccount that exists in the release's namespace." -}}
{{- end -}}
{{- if and (not $v.defaultConfig.create) (not (empty $v.defaultConfig.spec)) -}}
{{- $mistakes = append $mistakes "defaultConfig.spec is set and would do nothing: defaultConfig.create must be true for it." -}}
{{- end -}}
{{- range $label, $_ := include "kruise-health.labels" . | fromYaml -}}
{{- if hasKey $v.podLabels $label -}}
{{- $mistakes = append $mistakes (printf "podLabels has %q, which is the chart's own: wanted are other labels." $label) -}}
{{- end -}}
{{- end -}}
{{- $certificates := $v.certificates -}}
{{- $mode := $certificates.mode -}}
{{- if and (eq $mode "existingSecret") (empty $certificates.existingSecret) -}}
{{- $mistakes = append $mistakes "certificates.mode is existingSecret and certificates.existingSecret is empty: wanted is the name of a Secret of type kubernetes.io/tls in the release's namespace, with ca.crt in it." -}}
{{- end -}}
{{- if and (ne $mode "existingSecret") (not (empty $certificates.existingSecret)) -}}
{{- $mistakes = append $mistakes "certificates.existingSecret is set and would do nothing: certificates.mode must be existingSecret for it." -}}
{{- end -}}
{{- if and (ne $mode "certManager") (not (empty $certificates.issuerRef)) -}}
{{- $mistakes = append $mistakes "certificates.issuerRef is set and would do nothing: certificates.mode must be certManager for it." -}}
{{- end -}}
{{- if and (not (empty $certificates.issuerRef)) (empty $certificates.issuerRef.name) -}}
{{- $mistakes = append $mistakes "certificates.issuerRef has no name: wanted are the name and, if it is not an Issuer, the kind of an issuer of cert-manager." -}}
{{- end -}}
{{- $direct := $v.feedback.direct -}}
{{- $address := "^https://([A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?([.][A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*|\\[[0-9A-Fa-f:.]+\\])(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?$" -}}
{{- if eq $v.feedback.mode "aggregated" -}}
{{- range $name := list "url" "caBundle" -}}
{{- if not (empty (get $direct $name)) -}}
{{- $mistakes = append $mistakes (printf "feedback.direct.%s is set and would do nothing: feedback.mode must be direct or both for it." $name) -}}
{{- end -}}
{{- end -}}
{{- else if empty $direct.url -}}
{{- $mistakes = append $mistakes (printf "feedback.mode is %s and feedback.direct.url is empty: wanted is the address, https://HOST or https://HOST:PORT, that leads to the Service." $v.feedback.mode) -}}
{{- else if not (regexMatch $address $direct.url) -}}
{{- $mistakes = append $mistakes "feedback.direct.url is no address of a server: wanted is https://HOST or https://HOST:PORT, without user, path or query." -}}
{{- end -}}
{{- if not (regexMatch "^$|-----BEGIN CERTIFICATE-----" $direct.caBundle) -}}
{{- $mistakes = append $mistakes "feedback.direct.caBundle holds no certificate: wanted are certificates in PEM, as they stand in a file." -}}
{{- end -}}
{{- $strategy := $v.installStrategy -}}
{{- $manual := eq $strategy.type "Manual" -}}
{{- if and $manual (not (empty $strategy.placements)) -}}
{{- $mistakes = append $mistakes "installStrategy.placements is set and would do nothing: installStrategy.type must be Placements for it." -}}
{{- end -}}
{{- if not (or $manual $v.placement.create $strategy.placements) -}}
{{- $mistakes = append $mistakes "installStrategy.type is Placements and there is none, which would disable the add-on everywhere: wanted is placement.create, or an entry in installStrategy.placements." -}}
{{- end -}}
{{- $seen := dict -}}
{{- range $index, $placement := include "kruise-health.placements" . | fromYamlArray -}}
{{- $key := printf "%s/%s" $placement.namespace $placement.name -}}
{{- if hasKey $seen $key -}}
{{- $mistakes = append $mistakes (printf "Placement %s is named twice: wanted is each once, counting the one that placement.create makes." $key) -}}
{{- end -}}
{{- $_ := set $seen $key true -}}
{{- $rollout := $placement.rolloutStrategy | default dict -}}
{{- $type := $rollout.type | default "All" -}}
{{- range $option, $for := dict "all" "All" "progressive" "Progressive" "progressivePerGroup" "ProgressivePerGroup" -}}
{{- if and (hasKey $rollout $option) (ne $for $type) -}}
{{- $mistakes = append $mistakes (printf "The rolloutStrategy of Placement %s has %q, which does nothing for its type %s: the type must be %s for it." $key $option $type $for) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $mistakes -}}
{{- fail (printf "\n\nThe values cannot be used:\n- %s\n" (join "\n- " $mistakes)) -}}
{{- end -}}
{{- end -}}

{{/* The Placements of the install strategy: the one made here, then the others. As YAML. */}}
{{- define "kruise-health.placements" -}}
{{- $placements := list -}}
{{- if .Values.placement.create -}}
{{- $own := dict "namespace" .Release.Namespace "name" (include "kruise-health.fullname" .) "rolloutStrategy" .Values.placement.rolloutStrategy -}}
{{- with .Values.placement.configs -}}
{{- $_ := set $own "configs" . -}}
{{- end -}}
{{- $placements = append $placements $own -}}
{{- end -}}
{{- concat $placements .Values.installStrategy.placements | toYaml -}}
{{- end -}}
