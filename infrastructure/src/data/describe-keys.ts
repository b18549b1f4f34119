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
`
}

function nameUser(use: KeyUse): string {
  if ('roles' in use) return `role ${use.roles.map((role) => `\`${role}\``).join(', ')}`
  if ('through' in use) return `whom IAM lets, through ${use.through.join(' or ')}`
  return `${use.service({ region: 'REGION' }).replace('.amazonaws.com', '').replace('.REGION', '')} by itself`
}
