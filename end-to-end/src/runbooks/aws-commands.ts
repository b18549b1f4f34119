/**
 * The calls of AWS's command line that runbooks make, with their options: those of what `infrastructure/` builds. No test
 * asks AWS, so a call is added here after AWS's own reference was read.
 */
export const awsCommands: Readonly<Record<string, readonly string[]>> = {
  'amp list-workspaces': ['alias', 'query', 'output'],
  'backup describe-backup-job': ['backup-job-id', 'query'],
  'backup describe-copy-job': ['copy-job-id', 'query'],
  'cloudtrail start-logging': ['name'],
  'ecs describe-services': ['cluster', 'services', 'query', 'output'],
  'ecs describe-task-definition': ['task-definition', 'query', 'output'],
  'ecs describe-tasks': ['cluster', 'tasks', 'query', 'output'],
  'ecs list-tasks': ['cluster', 'family', 'service-name', 'desired-status', 'query'],
  'ecs register-task-definition': ['cli-input-json'],
  'ecs run-task': ['cluster', 'task-definition', 'launch-type', 'network-configuration', 'overrides'],
  'ecs stop-task': ['cluster', 'task', 'reason'],
  'ecs update-service': ['cluster', 'service', 'task-definition', 'desired-count', 'force-new-deployment'],
  'ecs wait services-stable': ['cluster', 'services'],
  'iam put-role-policy': ['role-name', 'policy-name', 'policy-document'],
  'kms cancel-key-deletion': ['key-id'],
  'kms describe-key': ['key-id', 'query'],
  'kms disable-key': ['key-id'],
  'logs get-query-results': ['query-id'],
  'logs start-query': ['log-group-name', 'log-group-names', 'start-time', 'end-time', 'query-string'],
  'logs tail': ['since', 'filter-pattern', 'follow', 'format'],
  'rds describe-db-clusters': ['db-cluster-identifier', 'query'],
  'rds describe-events': ['source-type', 'source-identifier', 'duration'],
  'rds failover-db-cluster': ['db-cluster-identifier', 'target-db-instance-identifier'],
  'rds restore-db-cluster-to-point-in-time': [
    'source-db-cluster-identifier',
    'db-cluster-identifier',
    'restore-to-time',
    'restore-type',
  ],
  'scheduler get-schedule': ['name', 'query'],
  'secretsmanager put-secret-value': ['secret-id', 'secret-string'],
}
