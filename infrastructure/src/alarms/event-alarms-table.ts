/** News of AWS's services that go to operators as they come, by EventBridge. */
export const eventAlarms: readonly {
  name: string
  pattern: Record<string, unknown>
  meaning: string
  /** A page of docs/runbooks/, and a heading in it. */
  runbook: string
}[] = [
  {
    name: 'guardduty-finding',
    pattern: {
      source: ['aws.guardduty'],
      'detail-type': ['GuardDuty Finding'],
      detail: { severity: [{ numeric: ['>=', 4] }] },
    },
    meaning: 'GuardDuty sees an attack or its traces, of severity medium or higher',
    runbook: 'aws.md#somebody-does-what-nobody-should',
  },
  {
    name: 'security-hub-finding',
    pattern: {
      source: ['aws.securityhub'],
      'detail-type': ['Security Hub Findings - Imported'],
      detail: {
        findings: {
          Severity: { Label: ['HIGH', 'CRITICAL'] },
          Workflow: { Status: ['NEW'] },
          Compliance: { Status: ['FAILED'] },
        },
      },
    },
    meaning: 'a rule of PCI DSS or of AWS’s own good practice is broken in the account',
    runbook: 'aws.md#somebody-does-what-nobody-should',
  },
  {
    name: 'outside-access',
    pattern: {
      source: ['aws.access-analyzer'],
      'detail-type': ['Access Analyzer Finding'],
      detail: { status: ['ACTIVE'] },
    },
    meaning: 'a policy lets somebody outside the account in',
    runbook: 'aws.md#somebody-does-what-nobody-should',
  },
  {
    name: 'backup-failed',
    pattern: {
      source: ['aws.backup'],
      'detail-type': ['Backup Job State Change', 'Copy Job State Change'],
      detail: { state: ['FAILED', 'ABORTED', 'EXPIRED'] },
    },
    meaning: 'a night’s backup, or its copy, was not made',
    runbook: 'aws.md#a-backup-was-not-made',
  },
  {
    name: 'database-event',
    pattern: {
      source: ['aws.rds'],
      'detail-type': ['RDS DB Cluster Event', 'RDS DB Instance Event'],
      detail: { EventCategories: ['failover', 'failure', 'low storage', 'recovery'] },
    },
    meaning: 'the database failed over, failed or recovers',
    runbook: 'aws.md#the-database-failed-over',
  },
  {
    name: 'deployment-failed',
    pattern: {
      source: ['aws.ecs'],
      'detail-type': ['ECS Deployment State Change'],
      detail: { eventName: ['SERVICE_DEPLOYMENT_FAILED'] },
    },
    meaning: 'a rollout failed, and was rolled back',
    runbook: 'rollout.md',
  },
  {
    name: 'task-failed',
    pattern: {
      source: ['aws.ecs'],
      'detail-type': ['ECS Task State Change'],
      // Tasks of services are of a group `service:…`, those that run once of `family:…`.
      detail: {
        lastStatus: ['STOPPED'],
        group: [{ prefix: 'family:' }],
        containers: { exitCode: [{ 'anything-but': [0] }] },
      },
    },
    meaning: 'a task that runs once ended with an error: migrations, the nightly export, or the check of the audit log',
    runbook: 'aws.md#a-task-that-runs-once-failed',
  },
  {
    name: 'program-ended',
    pattern: {
      source: ['aws.ecs'],
      'detail-type': ['ECS Task State Change'],
      detail: {
        lastStatus: ['STOPPED'],
        group: [{ prefix: 'service:' }],
        stopCode: ['EssentialContainerExited'],
      },
    },
    meaning: 'a program of a service ended by itself, and its task was replaced',
    runbook: 'process.md#it-begins-anew-and-again',
  },
  {
    name: 'container-stopped',
    pattern: {
      source: ['aws.ecs'],
      'detail-type': ['ECS Task State Change'],
      // A program that ends takes its task along, so what can end by itself is what stands beside it.
      detail: { lastStatus: ['RUNNING'], desiredStatus: ['RUNNING'], containers: { lastStatus: ['STOPPED'] } },
    },
    meaning: 'a task goes on without a container beside its program: its collector of metrics, or GuardDuty’s agent',
    runbook: 'aws.md#metrics-do-not-arrive',
  },
  {
    name: 'certificate-ends',
    pattern: { source: ['aws.acm'], 'detail-type': ['ACM Certificate Approaching Expiration'] },
    meaning: 'a certificate ends within 45 days and was not renewed',
    runbook: 'aws.md#aws-announces-something',
  },
  {
    name: 'aws-health',
    pattern: { source: ['aws.health'], detail: { service: ['RDS', 'ECS', 'KMS', 'ELASTICLOADBALANCING', 'EC2'] } },
    meaning: 'AWS announces work or trouble that touches what runs here',
    runbook: 'aws.md#aws-announces-something',
  },
]
