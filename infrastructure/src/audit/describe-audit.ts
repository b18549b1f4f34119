import type { Environment } from '../environments.ts'
import { archivePrefixes } from './archive.ts'
import { bucketName } from './buckets.ts'
import { logPrefixes } from './log-bucket.ts'

/** The part of docs/aws/data.md on what keeps what happened. */
export function describeAudit({
  sandbox,
  production: environment,
}: Record<'sandbox' | 'production', Environment>): string {
  const archive = bucketName(environment, 'archive')
  const { archiveCopy, archiveDays, account } = environment
  return `## The audit archive

The bucket \`${archive}\`. For ${archiveDays} days nobody changes or deletes an object of it, an administrator or the account’s root neither (Object Lock, compliance mode), and each is copied to ${archiveCopy.region}. The last 90 days lie at hand; older ones cost less to keep and more to read, and are read at once too.

| begins with | holds | comes |
| --- | --- | --- |
| \`${archivePrefixes.trail}\` | who did what in the account, in all regions, with CloudTrail’s signatures hour by hour | by CloudTrail, within minutes |
| \`${archivePrefixes.seals}\` | the seals of FinCore’s audit log, as the workers log them. Whoever owns the database can compute the log anew, but not these | from the worker’s log, within five minutes |
| \`${archivePrefixes.exports}\` | the whole of FinCore’s audit log, day by day | from the nightly task’s log: \`fincore audit export --from yesterday --to today\` |
| \`${archivePrefixes.failed}\` | what Firehose could not deliver otherwise | a reason to look |

No program of ours may write there. The task prints an export to its log, CloudWatch hands the lines on, Firehose writes them; so there is no code between that could leave one out, and what is missing or changed shows when an export is checked. In the logs bucket, \`${bucketName(environment, 'logs')}\`, lies what AWS writes to no bucket with Object Lock: access logs of the load balancers (\`${logPrefixes.balancers}\`) and of the archive (\`${logPrefixes.archive}\`), and the history of all resources (\`${logPrefixes.config}\`). They are copied to ${archiveCopy.region} too, where they are locked.

To check a day, with a seal that was kept from the day before:

\`\`\`sh
aws s3 cp --recursive s3://${archive}/${archivePrefixes.exports}2026/11/30/ day/
find day -type f -print0 | xargs -0 fincore audit unpack > day.jsonl
fincore audit verify --file day.jsonl --known-seal 4711:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
aws cloudtrail validate-logs --trail-arn arn:aws:cloudtrail:${environment.region}:${account}:trail/fincore-${environment.name} --start-time 2026-11-30T00:00:00Z
\`\`\`

### Its copy

Made before the stack \`foundation\`, since S3 copies to nothing that is not there, and by hand, since its lock must not hang on a stack. Put the key’s ARN into \`archiveCopy\` in \`infrastructure/src/environments.ts\`:

\`\`\`sh
away=${archiveCopy.region} copy=fincore-$environment-archive-copy-$account source=arn:aws:iam::$account:role/fincore-$environment-archive-copy
locked=${archiveDays} kept=${environment.database.backupDays}   # days: archiveDays and backupDays of the environment; ${sandbox.archiveDays} and ${sandbox.database.backupDays} in the sandbox
key=$(aws kms create-key --region $away --description "FinCore $environment: the copies of archive and backups" --query KeyMetadata.Arn --output text)
aws kms enable-key-rotation --region $away --key-id "$key"
aws s3api create-bucket --region $away --bucket $copy --create-bucket-configuration LocationConstraint=$away --object-lock-enabled-for-bucket
aws s3api put-object-lock-configuration --region $away --bucket $copy --object-lock-configuration "ObjectLockEnabled=Enabled,Rule={DefaultRetention={Mode=COMPLIANCE,Days=$locked}}"
aws s3api put-bucket-encryption --region $away --bucket $copy --server-side-encryption-configuration "{\\"Rules\\":[{\\"ApplyServerSideEncryptionByDefault\\":{\\"SSEAlgorithm\\":\\"aws:kms\\",\\"KMSMasterKeyID\\":\\"$key\\"},\\"BucketKeyEnabled\\":true}]}"
aws s3api put-public-access-block --region $away --bucket $copy --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
aws backup create-backup-vault --region $away --backup-vault-name fincore-$environment-copy --encryption-key-arn "$key"
aws backup put-backup-vault-lock-configuration --region $away --backup-vault-name fincore-$environment-copy --min-retention-days $kept --changeable-for-days 3
aws backup update-region-settings --resource-type-opt-in-preference Aurora=true
\`\`\`

Once the stack \`foundation\` has made the role, let it write there:

\`\`\`sh
aws s3api put-bucket-policy --region $away --bucket $copy --policy "{\\"Version\\":\\"2012-10-17\\",\\"Statement\\":[{\\"Effect\\":\\"Allow\\",\\"Principal\\":{\\"AWS\\":\\"$source\\"},\\"Action\\":[\\"s3:ReplicateObject\\",\\"s3:ReplicateTags\\"],\\"Resource\\":\\"arn:aws:s3:::$copy/*\\"},{\\"Effect\\":\\"Deny\\",\\"Principal\\":\\"*\\",\\"Action\\":\\"s3:*\\",\\"Resource\\":[\\"arn:aws:s3:::$copy\\",\\"arn:aws:s3:::$copy/*\\"],\\"Condition\\":{\\"Bool\\":{\\"aws:SecureTransport\\":\\"false\\"}}}]}"
\`\`\`

## What watches the account

GuardDuty (network flows, names, the archive’s objects, log-ins of the database, and, by an agent of Amazon’s beside each task, the card relay’s too, which processes start there and where they connect), AWS Config (every change of every resource), Security Hub (the rules of PCI DSS v4.0.1 and AWS’s own, each day, on what really runs), an analyser of what the outside may reach. What they find comes to the operators as [alarms](alarms.md) do. Each may exist once in an account: in one that has them already, take them out of \`infrastructure/src/audit/detection.ts\` before the first deployment.
`
}
