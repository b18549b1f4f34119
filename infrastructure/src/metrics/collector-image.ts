/**
 * The collector of metrics: AWS's distribution of OpenTelemetry's. The registry of the environment keeps a copy under
 * `version`; tasks start it by `digest`, so that whatever the copy is called, no other image runs. docs/images.md says where
 * the digest comes from and how to compare it.
 */
export const collectorImage = {
  name: 'aws-otel-collector',
  version: 'v0.50.0',
  digest: 'sha256:7968fb60db6a2390a47ba6a2df029745638486e285c9b2487da1b722d0855a3e',
} as const
