import { type SecretRow, secretsTable } from './secrets-table.ts'

/** The part of docs/aws/data.md on secrets: which there are, who reads them, how each is made and changed. */
export function describeSecrets(): string {
  const rows = Object.values<SecretRow>(secretsTable)
  return `## Secrets

In Secrets Manager, encrypted with the key \`secrets\`, and given by Fargate to a task as it starts: the program itself may read none. No template makes them. A value in a template is one that people can read there, and one that CloudFormation makes up is changed by nobody; so a person makes each, once, and cdk-nag sees none of them, nor that they have no function of AWS Lambda that changes them. It is this table that says how they are changed, and a reminder goes to the operators of each that has days.

| secret | setting | read by | holds | changed |
| --- | --- | --- | --- | --- |
${rows.map(({ name, setting, readers, holds, days, rotation }) => `| \`${name}\` | \`${setting}\` | ${readers.join(', ')} | ${holds} | ${days ? `every ${days} days, ` : ''}${rotation} |`).join('\n')}

Beside them RDS keeps the master login’s password in a secret of its own, and changes it every seven days. No program knows it.

Make them after the stack \`foundation\`, which has their key, and before \`migrations\`:

\`\`\`sh
put() { aws secretsmanager create-secret --name "$prefix/$1" --kms-key-id "alias/fincore-$environment-secrets" --secret-string "$2" --query Name --output text; }
# the relay's own certificate: its load balancer looks at neither issuer nor name, so it signs itself
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 398 -subj /CN=card-relay -keyout relay-key.pem -out relay-cert.pem
${rows.map(({ name, make }) => `put ${name} "$(${make})"`).join('\n')}
rm relay-key.pem
\`\`\`

### Changing the internal token

Card relay and payment service share it, and no charge may fail meanwhile. So the payment service takes both first:

\`\`\`sh
change() { aws secretsmanager put-secret-value --secret-id "$prefix/$1" --secret-string "$2" --query Name --output text; }
restart() { aws ecs update-service --cluster fincore-$environment --service "$1" --force-new-deployment --query service.serviceName --output text && aws ecs wait services-stable --cluster fincore-$environment --services "$1"; }
old=$(aws secretsmanager get-secret-value --secret-id "$prefix/relay-internal-token" --query SecretString --output text) new=$(openssl rand -hex 32)
change internal-token "$new,$old" && restart api         # takes both
change relay-internal-token "$new" && restart relay      # sends the new one
change internal-token "$new" && restart api              # takes it alone
\`\`\`

### Changing the relay’s certificate

\`\`\`sh
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 398 -subj /CN=card-relay -keyout relay-key.pem -out relay-cert.pem
change relay-tls-cert "$(cat relay-cert.pem)" && change relay-tls-key "$(cat relay-key.pem)" && restart relay && rm relay-key.pem
\`\`\`

Running tasks have read the old pair and keep it; one that starts between the two changes finds that they do not fit, does not start, and is tried again.
`
}
