import { describeAudit } from '../audit/describe-audit.ts'
import { environments } from '../environments.ts'
import { describeDatabase } from './describe-database.ts'
import { describeKeys } from './describe-keys.ts'
import { describeSecrets } from './describe-secrets.ts'

/** docs/aws/data.md: the database, backups, keys, secrets and the audit archive, with what an operator does about each. */
export function describeData(): string {
  return `# Database, keys, secrets and the audit archive

Made by \`npm run docs\` from the tables in \`infrastructure/src/\`; names and numbers are those of \`production\`. It was synthesised and judged by rules, and has not been deployed to an account: take the commands as a plan, and try them in the sandbox first. Why it is so: [decision 22](../decisions/0022-data-on-aws.md).

The commands want to be told of which environment, once for each shell, as those of the [deployment](README.md#the-first-deployment):

\`\`\`sh
environment=sandbox prefix=fincore/$environment
export AWS_REGION=eu-central-1
account=$(aws sts get-caller-identity --query Account --output text)
\`\`\`

${describeDatabase(environments)}
${describeKeys()}
${describeSecrets()}
${describeAudit(environments)}`
}
