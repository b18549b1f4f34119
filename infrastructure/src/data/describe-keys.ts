import { type KeyUse, keyPurposes } from './key-purposes.ts'

/** The part of docs/aws/data.md on keys: what each is for, and who may use it. */
export function describeKeys(): string {
  const rows = Object.entries(keyPurposes).map(
    ([purpose, { holds, uses }]) =>
      `| \`${purpose}\` | ${holds} | ${[...new Set((uses as KeyUse[]).map(nameUser))].join('; ')} |`,
  )
  return `## Keys

In KMS, a key for each purpose. Its own policy says which roles may use it, or through which service of AWS; a policy of IAM alone, however wide, decrypts nothing with one. The card relay is in none. Looking after a key and using it are apart: an administrator may change its policy, which raises an alarm, and may not decrypt by it. KMS changes the material each year by itself and still opens what is older. Stacks that are deleted leave their keys behind.

| key | encrypts | used by |
| --- | --- | --- |
${rows.join('\n')}

PSP credentials are sealed twice: with data keys that the payment service makes and changes (\`fincore encryption rotate\`), and those with the key \`credentials\` ([keys](../keys.md)).

## Commands that need the database or its keys

Operators reach neither from their own machines: \`fincore encryption\` and \`fincore audit verify\` run as a task, \`fincore-$environment-command\`, which has the settings and rights of a worker and stands in the worker’s subnets. Everything else that \`fincore\` does goes by the admin API.

\`\`\`sh
fincore_task() {
  network=$(aws ecs describe-services --cluster fincore-$environment --services worker --query 'services[0].networkConfiguration' --output json)
  run=$(aws ecs run-task --cluster fincore-$environment --launch-type FARGATE --task-definition fincore-$environment-command --network-configuration "$network" \\
    --overrides "{\\"containerOverrides\\":[{\\"name\\":\\"command\\",\\"command\\":[$(printf '"%s",' "$@" | sed 's/,$//')]}]}" --query 'tasks[0].taskArn' --output text)
  aws ecs wait tasks-stopped --cluster fincore-$environment --tasks "$run"
  aws logs get-log-events --log-group-name /fincore/$environment/command --log-stream-name "command/command/\${run##*/}" --start-from-head --query 'events[].[message]' --output text
}
fincore_task encryption status
fincore_task encryption rotate
fincore_task audit verify
\`\`\`

One that ends with an error raises \`task-failed\`; the trail has who started it.
`
}

function nameUser(use: KeyUse): string {
  if ('roles' in use) return `role ${use.roles.map((role) => `\`${role}\``).join(', ')}`
  if ('through' in use) return `whom IAM lets, through ${use.through.join(' or ')}`
  return `${use.service({ region: 'REGION' }).replace('.amazonaws.com', '').replace('.REGION', '')} by itself`
}
