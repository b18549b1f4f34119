import { suppressions } from './suppressions.ts'

/** docs/aws/suppressions.md: what of cdk-nag's findings stands. */
export function describeSuppressions(): string {
  return `# What stands of cdk-nag’s findings

Made by \`npm run docs\` from \`infrastructure/src/suppressions.ts\`. Both environments are judged by three packs of rules of [cdk-nag](https://github.com/cdklabs/cdk-nag) in \`npm test\`: PCI DSS 3.2.1, AWS Solutions and NIST 800-53 (revision 5). ${suppressions.length} exceptions stand, and no other finding; one that is no longer needed fails the tests. What PCI DSS 4.0.1 adds is asked by [demands of our own](segmentation.md#what-must-hold).

| rules | where | why |
| --- | --- | --- |
${suppressions.map(({ rules, where, reason }) => `| ${rules.map((rule) => `\`${rule}\``).join(', ')} | ${where} | ${reason} |`).join('\n')}
`
}
