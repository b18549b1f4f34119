import { AwsSolutionsChecks, type NagPack, NIST80053R5Checks, PCIDSS321Checks } from 'cdk-nag'
import type { IConstruct } from 'constructs'

const packs: ((scope: IConstruct) => NagPack)[] = [
  () => new PCIDSS321Checks(undefined, { verbose: true }),
  () => new AwsSolutionsChecks(undefined, { verbose: true }),
  () => new NIST80053R5Checks(undefined, { verbose: true }),
]

/** What the packs of rules find in an app: the rule, the resource, and why. Empty is what is wanted. */
export function findViolations(scope: IConstruct): string[] {
  return packs.flatMap((pack) =>
    pack(scope)
      .validateScope(scope)
      .violations.flatMap(({ ruleName, description, violatingResources }) =>
        violatingResources.map(({ constructPath }) => `${ruleName} at ${constructPath}: ${description}`),
      ),
  )
}
