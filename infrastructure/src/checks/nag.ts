import { AwsSolutionsChecks, type NagPack, NIST80053R5Checks, PCIDSS321Checks } from 'cdk-nag'
import type { IConstruct } from 'constructs'
import { type Suppression, suppressions } from '../suppressions.ts'

/** What is told to an operator of one finding. */
type Finding = { rule: string; path: string; text: string }

const packs: (() => NagPack)[] = [
  () => new PCIDSS321Checks(undefined, { verbose: true }),
  () => new AwsSolutionsChecks(undefined, { verbose: true }),
  () => new NIST80053R5Checks(undefined, { verbose: true }),
]
/** A rule's name begins with that of its pack. */
const packName = /^(PCI\.DSS\.321|AwsSolutions|NIST\.800\.53\.R5)-/

/**
 * What the three packs of rules find in an app beyond what is suppressed, as `rule at resource: explanation`, and the
 * suppressed rules that no longer find anything. Both empty is what is wanted.
 */
export function judge(scope: IConstruct, allowed: readonly Suppression[] = suppressions) {
  const used = new Set<string>()
  const violations = findAll(scope).filter(({ rule, path }) => {
    const [, name = '', finding = ''] = /^([^[]+)(?:\[(.*)\])?$/.exec(rule.replace(packName, '')) ?? []
    const row = allowed.find(
      (one) => one.rules.includes(name) && one.at.test(path) && (one.finding?.test(finding) ?? finding === ''),
    )
    if (row) used.add(`${name} at ${row.at.source}`)
    return !row
  })
  const rows = allowed.flatMap(({ rules, at }) => rules.map((rule) => `${rule} at ${at.source}`))
  return {
    violations: violations.map(({ rule, path, text }) => `${rule} at ${path}: ${text}`),
    needless: rows.filter((row) => !used.has(row)),
  }
}

function findAll(scope: IConstruct): Finding[] {
  return packs.flatMap((pack) =>
    pack()
      .validateScope(scope)
      .violations.flatMap(({ ruleName, description, violatingResources }) =>
        violatingResources.map(({ constructPath = '' }) => ({
          rule: ruleName,
          // The stack's name without the environment.
          path: constructPath.replace(/^fincore-[a-z]+-/, ''),
          text: description,
        })),
      ),
  )
}
