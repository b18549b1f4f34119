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
environment=production cluster=$(aws rds describe-db-clusters --db-cluster-identifier fincore-$environment --query 'DBClusters[0].DBClusterArn' --output text)
master=$(aws rds describe-db-clusters --db-cluster-identifier fincore-$environment --query 'DBClusters[0].MasterUserSecret.SecretArn' --output text)
sql() { aws rds-data execute-statement --resource-arn "$cluster" --secret-arn "$master" --database ${databaseName} --sql "$1"; }
aws rds enable-http-endpoint --resource-arn "$cluster"
sql 'create role ${databaseLogins.owner} login createrole'
sql 'create role ${databaseLogins.app} login'
sql 'grant rds_iam to ${databaseLogins.owner}, ${databaseLogins.app}'
sql 'grant ${databaseLogins.owner} to fincore_master'
sql 'alter database ${databaseName} owner to ${databaseLogins.owner}'
aws rds disable-http-endpoint --resource-arn "$cluster"
\`\`\`

## Backups

Two kinds, since they help against different things:

- **Aurora’s own**, from which any moment of the last days can be restored, to the second. Whoever may delete the cluster may delete them.
- **A copy each night** by AWS Backup, in a vault whose lock nobody takes away once three days have passed, and a copy of it in ${production.archiveCopy.region}. It is kept as many days as the others. A night without one raises an alarm.

A restore makes a new cluster beside the old one. Compare first:

\`\`\`sh
aws rds restore-db-cluster-to-point-in-time --source-db-cluster-identifier fincore-$environment --db-cluster-identifier fincore-$environment-restored --restore-to-time 2026-11-30T09:59:00Z --db-subnet-group-name fincore-$environment --vpc-security-group-ids "$security_group" --enable-iam-database-authentication --db-cluster-parameter-group-name fincore-$environment-18 --serverless-v2-scaling-configuration MinCapacity=2,MaxCapacity=32
aws rds create-db-instance --db-instance-identifier fincore-$environment-restored-1 --db-cluster-identifier fincore-$environment-restored --engine aurora-postgresql --db-instance-class db.serverless
\`\`\`

To let the services go there, stop them, then rename the two (\`aws rds modify-db-cluster --db-cluster-identifier … --new-db-cluster-identifier … --apply-immediately\`): the endpoint is made of the name, so it stays the same. The rights of the tasks name a cluster by its resource id, which is another: change it in the policies of their roles, start the services, and have CloudFormation import the cluster into the stack afterwards.

What was paid after that moment is missing in the restored database and true at the PSPs: [reconciliation](../reconciliation.md) finds it.
`
}
