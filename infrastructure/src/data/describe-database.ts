import type { Environment } from '../environments.ts'
import { databaseLogins, databaseName } from './database.ts'
import { databaseParameters } from './database-parameters.ts'

/** The part of docs/aws/data.md on the database and its backups. */
export function describeDatabase({ sandbox, production }: Record<'sandbox' | 'production', Environment>): string {
  const sizes = (name: keyof Environment['database']) => `${sandbox.database[name]} | ${production.database[name]}`
  return `## The database

Aurora PostgreSQL Serverless v2 of the major version that FinCore is tested with, in three zones, in subnets without a way out, reached by the payment service’s tasks alone. TLS is forced, and \`DATABASE_CA\` verifies it. When the writer is lost, a reader takes its place within about a minute; in the sandbox there is none, and Aurora makes a new writer, which takes some minutes.

| | sandbox | production |
| --- | ---: | ---: |
| capacity units, at the least | ${sizes('minCapacity')} |
| at the most | ${sizes('maxCapacity')} |
| readers beside the writer | ${sizes('readers')} |
| days from which any moment can be restored | ${sizes('backupDays')} |

What its parameter group sets, beside Aurora’s own:

| parameter | value | why |
| --- | --- | --- |
${databaseParameters.map(({ name, value, why }) => `| \`${name}\` | \`${value}\` | ${why} |`).join('\n')}

### Its logins

\`${databaseLogins.app}\` for the service, \`${databaseLogins.owner}\` for migrations. Both come with a token that IAM signs and that holds for 15 minutes; neither has a password. They are made once, after the stack \`data\` and before the first migrations, by RDS’s data API, which is closed again afterwards:

\`\`\`sh
cluster=$(aws rds describe-db-clusters --db-cluster-identifier fincore-$environment --query 'DBClusters[0].DBClusterArn' --output text)
master=$(aws rds describe-db-clusters --db-cluster-identifier fincore-$environment --query 'DBClusters[0].MasterUserSecret.SecretArn' --output text)
sql() { aws rds-data execute-statement --resource-arn "$cluster" --secret-arn "$master" --database ${databaseName} --sql "$1"; }
aws rds enable-http-endpoint --resource-arn "$cluster"
sql 'create role ${databaseLogins.owner} login createrole'
sql 'create role ${databaseLogins.app} login'
sql 'grant ${databaseLogins.owner} to fincore_master'
sql 'alter database ${databaseName} owner to ${databaseLogins.owner}'
sql 'revoke ${databaseLogins.owner} from fincore_master'
sql 'grant rds_iam to ${databaseLogins.owner}, ${databaseLogins.app}'   # the last: it ends the master login's password, see below
aws rds disable-http-endpoint --resource-arn "$cluster"
\`\`\`

PostgreSQL makes whoever creates a role a member of it, and RDS asks every member of \`rds_iam\`, also by way of another role, for a token in place of a password. So after the last statement the master login's password opens nothing any more, and before it nothing else may be missing. Should the master be needed again, give an administrator \`rds-db:connect\` for \`fincore_master\` for that hour.

## Backups

Two kinds, since they help against different things:

- **Aurora’s own**, from which any moment of the last days can be restored, to the second. Whoever may delete the cluster may delete them.
- **A copy each night** by AWS Backup, in a vault whose lock nobody takes away once three days have passed, and a copy of it in ${production.archiveCopy.region}. It is kept as many days as the others. A night without one raises an alarm.

A restore makes a new cluster beside the old one. Compare first:

\`\`\`sh
security_group=$(aws rds describe-db-clusters --db-cluster-identifier fincore-$environment --query 'DBClusters[0].VpcSecurityGroups[0].VpcSecurityGroupId' --output text)
aws rds restore-db-cluster-to-point-in-time --source-db-cluster-identifier fincore-$environment --db-cluster-identifier fincore-$environment-restored --restore-to-time 2026-11-30T09:59:00Z --db-subnet-group-name fincore-$environment --vpc-security-group-ids "$security_group" --enable-iam-database-authentication --deletion-protection --enable-cloudwatch-logs-exports postgresql --db-cluster-parameter-group-name fincore-$environment-18 --serverless-v2-scaling-configuration MinCapacity=${production.database.minCapacity},MaxCapacity=${production.database.maxCapacity}
aws rds create-db-instance --db-instance-identifier fincore-$environment-restored-1 --db-cluster-identifier fincore-$environment-restored --engine aurora-postgresql --db-instance-class db.serverless
aws rds wait db-instance-available --db-instance-identifier fincore-$environment-restored-1
\`\`\`

To let the services go there, stop them ([recovery](../recovery.md#restore) has all the steps), rename the two, since the endpoint is made of the name, and give the tasks the right to the cluster's new resource id:

\`\`\`sh
run_tasks() {   # of a service, how many; scaling must not bring back what was stopped
  aws application-autoscaling register-scalable-target --service-namespace ecs --scalable-dimension ecs:service:DesiredCount --resource-id service/fincore-$environment/$1 --min-capacity $2 \\
    --suspended-state DynamicScalingInSuspended=$3,DynamicScalingOutSuspended=$3,ScheduledScalingSuspended=$3
  aws ecs update-service --cluster fincore-$environment --service $1 --desired-count $2 --query service.desiredCount --output text
}
for service in relay api admin worker; do run_tasks $service 0 true; done
rename() { aws rds modify-db-cluster --db-cluster-identifier $1 --new-db-cluster-identifier $2 --apply-immediately --query DBCluster.Status --output text; }
rename fincore-$environment fincore-$environment-before
aws rds wait db-cluster-available --db-cluster-identifier fincore-$environment-before
rename fincore-$environment-restored fincore-$environment
aws rds wait db-cluster-available --db-cluster-identifier fincore-$environment
resource=$(aws rds describe-db-clusters --db-cluster-identifier fincore-$environment --query 'DBClusters[0].DbClusterResourceId' --output text)
for right in api/${databaseLogins.app} worker/${databaseLogins.app} admin/${databaseLogins.app} command/${databaseLogins.app} auditExport/${databaseLogins.app} migrations/${databaseLogins.owner}; do
  aws iam put-role-policy --role-name fincore-$environment-\${right%/*}-task --policy-name restored-database --policy-document "{\\"Version\\":\\"2012-10-17\\",\\"Statement\\":[{\\"Effect\\":\\"Allow\\",\\"Action\\":\\"rds-db:connect\\",\\"Resource\\":\\"arn:aws:rds-db:$AWS_REGION:$account:dbuser:$resource/\${right#*/}\\"}]}"
done
run_tasks worker ${production.tasks.worker.min} false; run_tasks admin ${production.tasks.admin.min} false   # then, when recovery.md says so: api ${production.tasks.api.min}, relay ${production.tasks.relay.min}
\`\`\`

Afterwards make the readers, have CloudFormation import the cluster into the stack, and take those policies away.

What was paid after that moment is missing in the restored database and true at the PSPs: [reconciliation](../reconciliation.md) finds it.
`
}
