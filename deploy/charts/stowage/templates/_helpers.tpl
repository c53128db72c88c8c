{{/* Labels of every object. Argument: a dict of `root`, the chart's scope, and `component`. */}}
{{- define "stowage.labels" -}}
{{ include "stowage.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* What selects the pods of a program. The programs find agents by it, so it never changes. */}}
{{- define "stowage.selector" -}}
app.kubernetes.io/name: stowage
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* A digest wins over a tag. Argument: a dict of `root` and `image`. */}}
{{- define "stowage.image" -}}
{{- with .image -}}
{{- if .digest -}}
{{ printf "%s@%s" .repository .digest | quote }}
{{- else -}}
{{ printf "%s:%s" .repository (.tag | default $.root.Chart.AppVersion) | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* Where pods of a program go and how they are marked; of the values of that program. */}}
{{- define "stowage.placement" -}}
priorityClassName: {{ .priorityClassName }}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Metadata of a program's pods. Argument: a dict of `component` and `values`. */}}
{{- define "stowage.podMetadata" -}}
labels:
  {{- include "stowage.selector" . | nindent 2 }}
  {{- with .values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .values.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Replicas on different nodes, if there are. */}}
{{- define "stowage.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "stowage.selector" . | nindent 8 }}
{{- end }}

{{/* Pods of provisioner and extender need no rights on their node at all. */}}
{{- define "stowage.unprivilegedPod" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{- define "stowage.unprivilegedContainer" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{/* The name that is on the extender's certificate; kube-scheduler, which asks an address, expects it. */}}
{{- define "stowage.extender.serverName" -}}
stowage-extender.{{ .Release.Namespace }}.svc
{{- end }}

{{- define "stowage.extender.tlsSecret" -}}
{{ .Values.extender.tls.mode | eq "secret" | ternary .Values.extender.tls.secretName "stowage-extender-tls" }}
{{- end }}

{{/*
Ready is who can do the work; killed is who answers nothing for a minute. A start may take five: on a
node that has just booted, everything starts at once. Argument: a dict of `by`, which is "http" or
"port", and `scheme`, which is HTTP's.
*/}}
{{- define "stowage.probes" -}}
startupProbe:
  {{- include "stowage.probeOf" (merge (dict "path" "/healthz") .) | nindent 2 }}
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 150
readinessProbe:
  {{- include "stowage.probeOf" (merge (dict "path" "/readyz") .) | nindent 2 }}
  periodSeconds: 5
  timeoutSeconds: 3
livenessProbe:
  {{- include "stowage.probeOf" (merge (dict "path" "/healthz") .) | nindent 2 }}
  periodSeconds: 20
  timeoutSeconds: 5
{{- end }}

{{- define "stowage.probeOf" -}}
{{- if eq .by "port" -}}
tcpSocket:
  port: http
{{- else -}}
httpGet:
  path: {{ .path }}
  port: http
  {{- with .scheme }}
  scheme: {{ . }}
  {{- end }}
{{- end }}
{{- end }}
